"""Learn the drag of a host's native scheme, one component of the wind at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

import torch
from torch import Tensor

from gwparam.checkpoints import Checkpoint, save_checkpoint
from gwparam.contract import Description, Limit, TrainingRange, TrainingRecord
from gwparam.errors import ArgumentError
from gwparam.networks.drag import (
    DragModule,
    DragNetwork,
    StateLevels,
    normalisation,
)
from gwparam.networks.scaling import Destandardise
from gwparam.networks.trainable import Sizes
from gwparam.training.losses import Outputs
from gwparam.training.splits import Split
from gwparam.training.statistics import ChannelStatistics, SampleStatistics
from gwparam.training.tasks.drag_data import DragData, DragSamples
from gwparam.training.tasks.task import OutputSpec, Task, largest_credible


class DragTask(Task[DragData, DragModule]):
    """States of a host with its native drag, which a network of single columns learns.

    Parameters
    ----------
    physical : type of DragNetwork
        The network on physical fields.
    checkpoint : Checkpoint or None
        The pre-trained network.
    """

    def __init__(
        self, physical: type[DragNetwork], checkpoint: Checkpoint | None
    ) -> None:
        self.physical: type[DragNetwork] = physical
        self._checkpoint = checkpoint
        self._trained = (
            None
            if checkpoint is None
            else physical.from_checkpoint(checkpoint).description
        )

    def open(self, paths: Sequence[str]) -> DragData:
        """Open state files with drag, on the levels of a pre-trained network."""
        vertical = None if self._trained is None else self._trained.vertical
        data = DragData(paths, self.physical.inputs, self.physical.outputs, vertical)
        if self._checkpoint is not None:
            try:
                self.physical.check_levels(_levels(data), self._checkpoint)
            except BaseException:
                data.close()
                raise
        return data

    def build(
        self, sizes: Sizes, data: DragData, dropout: float = 0.0, drop_path: float = 0.0
    ) -> DragModule:
        """Build the bare network for the levels of the files."""
        return self.physical.build({**sizes, **self.physical.sizes_on(_levels(data))})

    def output_spec(
        self, network: DragModule, splits: Sequence[Split[DragData]]
    ) -> "DragSpec":
        """Say what the channels are."""
        data = splits[0].data
        description = self._trained or Description(
            self.physical.title, self.physical.citation, data.vertical, (), ()
        )
        samples = {id(split.data): split.data.samples for split in splits}
        return DragSpec(
            self.physical,
            network,
            tuple(samples.values()),
            description,
            self._checkpoint,
        )


def _levels(data: DragData) -> StateLevels:
    return StateLevels(data.dates.paths[0], data.vertical.nlev, data.coefficients)


class DragSpec(OutputSpec):
    """The channels of a network that gives standardised drag.

    Parameters
    ----------
    physical : type of DragNetwork
        The network on physical fields: both winds are its first inputs.
    network : DragModule
        The bare network.
    samples : sequence of DragSamples
        All that the network will see.
    description : Description
        What is known before training: name, citation, levels.
    checkpoint : Checkpoint or None
        The pre-trained network; its ``means`` and ``stds`` are those of its outputs.
    """

    def __init__(
        self,
        physical: type[DragNetwork],
        network: DragModule,
        samples: Sequence[DragSamples],
        description: Description,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._inputs, self._description = physical.inputs, description
        self._network, self._samples = network, samples
        vertical = description.vertical
        self._nlev = vertical.nlev
        self._checkpoint = checkpoint
        self._scaling = Destandardise(
            torch.zeros(self._nlev).double(), torch.ones(self._nlev).double()
        )
        self.fields = tuple((field.name, field.units) for field in physical.outputs)
        # One block for both components: the channels say nothing of which it is.
        self.outputs = Outputs(
            ("drag",), self._nlev, vertical.nominal_pressure, (self._scaling,)
        )

    def physical(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Put the rows of both components side by side, as the inputs are."""
        half = len(features) // 2
        wind = features[half:, : self._nlev]
        seen = torch.cat(
            (features[:half, : self._nlev], wind, features[:half, self._nlev :]), dim=1
        )
        return seen.double(), self._scaling(targets.double())

    def restore(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Drag on the eastward and on the northward wind [m s-2]."""
        drag: Tensor = self._scaling(outputs.double())
        half = len(drag) // 2
        return drag[:half], drag[half:]

    def tendency(self, targets: Tensor) -> Tensor | None:
        """Give the drag itself."""
        return targets

    def standardise(self, statistics: SampleStatistics) -> None:
        """Standardise drag, and a new network's features, as the samples have them.

        A pre-trained network gives the same drag [m s-2] before and after.

        Raises
        ------
        ArgumentError
            If there is no drag in the samples.
        """
        if not statistics.largest_tendency:
            raise ArgumentError("the drag to learn is 0 everywhere, expected some")
        mean = torch.tensor(statistics.targets.mean, dtype=torch.float64)
        deviation = torch.tensor(
            statistics.targets.standard_deviation, dtype=torch.float64
        )
        known = deviation > 0.0
        over = torch.where(known, deviation, torch.inf)
        if self._checkpoint is None:
            self._network.set_features(*self._of_rows(statistics.features))
        else:
            old_mean, old_deviation = normalisation(self._checkpoint, self._nlev)
            self._network.rescale(old_deviation / over, (old_mean - mean) / over)
        self._scaling.mean.copy_(mean)
        self._scaling.standard_deviation.copy_(deviation)
        for samples in self._samples:
            samples.standardise(mean, deviation)

    @property
    def trained_range(self) -> tuple[TrainingRange, ...]:
        """What the pre-trained network saw; empty without one."""
        return self._description.training_range

    def seen(self, statistics: SampleStatistics) -> tuple[TrainingRange, ...]:
        """Tell what the inputs look like in training."""
        seen, first, ranges = statistics.features, 0, []
        for field in self._inputs:
            end = first + (self._nlev if field.levels == "full" else 1)
            part = seen.part(first, end)
            ranges.append(
                TrainingRange(
                    field.name,
                    part.mean,
                    part.standard_deviation,
                    part.minimum,
                    part.maximum,
                )
            )
            first = end
        return tuple(ranges)

    def save(
        self,
        path: str | PathLike[str],
        weights: Mapping[str, Tensor],
        statistics: SampleStatistics,
        name: str | None,
        record: TrainingRecord | None = None,
    ) -> None:
        """Write weights, the scaling of the drag, and what training saw."""
        largest = largest_credible(statistics.largest_tendency or 0.0)
        described = replace(
            self._description,
            name=name or self._description.name,
            training_range=self.seen(statistics),
            limits=tuple(Limit(field, largest) for field, _ in self.fields),
        )
        extras = {
            "means": self._scaling.mean,
            "stds": self._scaling.standard_deviation,
        }
        save_checkpoint(
            path, weights, extras=extras, description=described, training=record
        )

    def _of_rows(self, seen: ChannelStatistics) -> tuple[Tensor, Tensor]:
        """Mean and variance of the features of a row, of both components together."""
        mean = torch.tensor(seen.mean, dtype=torch.float64)
        variance = torch.tensor(seen.standard_deviation, dtype=torch.float64) ** 2
        nlev = self._nlev
        east, north, rest = slice(nlev), slice(nlev, 2 * nlev), slice(2 * nlev, None)
        apart = 0.5 * (mean[east] - mean[north])
        wind = 0.5 * (mean[east] + mean[north])
        spread = 0.5 * (variance[east] + variance[north]) + apart**2
        return (
            torch.cat((wind, mean[rest])),
            torch.cat((spread, variance[rest])),
        )
