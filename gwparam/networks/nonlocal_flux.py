"""Momentum fluxes from winds and temperature: what ANN-CNN and Attention U-Net share.

Both were trained on the same files: features are latitude, longitude and surface
altitude, then u, v, potential temperature and w at every level, top first; outputs are
the two fluxes at every level.
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from gwparam.constants import KAPPA, POTENTIAL_PRESSURE, SURFACE_NAMES
from gwparam.contract import Description, Field, Geometry, TrainingRange, Vertical
from gwparam.errors import ArgumentError, ShapeError, wrong_setting
from gwparam.networks.base import Option, Options
from gwparam.networks.fluxes import OPTIONS as FLUX_OPTIONS
from gwparam.networks.fluxes import FluxNetwork, N, momentum_fluxes
from gwparam.networks.scaling import Transform, power
from gwparam.networks.scaling_recipe import SCALING, Recipe
from gwparam.networks.vertical import (
    LEVELS,
    OUTSIDE,
    LevelPressure,
    levels_of,
    pressure_field,
)

SURFACE = tuple(
    Field(name, units, "surface", "float64")
    for name, units in zip(
        SURFACE_NAMES, ("degrees_north", "degrees_east", "m"), strict=True
    )
)
FEATURES = {
    "uvtheta": ("eastward_wind", "northward_wind", "air_potential_temperature"),
    "uvthetaw": (
        "eastward_wind",
        "northward_wind",
        "air_potential_temperature",
        "upward_air_velocity",
    ),
    "uvw": ("eastward_wind", "northward_wind", "upward_air_velocity"),
}
PUBLISHED_NLEV = 122
PUBLISHED_OUTPUTS = {"global": 122, "stratosphere_update": 60}
"""Levels that a published network gives."""

_VERTICAL_VELOCITIES = ("upward_air_velocity", "lagrangian_tendency_of_air_pressure")
_UNITS = {
    "eastward_wind": "m s-1",
    "northward_wind": "m s-1",
    "air_temperature": "K",
    "air_potential_temperature": "K",
    "upward_air_velocity": "m s-1",
    "lagrangian_tendency_of_air_pressure": "Pa s-1",
}
COORDINATES = (
    TrainingRange("latitude", (0.0,), (40.0,), (-90.0,), (90.0,)),
    TrainingRange("longitude", (180.0,), (90.0,), (0.0,), (359.0,)),
    TrainingRange("surface_air_pressure", (97.0e3,), (4.0e3,), None, None),
)
"""Places to test a network at."""


def _level_range(text: str) -> tuple[int, int]:
    first, _, end = text.partition(":")
    if not (first.isdecimal() and end.isdecimal() and int(first) < int(end)):
        raise wrong_setting("output_levels", text, "for example 0:60")
    return int(first), int(end)


FEATURE_SET = Option(
    "features",
    "what the network sees beside place and surface: uvtheta, uvw or uvthetaw; needed "
    "where the number of features does not tell",
    choices=tuple(FEATURES),
)
VERTICAL_VELOCITY = Option(
    "vertical_velocity",
    "which vertical velocity the network sees, where the scaling does not tell: w "
    "[m s-1] or omega [Pa s-1]",
    choices=("w", "omega"),
)
TEMPERATURE = Option(
    "temperature",
    "what the host hands over where the network sees potential temperature: "
    "air_temperature (the default; the artefact computes the potential temperature), "
    "or air_potential_temperature",
    choices=("air_temperature", "air_potential_temperature"),
)
OUTPUT_LEVELS = Option(
    "output_levels",
    "levels that the network gives where they are not all: first, and the one after "
    "the last, from 0 at the top; 0:60 for stratosphere_update. The others get no drag",
    metavar="FIRST:END",
    parse=_level_range,
    write=lambda levels: f"{levels[0]}:{levels[1]}",
)
OPTIONS = (
    SCALING,
    LEVELS,
    OUTSIDE,
    FEATURE_SET,
    VERTICAL_VELOCITY,
    TEMPERATURE,
    OUTPUT_LEVELS,
    *FLUX_OPTIONS,
)


def presets() -> Iterator[tuple[str, str, int, int, tuple[str, ...], tuple[str, ...]]]:
    """List published sizes: features, levels, channels, odim, inputs and outputs."""
    for features, names in FEATURES.items():
        for levels, count in PUBLISHED_OUTPUTS.items():
            inputs = tuple(f"{name} ({PUBLISHED_NLEV})" for name in names)
            outputs = tuple(f"{wind} momentum flux ({count})" for wind in ("u", "v"))
            yield features, levels, len(names) * 122, 2 * count, inputs, outputs


class PotentialTemperature(nn.Module):
    """Potential temperature at a network's levels.

    Parameters
    ----------
    vertical : Vertical
        The network's levels.
    trailing : int
        Number of axes after the level: 0 for columns, 2 for images and stencils.
    """

    def __init__(self, vertical: Vertical, trailing: int) -> None:
        super().__init__()
        self.pressure = LevelPressure(vertical, trailing)
        self.kappa, self.reference = KAPPA, POTENTIAL_PRESSURE

    def forward(self, temperature: Tensor, pressure: Tensor) -> Tensor:
        """Compute it from temperature [K] and what `LevelPressure` takes."""
        ratio: Tensor = self.reference / self.pressure(pressure)
        return temperature * power(ratio, self.kappa)


class NonlocalFlux(FluxNetwork[N]):
    """A published network of normalised channels, on physical fields.

    Parameters
    ----------
    network : N
        Normalised fluxes (rows, odim, ...) of normalised features (rows, idim, ...).
    name : str
        What people call it.
    geometry : Geometry
        What a result depends on.
    channels, odim : int
        Features at levels, and outputs, of `network`.
    options : mapping
        Values of `OPTIONS`.

    Raises
    ------
    ArgumentError
        If something is not known; the message says how to give it.
    ContractError, ShapeError
        If the levels or the recipe do not fit the network.
    """

    # Published outputs of the U-Net differ by 2e-5 of the largest between float32 and
    # float64 at most, on which the cube that follows a cube root puts a factor of 3.
    rounding = 5.0

    def __init__(
        self,
        network: N,
        name: str,
        geometry: Geometry,
        channels: int,
        odim: int,
        options: Options,
    ) -> None:
        vertical = levels_of(options, f"the vertical grid of {name}")
        nlev = vertical.nlev
        names = _feature_names(channels, nlev, options)
        recipe: Recipe = SCALING.of(options, f"the normalisation of {name}")
        given = _given_levels(odim, nlev, options)
        outputs, flux, limits = momentum_fluxes(
            options, None if given == (0, nlev) else given
        )
        features = [
            *(SURFACE if self.sees_place else ()),
            *_features(names, recipe, options),
        ]
        transforms = [recipe.of(field, nlev) for field in features]
        inputs = _host_fields(features, vertical, options)
        seen = [t.range(f.name) for f, t in zip(features, transforms, strict=True)]
        known = {field.name for field in inputs}
        ranges = tuple(r for r in seen if r.name in known and r.is_known)
        super().__init__(Description(name, self.citation, vertical, ranges, limits))
        self.geometry, self.flux = geometry, flux
        self.inputs, self.features, self.outputs = inputs, tuple(features), outputs
        self.plausible = _plausible(inputs, features, transforms, vertical)

        self.network = network
        self.image = geometry.kind == "global"
        trailing = 0 if geometry.kind == "column" else 2
        self.normalise = nn.ModuleList(t.normalise(trailing) for t in transforms)
        self.potential_temperature = PotentialTemperature(vertical, trailing)
        self.restore = nn.ModuleList(
            recipe.of(field, nlev, given).restore(2 if self.image else 0)
            for field in outputs
        )
        self.above, self.below = given[0], nlev - given[1]
        self.surface = [field.levels == "surface" for field in inputs]
        wanted = [field.name for field in features]
        self.longitude = wanted.index("longitude") if self.sees_place else -1
        self.temperature = -1
        if "air_potential_temperature" in wanted and "air_temperature" in known:
            self.temperature = wanted.index("air_potential_temperature")
        self.has_pressure = len(inputs) > len(features)

    def forward(
        self,
        first: Tensor,
        second: Tensor,
        third: Tensor,
        fourth: Tensor | None = None,
        fifth: Tensor | None = None,
        sixth: Tensor | None = None,
        seventh: Tensor | None = None,
        eighth: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Compute the fluxes.

        Parameters
        ----------
        first, second, ... : Tensor
            The fields of `inputs`, which differ from one network to the next.

        Returns
        -------
        eastward, northward : Tensor
            The fields of `outputs`, top first.
        """
        fields = [first, second, third]
        for field in (fourth, fifth, sixth, seventh, eighth):
            if field is not None:
                fields.append(field)
        if self.image:
            fields = [field.unsqueeze(0) for field in fields]
        for i, surface in enumerate(self.surface):
            if surface:
                fields[i] = fields[i].unsqueeze(1)
        features: list[Tensor] = []
        for i, normalise in enumerate(self.normalise):
            field = fields[i]
            if i == self.temperature:
                known = fields[-1] if self.has_pressure else torch.zeros_like(field)
                field = self.potential_temperature(field, known)
            if i == self.longitude:
                field = torch.remainder(field, 360.0)
            features.append(normalise(field))
        fluxes = self.network(torch.cat(features, dim=1)).chunk(2, dim=1)
        eastward, northward = fluxes[0], fluxes[1]
        results: list[Tensor] = []
        for i, restore in enumerate(self.restore):
            flux = restore(eastward if i == 0 else northward)
            if self.above + self.below > 0:
                ends = [flux[:, :1]] * self.above + [flux] + [flux[:, -1:]] * self.below
                flux = torch.cat(ends, dim=1)
            results.append(flux[0] if self.image else flux)
        return results[0], results[1]


