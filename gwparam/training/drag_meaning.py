"""What the channels of a network of drag are: one component of the wind at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, save_checkpoint
from gwparam.contract import Description, Field, Limit, TrainingRange
from gwparam.errors import ArgumentError
from gwparam.networks.scaling import Destandardise
from gwparam.training.data import Meaning, largest_credible
from gwparam.training.drag_data import DragSamples
from gwparam.training.losses import Outputs
from gwparam.training.samples import Samples
from gwparam.training.statistics import Statistics, Survey


class DragMeaning(Meaning):
    """The channels of a network that gives standardised drag.

    Parameters
    ----------
    inputs, outputs : sequence of Field
        Of the network on physical fields: both winds first.
    description : Description
        What is known before training: name, citation, levels.
    checkpoint : Checkpoint or None
        The pre-trained network; its ``means`` and ``stds`` are those of its outputs.
    """

    def __init__(
        self,
        inputs: Sequence[Field],
        outputs: Sequence[Field],
        description: Description,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._inputs, self._description = inputs, description
        vertical = description.vertical
        self._nlev = vertical.nlev
        self._checkpoint = checkpoint
        self._scaling = Destandardise(
            torch.zeros(self._nlev).double(), torch.ones(self._nlev).double()
        )
        self.fields = tuple((field.name, field.units) for field in outputs)
        # One block for both components: the channels say nothing of which it is.
        self.outputs = Outputs(
            ("drag",), self._nlev, vertical.nominal_pressure, (self._scaling,)
        )

    def view(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
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

    def settle(
        self, network: nn.Module, survey: Survey, samples: Sequence[Samples]
    ) -> None:
        """Standardise drag, and a new network's features, as the samples have them.

        A pre-trained network gives the same drag [m s-2] before and after.

        Raises
        ------
        ArgumentError
            If there is no drag in the samples.
        """
        if not survey.largest_tendency:
            raise ArgumentError("the drag to learn is 0 everywhere, expected some")
        mean = torch.tensor(survey.targets.mean, dtype=torch.float64)
        deviation = torch.tensor(survey.targets.standard_deviation, dtype=torch.float64)
        known = deviation > 0.0
        over = torch.where(known, deviation, torch.inf)
        if self._checkpoint is None:
            network.set_features(*self._of_rows(survey.features))  # type: ignore[operator]
        else:
            old = [self._checkpoint.extras[key].double() for key in ("means", "stds")]
            network.rescale(old[1] / over, (old[0] - mean) / over)  # type: ignore[operator]
        self._scaling.mean.copy_(mean)
        self._scaling.standard_deviation.copy_(deviation)
        for part in samples:
            assert isinstance(part, DragSamples)
            part.standardise(mean, deviation)

    def save(
        self,
        path: str | PathLike[str],
        weights: Mapping[str, Tensor],
        survey: Survey,
        name: str | None,
    ) -> None:
        """Write weights, the scaling of the drag, and what training saw."""
        seen, first, ranges = survey.features, 0, []
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
        largest = largest_credible(survey.largest_tendency or 0.0)
        described = replace(
            self._description,
            name=name or self._description.name,
            training_range=tuple(ranges),
            limits=tuple(Limit(field, largest) for field, _ in self.fields),
        )
        extras = {
            "means": self._scaling.mean,
            "stds": self._scaling.standard_deviation,
        }
        save_checkpoint(path, weights, extras=extras, description=described)

    def _of_rows(self, seen: Statistics) -> tuple[Tensor, Tensor]:
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
