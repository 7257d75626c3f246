"""Training files as physical fields: what a host would hand over."""

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.constants import KAPPA, POTENTIAL_PRESSURE, SURFACE_NAMES
from gwparam.contract import Contract, Field, Flux
from gwparam.data.levels import Levels
from gwparam.data.missing import State
from gwparam.data.possible import check_possible
from gwparam.data.pressure import (
    HALF_PRESSURE,
    PRESSURE,
    SURFACE_PRESSURE,
    needs_pressure,
    pressures_over,
)
from gwparam.data.state_files import Source, StateFiles
from gwparam.data.training_files import AXES, FEATURES, OUTPUT, TrainingFiles
from gwparam.errors import ContractError, ShapeError

if TYPE_CHECKING:
    from gwparam.networks.scaling_recipe import Recipe

_LEVEL = "level"
_WINDS = ("eastward_wind", "northward_wind")
_TEMPERATURES = ("air_potential_temperature", "air_temperature")
_VERTICAL_WINDS = ("upward_air_velocity", "lagrangian_tendency_of_air_pressure")
# Numbers in the file are rounded; levels that are others differ by more.
_SAME_PRESSURE = 0.01
_PREDICTED = "air_potential_temperature_predicted"

Array = NDArray[Any]
Channels = tuple[str, range]
"""Variable of a training file, and channels in it."""