def _feature_names(channels: int, nlev: int, options: Options) -> tuple[str, ...]:
    """Fields that the network sees at every level."""
    count, rest = divmod(channels, nlev)
    fitting = [k for k, names in FEATURES.items() if len(names) == count]
    if rest or not fitting:
        raise ShapeError(
            f"the network has {channels} features at levels, "
            f"expected 3 or 4 for each of the {nlev} levels"
        )
    if len(fitting) == 1 and FEATURE_SET.name not in options:
        return FEATURES[fitting[0]]
    chosen: str = FEATURE_SET.of(options, f"which {count} fields the network sees")
    if chosen not in fitting:
        raise ShapeError(
            f"{FEATURE_SET.name} {chosen} has {len(FEATURES[chosen])} fields, expected "
            f"{count} for {channels} features at {nlev} levels",
            settings=(FEATURE_SET.name,),
        )
    return FEATURES[chosen]


def _features(names: tuple[str, ...], recipe: Recipe, options: Options) -> list[Field]:
    """Fields that were normalised; recipe and options say in which form."""
    features = []
    for name in names:
        form = name
        if name == "upward_air_velocity":
            form = _vertical_velocity(recipe, options)
        elif name == "air_potential_temperature" and name not in recipe.transforms:
            form = "air_temperature" if "air_temperature" in recipe.transforms else name
        features.append(Field(form, _UNITS[form], "full", "float64"))
    if VERTICAL_VELOCITY.name in options and "upward_air_velocity" not in names:
        raise ArgumentError(
            f"{VERTICAL_VELOCITY.name} is {options[VERTICAL_VELOCITY.name]}, the "
            "network sees none",
            settings=(VERTICAL_VELOCITY.name,),
        )
    return features


