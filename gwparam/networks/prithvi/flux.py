"""The Prithvi WxC gravity-wave network on physical fields of the globe."""

import copy
from dataclasses import replace
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, load_weights, matrix_shape
from gwparam.constants import KAPPA, POTENTIAL_PRESSURE
from gwparam.contract import (
    Description,
    Field,
    Geometry,
    Mask,
    Output,
    TrainingRange,
    Vertical,
)
from gwparam.errors import ArgumentError, ContractError, ShapeError
from gwparam.networks.base import Options, Preset
from gwparam.networks.fluxes import OPTIONS as FLUX_OPTIONS
from gwparam.networks.fluxes import FileShape, FluxNetwork, momentum_fluxes
from gwparam.networks.horizontal import GRID
from gwparam.networks.nonlocal_flux import (
    COORDINATES,
    TEMPERATURE,
    PotentialTemperature,
)
from gwparam.networks.prithvi.backbone import Block, Prithvi
from gwparam.networks.prithvi.on_grid import OnGrid, static_fields
from gwparam.networks.prithvi.options import (
    DROP_DEAD_BACKBONE,
    HEADS,
    LEAD_TIME,
    MASK_RATIO,
    MASK_SEED,
    MASK_UNIT,
    MASK_WHOLE_UNITS,
)
from gwparam.networks.prithvi.unet import PRESETS, PrithviSizes, UNetWithTransformer
from gwparam.networks.scaling import Transform
from gwparam.networks.scaling_recipe import SCALING, Recipe
from gwparam.networks.trainable import Defaults, Size, Sizes, Trainable, count, pair
from gwparam.networks.vertical import (
    LEVELS,
    OUTSIDE,
    LevelPressure,
    levels_of,
    pressure_field,
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
_BLOCK = "{}{}.lgl_block.transformers.{}.ff.1.net.0.weight"
_GIVEN = (PREDICTED_TEMPERATURE.name, "u'omega'", "v'omega'")


class PrithviFlux(FluxNetwork[UNetWithTransformer]):
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
    signature = ("encoder.encoder1.0.weight", "model.mask_token")
    # As published but for the schedule, which was constant.
    trainable = Trainable(
        Defaults(100, 12, 1e-4, "cosine", drop_path=0.05),
        sizes=(
            Size("hidden", "160", "channels of the outermost convolutions"),
            Size("patch", "2x2", "latitudes x longitudes of a token", pair),
            Size("mask_unit", "8x16", "latitudes x longitudes of a mask unit", pair),
            Size("embed", "2560", "features of a token"),
            Size("heads", "16", "attention heads"),
            Size("encoder_pairs", "12", "pairs of blocks of the encoder", count),
            Size("decoder_pairs", "2", "pairs of blocks of the decoder", count),
            Size("mlp_ratio", "4", "hidden units of a perceptron over embed"),
        ),
        head=("decoder.final_conv.",),
        backbone="model.",
        block=Block,
    )
    file_layout = "prithvi"
    blocks = ("theta", "eastward flux", "northward flux")
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
        LEAD_TIME,
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
    def sizes_of(cls, checkpoint: Checkpoint) -> Sizes:
        """Sizes of a whole network, or of a foundation model alone.

        Heads, mask unit and grid are not among them.
        """
        weights = checkpoint.weights
        whole = f"{cls.trainable.backbone}mask_token" in weights
        prefix = cls.trainable.backbone if whole else ""
        tokens = matrix_shape(checkpoint, f"{prefix}patch_embedding.proj.weight", 4)
        inner, outer = matrix_shape(checkpoint, _BLOCK.format(prefix, "encoder", 0))
        found: dict[str, Any] = {
            "patch": tokens[2:],
            "embed": tokens[0],
            "mlp_ratio": inner // outer,
        }
        for part in ("encoder", "decoder"):
            blocks = 0
            while _BLOCK.format(prefix, part, blocks) in weights:
                blocks += 1
            found[f"{part}_pairs"] = blocks // 2
        if whole:
            first = matrix_shape(checkpoint, "encoder.encoder1.0.weight", 4)
            last = matrix_shape(checkpoint, "decoder.final_conv.weight", 4)
            found |= {"hidden": first[0], "in_channels": first[1]}
            found["out_channels"] = last[0]
        return found

    @classmethod
    def sizes_for(cls, files: FileShape) -> Sizes:
        """Give channels and grid."""
        return {
            "in_channels": files.features,
            "out_channels": files.outputs,
            "grid": files.grid,
        }

    @classmethod
    def build(
        cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0
    ) -> UNetWithTransformer:
        """Build the bare network; it has no dropout."""
        return UNetWithTransformer(PrithviSizes(**sizes), drop_path)

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, options: Options) -> Self:
        """Build the network that a checkpoint holds, with the checkpoint's sizes.

        Raises
        ------
        ArgumentError, ContractError
            If `options` lack or contradict something; the message says what.
        ShapeError, NonFiniteError
            If the checkpoint is not one of this architecture; the message names the
            key.
        """
        sizes = _all_sizes(cls.sizes_of(checkpoint), _grid(options), options)
        # No memory of its own: it takes the tensors of the file, which is mapped.
        with torch.device("meta"):
            network = UNetWithTransformer(sizes)
        load_weights(network, checkpoint)
        _mask(network.backbone(), options)
        network.backbone().lead_time = hours = options.get(LEAD_TIME.name, 0.0)
        if options.get(DROP_DEAD_BACKBONE.name):
            network.check_dead()
        built = cls.around(network, options)
        built.lead_time = 3600.0 * hours
        if MASK_SEED.name in options:
            ratio = options.get(MASK_RATIO.name, 0.0)
            built.mask = Mask(ratio, options[MASK_SEED.name])
        return built

    @classmethod
    def around(cls, network: UNetWithTransformer, options: Options) -> Self:
        """Put a bare network between physical fields.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            If `options` lack or contradict something; the message says what.
        """
        return cls(network, _grid(options), options)

    @classmethod
    def export_options(cls, network: UNetWithTransformer) -> Options:
        """Give attention heads and mask unit."""
        return {HEADS.name: network.heads, MASK_UNIT.name: network.mask_unit}

    @classmethod
    def set_output_scalers(cls, network: UNetWithTransformer, how: str | None) -> None:
        """Choose the scalers: ``keep`` them, ``ones``, or ``learn`` them from ones.

        Without a choice they become ones where all are zero, as in the published
        constructor, which multiplies the backbone away.
        """
        backbone = network.backbone()
        ones = torch.ones_like(backbone.output_scalers, dtype=torch.float32)
        if how == "learn":
            del backbone.output_scalers
            backbone.register_parameter("output_scalers", nn.Parameter(ones))
        elif how == "ones" or (how is None and backbone.is_dead()):
            backbone.output_scalers = ones

    @classmethod
    def training_model(
        cls, network: UNetWithTransformer, grid: Geometry, mask_ratio: float
    ) -> nn.Module:
        """Add the static fields of the grid, and hide tokens in training.

        Raises
        ------
        ArgumentError
            If `mask_ratio` is out of range.
        """
        if not 0.0 <= mask_ratio < 1.0:
            raise ArgumentError(
                f"mask_ratio is {mask_ratio}, expected 0 to less than 1",
                settings=(MASK_RATIO.name,),
            )
        static = static_fields(grid.latitude or (), grid.longitude or ())
        return OnGrid(network, static.float(), mask_ratio)

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


