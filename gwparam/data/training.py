"""The files that the published flux networks were trained on, as physical fields.

Two layouts, both with normalised numbers in two variables: ``features`` (time, idim,
lat, lon) and ``output`` (time, odim, lat, lon), either with two more axes for the cells
around each. The first three features are latitude, longitude and surface altitude, then
come blocks of one field on all levels, top first.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
import torch
import xarray as xr
from netCDF4 import Dataset
from numpy.typing import NDArray

from gwparam.constants import REFERENCE_SURFACE_PRESSURE
from gwparam.contract import Contract, Field, Vertical
from gwparam.data.files import Source, StateFiles, check_finite
from gwparam.data.levels import Levels
from gwparam.data.pressure import (
    HALF_PRESSURE,
    PRESSURE,
    SURFACE_PRESSURE,
    needs_pressure,
)
from gwparam.errors import ArgumentError, ContractError, ModelFileError, ShapeError
from gwparam.networks.nonlocal_flux import KAPPA, POTENTIAL_PRESSURE, SURFACE
from gwparam.networks.scaling import Recipe, read_recipe
from gwparam.networks.vertical import reference_pressure

FEATURES, OUTPUT = "features", "output"
_LEVEL = "level"
_WINDS = ("eastward_wind", "northward_wind")
_TEMPERATURES = ("air_potential_temperature", "air_temperature")
_VERTICAL_WINDS = ("upward_air_velocity", "lagrangian_tendency_of_air_pressure")
_PREDICTED = "air_potential_temperature_predicted"
AXES = {"lat": ("latitude", 90.0), "lon": ("longitude", 360.0)}

Array = NDArray[Any]


def is_training_file(path: str | PathLike[str]) -> bool:
    """Whether a file has the variables of a training file."""
    try:
        with Dataset(path) as data:
            return {FEATURES, OUTPUT} <= set(data.variables)
    except OSError:
        return False  # whoever opens it says what is wrong


class TrainingStates(StateFiles):
    """Training files as physical fields on the network's own levels.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files, in the order of their times; at least one.
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
        self, paths: Sequence[str | PathLike[str]], contract: Contract, recipe: Recipe
    ) -> None:
        super().__init__(paths)
        self._contract, self._recipe = contract, recipe
        try:
            self._vertical = _top_down(contract.vertical)
            self._blocks: dict[str, tuple[str, int]] = {}
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
            self._recipe.of(
                _renamed(field, name), self._vertical.nlev, self._part(name)
            )
        elif name not in (PRESSURE.name, SURFACE_PRESSURE.name):
            raise ContractError(
                f"{self._paths[0]} has no {field.name}; "
                f"it has {', '.join(self._blocks)}"
            )
        self.sources[field.name] = _source(field.name, field.units, field.levels)
        return self.sources[field.name]

    def places(self, index: int) -> tuple[Array | None, Array | None]:
        """Latitude and longitude of every column [degrees]."""
        latitude, longitude = (self.dataset[name].values for name in AXES)
        grid = np.meshgrid(latitude, longitude, indexing="ij")
        return grid[0], grid[1]

    def read(self, index: int, names: Sequence[str] | None = None) -> dict[str, Array]:
        """Fields of one time, shape (nlat, nlon, nlev) or (nlat, nlon), in float64.

        Raises
        ------
        ModelFileError, NonFiniteError
            If the file cannot be read, or a value is not finite.
        """
        wanted = list(self.sources if names is None else names)
        channels: dict[str, Array] = {}
        for variable in (FEATURES, OUTPUT):
            if any(self._blocks.get(n, ("",))[0] == variable for n in wanted) or (
                variable == FEATURES
            ):
                channels[variable] = self._channels(variable, index)
        pressure = self._pressure(channels)
        return {name: self._field(name, channels, pressure) for name in wanted}

    def _field(
        self, name: str, channels: dict[str, Array], pressure: dict[str, Array]
    ) -> Array:
        if name in pressure:
            return pressure[name]
        source = self.sources[name]
        stored = self._stored(name)
        levels: Any = source.levels
        values = self._physical(
            Field(stored, source.units, levels, "float64"), channels
        )
        if stored != name:  # the file has potential temperature
            ratio = pressure[PRESSURE.name] / POTENTIAL_PRESSURE
            values = values * ratio**KAPPA
        return values

    def _physical(self, field: Field, channels: dict[str, Array]) -> Array:
        """Invert the normalisation of a field."""
        variable, first = self._blocks[field.name]
        nlev = self._vertical.nlev
        if field.levels == "surface":
            values, part = channels[variable][first : first + 1], None
        else:
            part = self._part(field.name)
            begin, end = part or (0, nlev)
            values = channels[variable][first + begin : first + end]
        restore = self._recipe.of(field, nlev, part).restore(2)
        with torch.inference_mode():
            given = torch.from_numpy(values.astype(np.float64)).unsqueeze(0)
            physical: Array = restore(given)[0].numpy()
        if field.levels == "surface":
            surface: Array = physical[0]
            return surface
        if part is not None:  # as the network repeats the ends of what it gives
            repeats = np.ones(len(physical), dtype=int)
            repeats[0] += part[0]
            repeats[-1] += nlev - part[1]
            physical = np.repeat(physical, repeats, axis=0)
        return np.moveaxis(physical, 0, -1)

    def _pressure(self, channels: dict[str, Array]) -> dict[str, Array]:
        """Pressures at the surface, full and half levels [Pa]."""
        vertical = self._vertical
        if PRESSURE.name in self._blocks:
            full = self._physical(PRESSURE, channels)
            surface = _below(full)
            if vertical.a is not None and vertical.b is not None:
                if not vertical.b[-1] > 0.0:
                    raise ContractError("vertical.b of the lowest level is 0")
                surface = (full[..., -1] - vertical.a[-1]) / vertical.b[-1]
        else:
            surface = np.full(self.horizontal, REFERENCE_SURFACE_PRESSURE)
        if vertical.a is not None and vertical.b is not None:
            full = np.asarray(vertical.a) + np.asarray(vertical.b) * surface[..., None]
        elif vertical.pressure is not None or PRESSURE.name not in self._blocks:
            known = np.asarray(reference_pressure(vertical))
            full = np.broadcast_to(known, (*self.horizontal, vertical.nlev))
            surface = np.maximum(surface, _below(full))
        half = np.zeros((*self.horizontal, vertical.nlev + 1))
        half[..., 1:-1] = 0.5 * (full[..., 1:] + full[..., :-1])
        half[..., -1] = surface
        return {
            SURFACE_PRESSURE.name: surface,
            PRESSURE.name: full,
            HALF_PRESSURE: half,
        }

    def _channels(self, variable: str, index: int) -> Array:
        """Read the channels of one time, (channel, lat, lon)."""
        dataset, path, at = self._locate(index)
        try:
            values = dataset[variable].variable[at].values
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelFileError(f"cannot read {variable} in {path}: {error}") from None
        dims = [str(dim) for dim in dataset[variable].dims[1:]]
        check_finite(values, dims, f"{variable} in {path} at time {index}")
        if values.ndim == 3:
            return values
        return _centre(values, f"{variable} in {path} at time {index}")

    def _stored(self, name: str) -> str:
        """Name the field of the file that a field is computed from: mostly itself."""
        if name == "air_temperature" and name not in self._blocks:
            return "air_potential_temperature"
        return name

    def _part(self, name: str) -> tuple[int, int] | None:
        """Levels of a field that the network gives, if they are not all."""
        for flux in self._contract.flux:
            if flux.name == name and flux.given_levels is not None:
                return flux.given_levels[0], flux.given_levels[1]
        return None

    def _set_frame(self) -> None:
        """Find dimensions, grid and blocks; all files must have the same."""
        grid = None
        for path, dataset in zip(self._paths, self._datasets, strict=True):
            if not {FEATURES, OUTPUT, *AXES} <= set(dataset.variables):
                raise ModelFileError(
                    f"{path} is no training file, expected {FEATURES}, {OUTPUT}, "
                    f"{', '.join(AXES)}"
                )
            blocks = self._find_blocks(dataset, path)
            self._blocks = self._blocks or blocks
            axes = grid_degrees(dataset)
            grid = grid or axes
            same = all(np.array_equal(grid[name], axes[name]) for name in AXES)
            if not same or blocks != self._blocks:
                raise ContractError(
                    f"{path} has another grid or layout than {self._paths[0]}"
                )
        first = self._datasets[0]
        pressure = reference_pressure(self._vertical)
        self.levels = Levels(_LEVEL, pressure, "top_down")
        self.time_dimension = str(first[FEATURES].dims[0])
        self.dimensions = tuple(AXES)
        self.layout = (self.time_dimension, _LEVEL, *self.dimensions)
        self.horizontal = tuple(first.sizes[name] for name in AXES)
        self.dataset = _frame(first, self.time_dimension, grid or {}, pressure)

    def _find_blocks(
        self, dataset: xr.Dataset, path: str
    ) -> dict[str, tuple[str, int]]:
        """Variable and first channel of every field."""
        nlev = self._vertical.nlev
        names = [str(dim) for dim in dataset[FEATURES].dims]
        expected = [names[0], names[1], *AXES]
        if names[:4] != expected or len(names) not in (4, 6):
            raise ShapeError(
                f"{FEATURES} in {path} has dimensions ({', '.join(names)}), expected "
                f"(time, idim, {', '.join(AXES)}) and two or none for neighbours"
            )
        idim, odim = (dataset[name].shape[1] for name in (FEATURES, OUTPUT))
        count, rest = divmod(idim - len(SURFACE), nlev)
        n_out, rest_out = divmod(odim, nlev)
        if rest or rest_out or count not in (3, 4) or n_out not in (2, 3):
            raise ShapeError(
                f"{path} has {idim} features and {odim} outputs, expected 3 + 3 or 4 "
                f"and 2 or 3 for each of the network's {nlev} levels"
            )
        fourth = PRESSURE.name if n_out == 3 else self._known(_VERTICAL_WINDS)
        fields = [*_WINDS, self._known(_TEMPERATURES), fourth][:count]
        blocks = {field.name: (FEATURES, i) for i, field in enumerate(SURFACE)}
        for i, name in enumerate(fields):
            blocks[name] = (FEATURES, len(SURFACE) + i * nlev)
        outputs = [_PREDICTED] * (n_out - 2) + [f.name for f in self._contract.flux]
        for i, name in enumerate(outputs):
            blocks[name] = (OUTPUT, i * nlev)
        return blocks

    def _known(self, names: tuple[str, ...]) -> str:
        """Name the form of a field that the recipe knows."""
        return next(
            (name for name in names if name in self._recipe.transforms), names[0]
        )