def _vertical_velocity(recipe: Recipe, options: Options) -> str:
    """Name of the vertical velocity that the network sees."""
    known = [form for form in _VERTICAL_VELOCITIES if form in recipe.transforms]
    if len(known) < 2 and VERTICAL_VELOCITY.name not in options:
        return known[0] if known else _VERTICAL_VELOCITIES[0]
    chosen = VERTICAL_VELOCITY.of(
        options, f"which vertical velocity the network sees ({recipe.source})"
    )
    return _VERTICAL_VELOCITIES[("w", "omega").index(chosen)]


def _host_fields(
    features: list[Field], vertical: Vertical, options: Options
) -> tuple[Field, ...]:
    """Fields that the host hands over for the features."""
    names = [field.name for field in features]
    given = options.get(TEMPERATURE.name, "air_temperature")
    if "air_potential_temperature" not in names or given not in ("air_temperature",):
        if given not in ("air_temperature", *names):
            raise ArgumentError(
                f"{TEMPERATURE.name} is {given}, the network sees none",
                settings=(TEMPERATURE.name,),
            )
        return tuple(features)
    at = names.index("air_potential_temperature")
    inputs = [*features]
    inputs[at] = replace(inputs[at], name="air_temperature")
    pressure = pressure_field(vertical)
    return (*inputs, *((pressure,) if pressure else ()))


def _given_levels(odim: int, nlev: int, options: Options) -> tuple[int, int]:
    """First level that the network gives, and the one after its last."""
    given: tuple[int, int] | None = options.get(OUTPUT_LEVELS.name)
    if given is None and odim == 2 * nlev:
        return 0, nlev
    if given is None:
        raise ArgumentError(
            f"which levels the {odim} outputs of the network are is not known, "
            f"{2 * nlev} would be all of {nlev}, expected {OUTPUT_LEVELS.name} "
            f"{OUTPUT_LEVELS.metavar}",
            settings=(OUTPUT_LEVELS.name,),
        )
    first, end = given
    if end > nlev or 2 * (end - first) != odim:
        raise ShapeError(
            f"{OUTPUT_LEVELS.name} {first}:{end} has {end - first} levels, "
            f"expected {odim // 2} of {nlev}",
            settings=(OUTPUT_LEVELS.name,),
        )
    return given


def _plausible(
    inputs: tuple[Field, ...],
    features: list[Field],
    transforms: list[Transform],
    vertical: Vertical,
) -> tuple[TrainingRange, ...]:
    """Make up inputs to test the network with: what the recipe takes for usual."""
    usual = {
        field.name: transform.plausible(field.name)
        for field, transform in zip(features, transforms, strict=True)
    }
    usual |= {known.name: known for known in COORDINATES}
    pressure = vertical.reference_pressure
    percent = tuple(0.01 * p for p in pressure)
    usual["air_pressure"] = TrainingRange("air_pressure", pressure, percent, None, None)
    if "air_potential_temperature" in usual:
        theta = usual["air_potential_temperature"]
        ratio = [(p / POTENTIAL_PRESSURE) ** KAPPA for p in pressure]
        mean, deviation = (
            tuple(r * v for r, v in zip(ratio, values or (), strict=True))
            for values in (theta.mean, theta.standard_deviation)
        )
        usual["air_temperature"] = TrainingRange(
            "air_temperature", mean, deviation, None, None
        )
    return tuple(usual[field.name] for field in inputs)
