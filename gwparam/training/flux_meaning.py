"""What the channels of a flux network are, as far as the options say it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

import torch
from torch import Tensor, nn

from gwparam.checkpoints import save_checkpoint
from gwparam.contract import Field, Vertical
from gwparam.export.torchscript import MAX_TENDENCY, NAME
from gwparam.networks.base import Option, Options, PhysicalNetwork
from gwparam.networks.scaling import SCALING, Recipe, write_recipe
from gwparam.networks.vertical import reference_pressure
from gwparam.training.data import Meaning, largest_credible
from gwparam.training.drag_error import tendency_by_difference
from gwparam.training.losses import Outputs
from gwparam.training.samples import Samples
from gwparam.training.statistics import Statistics, Survey

Pressure = tuple[float, ...]
_STATISTICS = ("mean", "standard_deviation", "minimum", "maximum")


class FluxMeaning(Meaning):
    """The channels of a flux network.

    Parameters
    ----------
    network : PhysicalNetwork or None
        The network between physical fields, where the options suffice to build it.
    names : tuple of str
        Blocks of the output, for a network of which nothing else is known.
    options : mapping
        What is known, by name.
    known : sequence of Option
        The options of the architecture.
    missing : tuple of str
        Flags of what an export will ask for.
    odim : int
        Channels of the output.
    trailing : int
        Axes of a sample after the channel.
    """

    def __init__(
        self,
        network: PhysicalNetwork | None,
        names: tuple[str, ...],
        options: Options,
        known: tuple[Option, ...],
        missing: tuple[str, ...],
        odim: int,
        trailing: int,
    ) -> None:
        self._options, self._known, self.missing = options, known, missing
        self._network = network
        if network is None:
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
        self._trailing = trailing

    def view(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
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

    def settle(
        self, network: nn.Module, survey: Survey, samples: Sequence[Samples]
    ) -> None:
        """Do nothing: the files are normalised already."""

    def recipe(self, survey: Survey) -> str | None:
        """Text of the scaling recipe, with what training saw; None if not known."""
        if self._network is None:
            return None
        return write_recipe(self._with_ranges(survey.features))

    def save(
        self,
        path: str | PathLike[str],
        weights: Mapping[str, Tensor],
        survey: Survey,
        name: str | None,
    ) -> None:
        """Write weights, with the options that are known and what training saw."""
        values = dict(self._options)
        if self._network is not None:
            values[SCALING.name] = self._with_ranges(survey.features)
        written = {
            o.name: o.write(values[o.name]) for o in self._known if o.name in values
        }
        if survey.largest_tendency:
            written[MAX_TENDENCY] = repr(largest_credible(survey.largest_tendency))
        if name is not None:
            written[NAME] = name
        save_checkpoint(path, weights, options=written)

    def _with_ranges(self, seen: Statistics) -> Recipe:
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
    return reference_pressure(vertical)[part[0] : part[1]]
