"""Learn momentum fluxes from published training files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

import numpy as np
import torch
from torch import Tensor, nn

from gwparam.checkpoints import save_checkpoint
from gwparam.contract import (
    Field,
    Geometry,
    TrainingRange,
    TrainingRecord,
    Vertical,
)
from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ArgumentError, ModelFileError
from gwparam.export.torchscript import MAX_TENDENCY, NAME
from gwparam.networks.base import Options
from gwparam.networks.fluxes import (
    FLUX_QUANTITY,
    FLUX_SIGN,
    FileShape,
    FluxNetwork,
    N,
)
from gwparam.networks.horizontal import GRID
from gwparam.networks.scaling_recipe import SCALING, Recipe, read_recipe, write_recipe
from gwparam.networks.trainable import Sizes
from gwparam.networks.vertical import LEVELS
from gwparam.training.drag_error import tendency_by_difference
from gwparam.training.losses import Outputs
from gwparam.training.splits import Split
from gwparam.training.statistics import ChannelStatistics, SampleStatistics
from gwparam.training.tasks.flux_data import (
    Channels,
    FluxData,
    nonlocal_channels,
    prithvi_channels,
)
from gwparam.training.tasks.task import OutputSpec, Task, largest_credible

Pressure = tuple[float, ...]
_STATISTICS = ("mean", "standard_deviation", "minimum", "maximum")
_NEEDED = (SCALING, LEVELS, FLUX_QUANTITY, FLUX_SIGN)


class FluxTask(Task[FluxData, N]):
    """Published training files, which a network of momentum fluxes learns from.

    Parameters
    ----------
    physical : type of FluxNetwork
        The network on physical fields.
    options : mapping
        Values of its options, as far as they were given.
    """

    gives_fluxes = True

    def __init__(self, physical: type[FluxNetwork[N]], options: Options) -> None:
        self.physical: type[FluxNetwork[N]] = physical
        self._options = options

    def open(self, paths: Sequence[str]) -> FluxData:
        """Open training files in the network's published layout."""
        files = TrainingFiles(paths)
        try:
            data = FluxData(files, self._channels(files), self.physical.sees_globe)
            self.physical.sizes_for(_shape(data))
            return data
        except BaseException:
            files.close()
            raise

    def build(
        self, sizes: Sizes, data: FluxData, dropout: float = 0.0, drop_path: float = 0.0
    ) -> N:
        """Build the bare network for the grid and the channels of the files."""
        all_sizes = {**sizes, **self.physical.sizes_for(_shape(data))}
        return self.physical.build(all_sizes, dropout, drop_path)

    def set_output_scalers(self, network: N, how: str | None) -> None:
        """Choose what the result of a foundation model is multiplied by."""
        self.physical.set_output_scalers(network, how)

    def output_spec(self, network: N, splits: Sequence[Split[FluxData]]) -> "FluxSpec":
        """Say what the channels are, as far as options and files say it."""
        data = splits[0].data
        has_grid = GRID in self.physical.options
        options = {
            **known_options(data.files, self._options, has_grid),
            **self.physical.export_options(network),
        }
        missing = tuple(o.name for o in _NEEDED if o.name not in options)
        around = None if missing else self.physical.around(network, options)
        outputs = len(data.channels.outputs)
        return FluxSpec(self.physical, around, options, missing, outputs)

    def model(self, network: N, data: FluxData, mask_ratio: float) -> nn.Module:
        """Give the module that maps a sample's features to the network's outputs."""
        return self.physical.training_model(network, _grid(data.files), mask_ratio)

    def _channels(self, files: TrainingFiles) -> Channels:
        if self.physical.file_layout == "prithvi":
            return prithvi_channels(files)
        return nonlocal_channels(files, self._options, self.physical.sees_place)


def _shape(data: FluxData) -> FileShape:
    files, channels = data.files, data.channels
    return FileShape(
        files.paths[0],
        len(channels.features),
        len(channels.outputs),
        files.stencil,
        files.shape,
    )


def _grid(files: TrainingFiles) -> Geometry:
    latitude, longitude = files.latitude.tolist(), files.longitude.tolist()
    return Geometry("global", latitude=tuple(latitude), longitude=tuple(longitude))