class TrainingStates(StateFiles):
    """Training files as physical fields on the network's own levels.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files; at least one.
    contract : Contract
        The artefact's; the inputs that it names are bound.
    recipe : Recipe
        How the files were normalised.

    Raises
    ------
    ModelFileError
        If a file cannot be read.
    ShapeError
        If its channels are not those of a layout with the network's levels, or the
        cells around a cell are not its neighbours.
    ContractError
        If the recipe lacks a variable, or the files have no field of an input.

    Notes
    -----
    Pressure is that of the file, where it has it. Else it is that of the network's
    levels over a surface at 1000 hPa; this does not matter where it only turns the
    potential temperature of the file into the temperature that the graph turns back.
    The half levels that the library asks for are made up: drag is not to be had.
    """

    knows_half_levels = False

    def __init__(
        self, paths: Sequence[str | PathLike[str]], contract: Contract, recipe: "Recipe"
    ) -> None:
        self._training = TrainingFiles(paths, by_name=False)
        super().__init__(self._training)
        self._vertical, self._recipe = contract.vertical, recipe
        # Levels of a flux that the network gives, where they are not all.
        self._given = {
            flux.name: (flux.given_levels[0], flux.given_levels[1])
            for flux in contract.flux
            if flux.given_levels is not None
        }
        try:
            if self._vertical.order != "top_down":
                raise ContractError(
                    "vertical.order is bottom_up, training files hold levels top first"
                )
            self._blocks = self._find_blocks(contract.flux)
            self._has_pressure = PRESSURE.name in self._blocks
            self._set_frame()
            for field in contract.inputs:
                self.bind(field)
            if needs_pressure(contract):
                self.bind(PRESSURE)
                self.sources[HALF_PRESSURE] = _source(HALF_PRESSURE, "Pa", "half")
        except BaseException:
            self.close()
            raise

    def find(self, field: str, also: Sequence[str] = ()) -> str | None:
        """Name the channels of a field; None if there are none."""
        return self._blocks[field][0] if field in self._blocks else None

    def bind(self, field: Field, variable: str | None = None) -> Source:
        """Add a field to what `read` returns.

        Raises
        ------
        ContractError
            If the files do not have it, or the recipe does not know it.
        """
        name = self._stored(field.name)
        if name in self._blocks:
            stored = Field(name, field.units, field.levels, field.dtype)
            self._recipe.of(stored, self._vertical.nlev, self._given.get(name))
        elif name not in (PRESSURE.name, SURFACE_PRESSURE.name):
            raise ContractError(
                f"{self.files.paths[0]} has no {field.name}; "
                f"it has {', '.join(self._blocks)}"
            )
        self.sources[field.name] = _source(field.name, field.units, field.levels)
        return self.sources[field.name]

    def bind_pressures(self) -> None:
        """Refuse: what `read` gives as pressure at half levels is made up."""
        raise ContractError("training files have no half levels")

    def coordinates(self, index: int) -> tuple[Array | None, Array | None]:
        """Latitude and longitude of every column [degrees]."""
        grid = np.meshgrid(
            self._training.latitude, self._training.longitude, indexing="ij"
        )
        return grid[0], grid[1]

    def read(self, index: int, names: Sequence[str] | None = None) -> State:
        """Fields of one time, shape (nlat, nlon, nlev) or (nlat, nlon), in float64.

        Raises
        ------
        ModelFileError, NonFiniteError
            If the file cannot be read, or a value is not finite.
        RangeError
            If physics knows no such value, as after another normalisation.
        """
        wanted = list(self.sources if names is None else names)
        # Pressures are among the features.
        variables = {FEATURES} | {
            self._blocks[name][0] for name in wanted if name in self._blocks
        }
        channels = {name: self._middle(name, index) for name in variables}
        full = self._physical(PRESSURE, channels) if self._has_pressure else None
        pressure = pressures_over(self._vertical, self.horizontal, full)
        if full is not None:
            self._check_pressure(full, pressure[PRESSURE.name], index)
        fields = {name: self._field(name, channels, pressure) for name in wanted}
        _, path, at = self.files.locate(index)
        for name in set(wanted) & set(self._blocks):
            units, what = self.sources[name].units, f"{name} in {path} at time {at}"
            dims = (*AXES, _LEVEL)[: fields[name].ndim]
            check_possible(name, fields[name], units, dims, what)
        return State(fields)

    def _check_pressure(self, given: Array, levels: Array, index: int) -> None:
        """Check the file's own pressure against that of the network's levels.

        The library would otherwise interpolate to levels that the file is not on.
        """
        off = np.abs(given / levels - 1.0)
        if off.max() > _SAME_PRESSURE:
            at = np.unravel_index(int(off.argmax()), off.shape)
            _, path, time = self.files.locate(index)
            where = ", ".join(
                f"{d} {i}" for d, i in zip((*self.dimensions, _LEVEL), at, strict=True)
            )
            raise ContractError(
                f"{PRESSURE.name} ({FEATURES} in {path}) at time {time} is "
                f"{given[at]:g} Pa at {where} (from 0), expected {levels[at]:g} Pa of "
                "the network's levels"
            )

    def _field(
        self, name: str, channels: dict[str, Array], pressure: dict[str, Array]
    ) -> Array:
        if name in pressure:
            return pressure[name]
        stored, units = self._stored(name), self.sources[name].units
        levels: Literal["full", "surface"] = (
            "surface" if name in SURFACE_NAMES else "full"
        )
        values = self._physical(Field(stored, units, levels, "float64"), channels)
        if stored != name:  # the file has potential temperature
            ratio = pressure[PRESSURE.name] / POTENTIAL_PRESSURE
            values = values * ratio**KAPPA
        return values

    def _physical(self, field: Field, channels: dict[str, Array]) -> Array:
        """Invert the normalisation of a field."""
        import torch

        variable, block = self._blocks[field.name]
        given, nlev = self._given.get(field.name), self._vertical.nlev
        values = channels[variable][block.start : block.stop]
        if given is not None:
            values = values[slice(*given)]
        restore = self._recipe.of(field, nlev, given).restore(2)
        with torch.inference_mode():
            normalised = torch.from_numpy(values).unsqueeze(0)
            physical: Array = restore(normalised)[0].numpy()
        if field.levels == "surface":
            surface: Array = physical[0]
            return surface
        if given is not None:  # as the network repeats the ends of what it gives
            repeats = np.ones(len(physical), dtype=int)
            repeats[0] += given[0]
            repeats[-1] += nlev - given[1]
            physical = np.repeat(physical, repeats, axis=0)
        return np.moveaxis(physical, 0, -1)

    def _middle(self, variable: str, index: int) -> Array:
        """Read the channels of one time, (channel, lat, lon), in float64."""
        values = self._training.read(variable, index, np.float64)
        if values.ndim == 3:
            return values
        _, path, at = self.files.locate(index)
        return _middle(values, f"{variable} in {path} at time {at}")

    def _stored(self, name: str) -> str:
        """Name the field of the file that a field is computed from: mostly itself."""
        if name == "air_temperature" and name not in self._blocks:
            return "air_potential_temperature"
        return name

    def _find_blocks(self, flux: Sequence[Flux]) -> dict[str, Channels]:
        """Find the variable and the channels of every field."""
        layout, nlev = self._training.layout(), self._vertical.nlev
        if layout is None or {nlev} != {layout.nlev, len(layout.outputs[-1])}:
            raise ShapeError(
                f"{self.files.paths[0]} has {self._training.idim} features and "
                f"{self._training.odim} outputs, expected 3 + 3 or 4 and 2 or 3 for "
                f"each of the network's {nlev} levels"
            )
        fourth = PRESSURE.name if layout.has_pressure else self._known(_VERTICAL_WINDS)
        names = (*_WINDS, self._known(_TEMPERATURES), fourth)
        fluxes = [_PREDICTED] * layout.has_pressure + [field.name for field in flux]
        blocks = {
            name: (FEATURES, range(i, i + 1)) for i, name in enumerate(SURFACE_NAMES)
        }
        # A file of three fields has no fourth.
        blocks |= {n: (FEATURES, r) for n, r in zip(names, layout.fields, strict=False)}
        blocks |= {n: (OUTPUT, r) for n, r in zip(fluxes, layout.outputs, strict=False)}
        return blocks

    def _set_frame(self) -> None:
        """Make the coordinates of the physical fields."""
        files, first = self._training, self._training.first
        pressure = self._vertical.reference_pressure
        self.levels = Levels(_LEVEL, pressure, "top_down")
        self.time_dimension = time = str(first[FEATURES].dims[0])
        self.dimensions, self.horizontal = tuple(AXES), files.shape
        self.layout = (time, _LEVEL, *self.dimensions)
        coordinates: dict[str, Any] = {
            _LEVEL: (_LEVEL, list(pressure), {"units": "Pa", "positive": "down"}),
        }
        axes = zip(
            AXES, (files.latitude, files.longitude), ("north", "east"), strict=True
        )
        for name, values, direction in axes:
            attrs = {"standard_name": AXES[name][0], "units": f"degrees_{direction}"}
            coordinates[name] = (name, values, attrs)
        if time in first.variables:
            coordinates[time] = (time, first[time].values, first[time].attrs)
        self.dataset = xr.Dataset(coords=coordinates)

    def _known(self, names: tuple[str, ...]) -> str:
        """Name the form of a field that the recipe knows."""
        return next(
            (name for name in names if name in self._recipe.transforms), names[0]
        )


def _source(field: str, units: str, levels: Any) -> Source:
    return Source(field, field, units, levels)


def _middle(values: Array, what: str) -> Array:
    """Take the middle of the cells around each, once they prove to be neighbours.

    Rows at the poles are not checked: what lies beyond is for the contract to say.
    """
    width = values.shape[-1]
    if values.shape[-2] != width or width % 2 == 0:
        raise ShapeError(f"{what} has {values.shape[-2:]} cells around each")
    radius = width // 2
    centre: Array = values[..., radius, radius]
    nlat = centre.shape[-2]
    inner = slice(radius, nlat - radius)
    for north in range(-radius, radius + 1):
        for east in range(-radius, radius + 1):
            around = values[..., inner, :, radius + north, radius + east]
            there = np.roll(centre, (-north, -east), axis=(-2, -1))[..., inner, :]
            if not np.array_equal(around, there):
                raise ShapeError(
                    f"{what}: the cell {north} to the north and {east} to the east of "
                    "each is not its neighbour, expected the two last axes to be "
                    "latitude, south to north, and longitude, west to east"
                )
    return centre
