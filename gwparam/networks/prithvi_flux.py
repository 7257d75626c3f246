"""The Prithvi WxC gravity-wave network on physical fields of the globe."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, load_weights
from gwparam.contract import (
    Description,
    Field,
    Geometry,
    Output,
    TrainingRange,
    Vertical,
)
from gwparam.errors import ArgumentError, ContractError, ShapeError
from gwparam.networks.base import Option, Options, PhysicalNetwork, Preset
from gwparam.networks.fluxes import OPTIONS as FLUX_OPTIONS
from gwparam.networks.fluxes import momentum_fluxes
from gwparam.networks.horizontal import GRID
from gwparam.networks.nonlocal_flux import (
    KAPPA,
    PLACES,
    POTENTIAL_PRESSURE,
    TEMPERATURE,
    PotentialTemperature,
)
from gwparam.networks.prithvi import Prithvi
from gwparam.networks.prithvi_gw import PRESETS, UNetWithTransformer, sizes_of
from gwparam.networks.scaling import SCALING, Recipe, Transform
from gwparam.networks.vertical import (
    LEVELS,
    OUTSIDE,
    LevelPressure,
    levels_of,
    pressure_field,
    reference_pressure,
)

CITATION = (
    "Gupta, Sheshadri, Roy, Schmude, Gaur, Leong, Maskey and Ramachandran (2025), "
    "Finetuning AI Foundation Models to Develop Subgrid-Scale Parameterizations: A "
    "Case Study on Atmospheric Gravity Waves, arXiv:2509.03816; foundation model: "
    "Schmude et al. (2024), Prithvi WxC: Foundation Model for Weather and Climate, "
    "arXiv:2409.13598"
)
PREDICTED_TEMPERATURE = Output(
    "air_potential_temperature_predicted", "K", "full", "float64", "other"
)
_TEMPERATURES = ("air_temperature", "air_potential_temperature")
_PRESSURE = Field("air_pressure", "Pa", "full", "float64")
_WINDS = tuple(
    Field(name, "m s-1", "full", "float64")
    for name in ("eastward_wind", "northward_wind")
)
_SEEN = (
    "air_temperature or air_potential_temperature",
    *(field.name for field in (_PRESSURE, *_WINDS)),
)
_GIVEN = (PREDICTED_TEMPERATURE.name, "u'omega'", "v'omega'")


def _pair(text: str) -> tuple[int, int]:
    rows, _, columns = text.partition("x")
    if not (rows.isdigit() and columns.isdigit()):
        raise ArgumentError(f"--mask-unit is {text}, expected such as 8x16")
    return int(rows), int(columns)


def _integer(flag: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdigit():
            raise ArgumentError(f"{flag} is {text}, expected a whole number")
        return int(text)

    return parse


def _ratio(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(
            f"--mask-ratio is {text}, expected 0 to less than 1"
        ) from None


HEADS = Option(
    "heads",
    "attention heads of the Prithvi backbone; needed for other sizes than the "
    "published ones",
    metavar="N",
    parse=_integer("--heads"),
)
MASK_UNIT = Option(
    "mask_unit",
    "latitudes and longitudes of a mask unit of the Prithvi backbone; likewise",
    metavar="NLATxNLON",
    parse=_pair,
    write=lambda unit: f"{unit[0]}x{unit[1]}",
)
MASK_RATIO = Option(
    "mask_ratio",
    "share of the tokens that the Prithvi backbone does not see, frozen into the "
    "artefact; needs --mask-seed. The published inference hides a random 0.5 at every "
    "call; without this option every token is seen, in its natural order "
    "(docs/networks/prithvi.md)",
    metavar="X",
    parse=_ratio,
    frozen=True,
)
MASK_SEED = Option(
    "mask_seed",
    "draw the tokens that Prithvi sees, and their order, as the published inference "
    "does after torch.manual_seed(N)",
    metavar="N",
    parse=_integer("--mask-seed"),
    frozen=True,
)
MASK_WHOLE_UNITS = Option(
    "mask_whole_units",
    "hide whole mask units of Prithvi, not tokens within each",
    switch=True,
    frozen=True,
)
DROP_DEAD_BACKBONE = Option(
    "drop_dead_backbone",
    "leave out a Prithvi backbone whose output scalers are all zero, which adds "
    "nothing: the same result with 4 % of the parameters",
    switch=True,
    frozen=True,
)


class PrithviFlux(PhysicalNetwork):
    """The published network on physical fields.

    Parameters
    ----------
    network : UNetWithTransformer
        Standardised features to standardised fluxes.
    geometry : Geometry
        The trained grid.
    options : mapping
        Values of `options`.

    Raises
    ------
    ArgumentError
        If something is not known; the message says how to give it.
    ContractError, ShapeError
        If levels or recipe do not fit the network.
    """

    architecture = "prithvi_gw"
    citation = CITATION
    # Outputs of the tiny network differ by 2e-6 of the largest between float32 and
    # float64, by 3e-2 in bfloat16; the cube that follows a cube root triples that.
    rounding = 3.0
    precisions = ("float32", "float64", "bfloat16")
    options = (
        GRID,
        LEVELS,
        OUTSIDE,
        SCALING,
        TEMPERATURE,
        *FLUX_OPTIONS,
        HEADS,
        MASK_UNIT,
        MASK_RATIO,
        MASK_SEED,
        MASK_WHOLE_UNITS,
        DROP_DEAD_BACKBONE,
    )
    presets = tuple(
        Preset(
            name,
            partial(UNetWithTransformer, sizes),
            f"global, {sizes.grid[0]} x {sizes.grid[1]}",
            tuple(f"{field} ({sizes.in_channels // 4})" for field in _SEEN),
            tuple(f"{field} ({sizes.out_channels // 3})" for field in _GIVEN),
        )
        for name, sizes in PRESETS.items()
    )

    static: Tensor

    def __init__(
        self, network: UNetWithTransformer, geometry: Geometry, options: Options
    ) -> None:
        vertical = levels_of(options, "the levels of the Prithvi network")
        recipe: Recipe = SCALING.of(options, "the normalisation of the Prithvi network")
        nlev = vertical.nlev
        _check_channels(network, nlev)
        fluxes, flux, limits = momentum_fluxes(options)
        outputs = (PREDICTED_TEMPERATURE, *fluxes)
        features = (_seen_temperature(recipe), _PRESSURE, *_WINDS)
        inputs = (
            _given_temperature(features[0], options),
            pressure_field(vertical) or _PRESSURE,
            *_WINDS,
        )
        transforms = {field.name: recipe.of(field, nlev) for field in features}
        names = {field.name for field in inputs}
        ranges = [transform.range(name) for name, transform in transforms.items()]
        known = tuple(seen for seen in ranges if seen.name in names and seen.is_known)
        super().__init__(Description("Prithvi WxC", CITATION, vertical, known, limits))
        self.geometry, self.flux = geometry, flux
        self.inputs, self.features, self.outputs = inputs, features, outputs
        self.plausible = _plausible(inputs, transforms, vertical)

        self.network = network
        self.normalise = nn.ModuleList(t.normalise(2) for t in transforms.values())
        self.restore = nn.ModuleList(
            recipe.of(field, nlev).restore(2) for field in outputs
        )
        self.pressure = LevelPressure(vertical, 2)
        self.potential_temperature = PotentialTemperature(vertical, 2)
        self.pressure_at_surface = inputs[1].levels == "surface"
        self.makes_potential = inputs[0].name != features[0].name
        grid = geometry.latitude or (), geometry.longitude or ()
        self.register_buffer("static", static_fields(*grid))
        self.drops_backbone = bool(options.get(DROP_DEAD_BACKBONE.name))
        self.dead = _dead(network.model, self.drops_backbone)

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, options: Options) -> "PrithviFlux":
        """Build the network that a checkpoint holds, with the checkpoint's sizes.

        Raises
        ------
        ArgumentError, ContractError
            If `options` lack or contradict something; the message says what.
        ShapeError, NonFiniteError
            If the checkpoint is not one of this architecture; the message names the
            key.
        """
        geometry = _grid(options)
        sizes = sizes_of(
            checkpoint.weights,
            (len(geometry.latitude or ()), len(geometry.longitude or ())),
            heads=options.get(HEADS.name),
            mask_unit=options.get(MASK_UNIT.name),
        )
        # No memory of its own: it takes the tensors of the file, which is mapped.
        with torch.device("meta"):
            network = UNetWithTransformer(sizes)
        load_weights(network, checkpoint)
        _mask(network.model, options)
        if options.get(DROP_DEAD_BACKBONE.name):
            network.check_dead()
        return cls.around(network, options)

    @classmethod
    def around(cls, network: UNetWithTransformer, options: Options) -> "PrithviFlux":
        """Put a bare network between physical fields.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            If `options` lack or contradict something; the message says what.
        """
        return cls(network, _grid(options), options)

    def without_backbone(self) -> "PrithviFlux":
        """Copy without a backbone that adds nothing; the weights are shared.

        Raises
        ------
        ArgumentError
            If the backbone is not dead.
        """
        tensors = (*self.parameters(), *self.buffers())
        rest = copy.deepcopy(self, {id(tensor): tensor for tensor in tensors})
        rest.network.drop_backbone()
        return rest

    def forward(
        self,
        temperature: Tensor,
        pressure: Tensor,
        eastward_wind: Tensor,
        northward_wind: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the fluxes of one image of the globe.

        Parameters
        ----------
        temperature : Tensor, shape (nlev, nlat, nlon)
            Temperature or potential temperature, as `inputs` says [K], top first.
        pressure : Tensor, shape (nlev, nlat, nlon) or (nlat, nlon)
            Pressure at the levels or at the surface, as `inputs` says [Pa].
        eastward_wind, northward_wind : Tensor, shape (nlev, nlat, nlon)
            Wind [m s-1], top first.

        Returns
        -------
        temperature, eastward, northward : Tensor, shape (nlev, nlat, nlon)
            Potential temperature that the network predicts [K], and the fluxes, top
            first.
        """
        if self.pressure_at_surface:
            pressure = pressure.unsqueeze(0)
        known = pressure.unsqueeze(0)
        seen = temperature.unsqueeze(0)
        if self.makes_potential:
            seen = self.potential_temperature(seen, known)
        fields = [
            seen,
            self.pressure(known).expand_as(seen),
            eastward_wind.unsqueeze(0),
            northward_wind.unsqueeze(0),
        ]
        features: list[Tensor] = []
        for i, normalise in enumerate(self.normalise):
            features.append(normalise(fields[i]))
        parts = self.network(torch.cat(features, dim=1), self.static).chunk(3, dim=1)
        fluxes: list[Tensor] = []
        for i, restore in enumerate(self.restore):
            fluxes.append(restore(parts[i])[0])
        return fluxes[0], fluxes[1], fluxes[2]