def _all_sizes(told: Sizes, geometry: Geometry, options: Options) -> PrithviSizes:
    """Add the grid, and what no shape tells: given, or those of a published network."""
    grid = (len(geometry.latitude or ()), len(geometry.longitude or ()))
    sizes = PrithviSizes(**told, grid=grid)
    heads, mask_unit = options.get(HEADS.name), options.get(MASK_UNIT.name)
    for preset in PRESETS.values():
        known = replace(sizes, heads=preset.heads, mask_unit=preset.mask_unit)
        channels = (sizes.in_channels, sizes.out_channels)
        if known == replace(preset, in_channels=channels[0], out_channels=channels[1]):
            heads, mask_unit = heads or preset.heads, mask_unit or preset.mask_unit
    if heads is None or mask_unit is None:
        raise ArgumentError(
            f"a backbone of {sizes.embed} features on a {grid[0]} x {grid[1]} grid is "
            f"no published one, expected its {HEADS.name} {HEADS.metavar} and its "
            f"{MASK_UNIT.name} {MASK_UNIT.metavar}",
            settings=(HEADS.name, MASK_UNIT.name),
        )
    return replace(sizes, heads=heads, mask_unit=mask_unit)


def _dead(backbone: nn.Module, dropped: bool) -> dict[str, str]:
    """Name the parameters that never reach the output, and why."""
    if not isinstance(backbone, Prithvi):
        return {}
    if backbone.is_dead():
        out = (
            f"the option {DROP_DEAD_BACKBONE.name} leaves"
            if not dropped
            else "the artefact leaves"
        )
        return {
            "model.": "model.output_scalers is all zero, so the foundation model adds "
            f"nothing and the network is a plain convolutional one; {out} it out"
        }
    zero = ("input_time",) if backbone.lead_time else ("input_time", "lead_time")
    times = {
        f"model.{time}_embedding.weight": "this time is 0, as published"
        for time in zero
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


def _mask(backbone: Prithvi, options: Options) -> None:
    """Freeze the tokens that the options draw."""
    seed = options.get(MASK_SEED.name)
    ratio = options.get(MASK_RATIO.name, 0.0)
    whole = options.get(MASK_WHOLE_UNITS.name, False)
    if seed is None:
        if ratio or whole:
            raise ArgumentError(
                "which tokens are hidden is not known, expected "
                f"{MASK_SEED.name} {MASK_SEED.metavar}",
                settings=(MASK_SEED.name,),
            )
        return
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
        raise ArgumentError(
            f"{TEMPERATURE.name} is {given}, the network sees none",
            settings=(TEMPERATURE.name,),
        )
    return replace(seen, name=given)


def _plausible(
    inputs: tuple[Field, ...], transforms: dict[str, Transform], vertical: Vertical
) -> tuple[TrainingRange, ...]:
    """Draw inputs to test the network with from what the recipe takes for usual."""
    usual = {name: t.plausible(name) for name, t in transforms.items()}
    usual |= {known.name: known for known in COORDINATES}
    given = inputs[0].name
    if given not in transforms:
        seen = usual["air_potential_temperature"]
        ratios = [
            (p / POTENTIAL_PRESSURE) ** KAPPA for p in vertical.reference_pressure
        ]
        mean, deviation = (
            tuple(r * v for r, v in zip(ratios, values or (), strict=True))
            for values in (seen.mean, seen.standard_deviation)
        )
        usual[given] = TrainingRange(given, mean, deviation, None, None)
    return tuple(usual[field.name] for field in inputs)