class FluxSpec(OutputSpec):
    """The channels of a flux network.

    Parameters
    ----------
    physical : type of FluxNetwork
        What is known of any such network.
    network : FluxNetwork or None
        This one on physical fields, where the options suffice to build it.
    options : mapping
        What is known, by name.
    missing : tuple of str
        Names of the options that an export will ask for.
    odim : int
        Channels of the output.
    """

    def __init__(
        self,
        physical: type[FluxNetwork[N]],
        network: FluxNetwork[N] | None,
        options: Options,
        missing: tuple[str, ...],
        odim: int,
    ) -> None:
        self._options, self._known, self.missing = options, physical.options, missing
        self._network = network
        self._trailing = trailing = 2 if physical.sees_globe else 0
        if network is None:
            names = physical.blocks
            self.outputs = Outputs(names, odim // len(names))
            self.fields = tuple((name, "1") for name in names)
            return
        recipe: Recipe = options[SCALING.name]
        nlev = network.description.vertical.nlev
        given = next((f.given_levels for f in network.flux if f.given_levels), None)
        part = (given[0], given[1]) if given else (0, nlev)
        fields = network.outputs
        self._given = [
            recipe.of(f, nlev, part if given else None).restore(trailing)
            for f in fields
        ]
        self._seen = [(field, recipe.of(field, nlev)) for field in network.features]
        self.outputs = Outputs(
            tuple(field.name for field in fields),
            part[1] - part[0],
            known_pressure(network.description.vertical, part),
            tuple(self._given),
            network.flux,
        )
        self.fields = tuple((field.name, field.units) for field in fields)

    def physical(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Physical fields of samples; of a stencil, those in its middle."""
        if features.ndim == 4 and targets.ndim == 2:
            middle = features.shape[-1] // 2
            features = features[..., middle, middle]
        features = features.double()
        if self._network is not None:
            parts = zip(self._seen, self._split(features), strict=True)
            restored = [t.restore(self._trailing)(part) for (_, t), part in parts]
            features = torch.cat(restored, dim=1)
        return features, torch.cat(self.restore(targets), dim=1)

    def restore(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Physical outputs; as they are where the normalisation is not known."""
        blocks = torch.split(outputs.double(), self.outputs.nlev, dim=1)
        if self._network is None:
            return tuple(blocks)
        pairs = zip(self._given, blocks, strict=True)
        return tuple(restore(block) for restore, block in pairs)

    def tendency(self, targets: Tensor) -> Tensor | None:
        """Divergence of the physical fluxes between neighbouring levels [m s-2]."""
        pressure = self.outputs.pressure
        if pressure is None:
            return None
        blocks = dict(
            zip(
                self.outputs.names,
                torch.split(targets, self.outputs.nlev, dim=1),
                strict=True,
            )
        )
        found = []
        for flux in self.outputs.flux:
            step = blocks[flux.name].diff(dim=1)
            factor = tendency_by_difference(flux, pressure)
            found.append(step * factor.view(-1, *[1] * self._trailing))
        return torch.cat(found, dim=1)

    def standardise(self, statistics: SampleStatistics) -> None:
        """Do nothing: the files are normalised already."""

    @property
    def trained_range(self) -> tuple[TrainingRange, ...]:
        """What the recipe says of training; empty without one."""
        if self._network is None:
            return ()
        ranges = (transform.range(field.name) for field, transform in self._seen)
        return tuple(known for known in ranges if known.is_known)

    def seen(self, statistics: SampleStatistics) -> tuple[TrainingRange, ...]:
        """Tell what the inputs look like in training; empty without a recipe."""
        if self._network is None:
            return ()
        seen = self._with_ranges(statistics.features)
        return tuple(seen.transforms[f.name].range(f.name) for f, _ in self._seen)

    def recipe(self, statistics: SampleStatistics) -> str | None:
        """Text of the scaling recipe, with what training saw; None if not known."""
        if self._network is None:
            return None
        return write_recipe(self._with_ranges(statistics.features))

    def save(
        self,
        path: str | PathLike[str],
        weights: Mapping[str, Tensor],
        statistics: SampleStatistics,
        name: str | None,
        record: TrainingRecord | None = None,
    ) -> None:
        """Write weights, with the options that are known and what training saw."""
        values = dict(self._options)
        if self._network is not None:
            values[SCALING.name] = self._with_ranges(statistics.features)
        written = {
            o.name: o.write(values[o.name]) for o in self._known if o.name in values
        }
        if statistics.largest_tendency:
            written[MAX_TENDENCY] = repr(largest_credible(statistics.largest_tendency))
        if name is not None:
            written[NAME] = name
        save_checkpoint(path, weights, options=written, training=record)

    def _with_ranges(self, seen: ChannelStatistics) -> Recipe:
        """Give the recipe what the features looked like in training."""
        recipe: Recipe = self._options[SCALING.name]
        transforms = dict(recipe.transforms)
        first = 0
        for field, transform in self._seen:
            end = first + self._count(field)
            part = seen.part(first, end)
            ranges = {key: getattr(part, key) for key in _STATISTICS}
            transforms[field.name] = replace(transform, training=ranges)
            first = end
        return replace(recipe, transforms=transforms)

    def _split(self, features: Tensor) -> tuple[Tensor, ...]:
        return torch.split(
            features, [self._count(field) for field, _ in self._seen], dim=1
        )

    def _count(self, field: Field) -> int:
        assert self._network is not None
        nlev = self._network.description.vertical.nlev
        return nlev if field.levels == "full" else 1


def known_pressure(vertical: Vertical, part: tuple[int, int]) -> Pressure | None:
    """Pressure of some levels over a surface at 1000 hPa [Pa]; None if not known."""
    if vertical.kind == "host" and vertical.nominal_pressure is None:
        return None
    return vertical.reference_pressure[part[0] : part[1]]


def known_options(files: TrainingFiles, options: Options, has_grid: bool) -> Options:
    """Add to the options what the files say: their grid, and their scaling.

    Raises
    ------
    ContractError
        If the recipe in the files is malformed.
    ArgumentError
        If the grid that was given is another one.
    """
    known = dict(options)
    if SCALING.name not in known:
        recipe = _recipe_in(files.paths[0])
        known |= {} if recipe is None else {SCALING.name: recipe}
    if not has_grid:
        return known
    found, given = _grid(files), known.get(GRID.name)
    if given is None:
        return known | {GRID.name: found}
    for name in ("latitude", "longitude"):
        values, wanted = getattr(found, name), getattr(given, name)
        # Files store them in single precision.
        if len(wanted) != len(values) or not np.allclose(wanted, values, atol=1e-3):
            raise ArgumentError(
                f"{GRID.name} has another {name} than {files.paths[0]}: "
                f"{len(wanted)} from {wanted[0]:.4f}, the files have {len(values)} "
                f"from {values[0]:.4f} degrees",
                settings=(GRID.name,),
            )
    return known


def _recipe_in(path: str) -> Recipe | None:
    """Recipe in the attributes of a training file; None if there is none."""
    try:
        return read_recipe(path)
    except ModelFileError:
        return None