def _grid(options: Options) -> Geometry:
    geometry: Geometry = GRID.of(options, "the grid of the Prithvi network")
    return geometry


def _dead(backbone: nn.Module, dropped: bool) -> dict[str, str]:
    """Name the parameters that never reach the output, and why."""
    if not isinstance(backbone, Prithvi):
        return {}
    if backbone.is_dead():
        out = (
            f"{DROP_DEAD_BACKBONE.flag} leaves"
            if not dropped
            else "the artefact leaves"
        )
        return {
            "model.": "model.output_scalers is all zero, so the foundation model adds "
            f"nothing and the network is a plain convolutional one; {out} it out"
        }
    times = {
        f"model.{time}_embedding.weight": "this time is 0, as published"
        for time in ("input_time", "lead_time")
    }
    unmasked = {"model.mask_token": "no token is hidden"}
    return times | ({} if backbone.hides_tokens() else unmasked)


def _check_channels(network: UNetWithTransformer, nlev: int) -> None:
    convolutions = {
        "encoder.encoder1.0.weight": (network.encoder.encoder1[0].in_channels, 4),
        "decoder.final_conv.weight": (network.decoder.final_conv.out_channels, 3),
    }
    for key, (channels, blocks) in convolutions.items():
        if channels != blocks * nlev:
            raise ShapeError(
                f"{key} has {channels} channels, expected {blocks} fields on {nlev} "
                "levels"
            )