def _source(field: str, units: str, levels: Any) -> Source:
    return Source(field, field, units, levels)


def _renamed(field: Field, name: str) -> Field:
    return Field(name, field.units, field.levels, field.dtype)


def _top_down(vertical: Vertical) -> Vertical:
    if vertical.order != "top_down":
        raise ContractError(
            "vertical.order is bottom_up, training files hold levels top first"
        )
    return vertical


def _below(full: Array) -> Array:
    """Make up a pressure below the lowest level: half the last step down."""
    if full.shape[-1] == 1:
        return np.asarray(1.1 * full[..., -1])
    return np.asarray(1.5 * full[..., -1] - 0.5 * full[..., -2])


def grid_degrees(dataset: xr.Dataset) -> dict[str, Array]:
    """Latitude and longitude in degrees, which some files divide by 90 and by 360."""
    axes = {name: dataset[name].values.astype(np.float64) for name in AXES}
    # No globe lies within one degree.
    if all(np.abs(values).max(initial=0.0) <= 1.0 for values in axes.values()):
        axes = {name: values * AXES[name][1] for name, values in axes.items()}
    return axes


def _frame(
    first: xr.Dataset, time: str, grid: dict[str, Array], pressure: tuple[float, ...]
) -> xr.Dataset:
    """Make the coordinates of the physical fields."""
    coordinates: dict[str, Any] = {
        _LEVEL: (_LEVEL, list(pressure), {"units": "Pa", "positive": "down"}),
    }
    for name, values in grid.items():
        long = AXES[name][0]
        direction = "north" if long == "latitude" else "east"
        attrs = {"standard_name": long, "units": f"degrees_{direction}"}
        coordinates[name] = (name, values, attrs)
    if time in first.variables:
        coordinates[time] = (time, first[time].values, first[time].attrs)
    return xr.Dataset(coords=coordinates)


def _centre(values: Array, what: str) -> Array:
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


def read_training(
    paths: Sequence[str | PathLike[str]], contract: Contract, scaling: str | None
) -> TrainingStates:
    """Open training files.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files, in the order of their times; at least one.
    contract : Contract
        The artefact's.
    scaling : str, optional
        File of the recipe; the first training file itself if absent.

    Raises
    ------
    ArgumentError
        If it is not known how they were normalised.
    GwparamError
        As `TrainingStates` and `gwparam.networks.scaling.read_recipe`.
    """
    if scaling is not None:
        return TrainingStates(paths, contract, read_recipe(scaling))
    try:
        recipe = read_recipe(str(paths[0]))
    except ModelFileError as error:
        raise ArgumentError(
            f"the numbers in {paths[0]} are normalised, expected scaling as given to "
            f"the export: {error}",
            settings=("scaling",),
        ) from None
    return TrainingStates(paths, contract, recipe)