def _mask(backbone: nn.Module, options: Options) -> None:
    """Freeze the tokens that the options draw."""
    seed = options.get(MASK_SEED.name)
    ratio = options.get(MASK_RATIO.name, 0.0)
    whole = options.get(MASK_WHOLE_UNITS.name, False)
    if seed is None:
        if ratio or whole:
            raise ArgumentError(
                "which tokens are hidden is not known, expected "
                f"{MASK_SEED.flag} {MASK_SEED.metavar}"
            )
        return
    if isinstance(backbone, Prithvi):
        backbone.keep_tokens(backbone.draw_tokens(ratio, seed, 1, whole))


def _seen_temperature(recipe: Recipe) -> Field:
    """Temperature that the network sees: the one whose normalisation is known."""
    known = [name for name in _TEMPERATURES if name in recipe.transforms]
    if len(known) != 1:
        raise ContractError(
            f"{recipe.source} has {' and '.join(known) or 'no temperature'}, expected "
            f"either {' or '.join(_TEMPERATURES)}: the one that the network sees first"
        )
    return Field(known[0], "K", "full", "float64")


def _given_temperature(seen: Field, options: Options) -> Field:
    """Temperature that the host hands over."""
    given = options.get(TEMPERATURE.name, _TEMPERATURES[0])
    if given not in (seen.name, _TEMPERATURES[0]):
        raise ArgumentError(f"{TEMPERATURE.flag} is {given}, the network sees none")
    return replace(seen, name=given)


def _plausible(
    inputs: tuple[Field, ...], transforms: dict[str, Transform], vertical: Vertical
) -> tuple[TrainingRange, ...]:
    """Draw inputs to test the network with from what the recipe takes for usual."""
    usual = {name: t.plausible(name) for name, t in transforms.items()}
    usual |= {known.name: known for known in PLACES}
    given = inputs[0].name
    if given not in transforms:
        seen = usual["air_potential_temperature"]
        ratios = [
            (p / POTENTIAL_PRESSURE) ** KAPPA for p in reference_pressure(vertical)
        ]
        mean, deviation = (
            tuple(r * v for r, v in zip(ratios, values or (), strict=True))
            for values in (seen.mean, seen.standard_deviation)
        )
        usual[given] = TrainingRange(given, mean, deviation, None, None)
    return tuple(usual[field.name] for field in inputs)


def static_fields(latitude: ArrayLike, longitude: ArrayLike) -> Tensor:
    """Compute what the network knows of its grid.

    Parameters
    ----------
    latitude, longitude : array_like, shape (nlat,) and (nlon,)
        The grid [degrees].

    Returns
    -------
    Tensor, shape (1, 3, nlat, nlon)
        Sine of latitude, cosine and sine of longitude [1], float64.
    """
    phi, theta = np.meshgrid(np.deg2rad(latitude), np.deg2rad(longitude), indexing="ij")
    channels = (np.sin(phi), np.cos(theta), np.sin(theta))
    return torch.from_numpy(np.stack(channels)[None])
