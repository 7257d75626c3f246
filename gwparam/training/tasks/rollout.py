"""Learn the drag of the QBO testbed, and what wind it leads to some steps later.

The network drives the testbed from a state of a file, with the sources of the file's
days. The first step needs the drag of that state alone: it weights its errors anew.
From the second on, the network sees winds that its own errors made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint
from gwparam.contract import TrainingRecord
from gwparam.networks.own import OwnContract
from gwparam.networks.scaling import Destandardise
from gwparam.qbo.batch import Stepper
from gwparam.qbo.states import WIND
from gwparam.qbo.testbed import DAY, Testbed
from gwparam.training.losses import Outputs
from gwparam.training.splits import Split
from gwparam.training.statistics import SampleStatistics
from gwparam.training.tasks.own import (
    OwnSpec,
    OwnTask,
    Standardised,
    deviations_to_compare,
)
from gwparam.training.tasks.own_data import OwnData
from gwparam.training.tasks.rollout_data import (
    RolloutData,
    RolloutSamples,
    check_contract,
    wind_of,
)


class RolloutTask(OwnTask):
    """Runs of the testbed, which a network of one's own learns from by driving it.

    Parameters
    ----------
    module, contract, checkpoint
        As `OwnTask`.
    hours : int
        Length of a rollout.

    Raises
    ------
    ContractError
        As `OwnTask` and `check_contract`.
    """

    def __init__(
        self,
        module: str,
        contract: str | PathLike[str],
        checkpoint: Checkpoint | None,
        hours: int,
    ) -> None:
        super().__init__(module, contract, checkpoint)
        check_contract(self._contract)
        self._hours = hours

    def open(self, paths: Sequence[str]) -> RolloutData:
        """Open states of the testbed."""
        return RolloutData(paths, self._contract, self._hours)

    def output_spec(
        self, network: nn.Module, splits: Sequence[Split[OwnData]]
    ) -> "RolloutSpec":
        """Say what the values of a row are."""
        data = {id(split.data): split.data for split in splits}
        runs = [its for its in data.values() if isinstance(its, RolloutData)]
        self._rollout = Rollout(
            Standardised(network, self._contract),
            runs[0].testbed,
            runs[0].samples.steps,
        )
        return RolloutSpec(
            self._rollout,
            self._contract,
            [its.samples for its in runs],
            runs[0].pressure,
            tells_scaling=not self._pretrained,
        )

    def model(self, network: nn.Module, data: OwnData, mask_ratio: float) -> nn.Module:
        """Give the module that drives the testbed."""
        return self._rollout


class Rollout(nn.Module):
    """From rows of a run to standardised drag and changes of the wind.

    Parameters
    ----------
    network : Standardised
        From rows of inputs.
    testbed : Testbed
        With the time step of the rows.
    steps : int
        Of a rollout.
    """

    change_mean: Tensor
    change_deviation: Tensor

    def __init__(self, network: Standardised, testbed: Testbed, steps: int) -> None:
        super().__init__()
        self.network, self.steps = network, steps
        self.hours = 24.0 * testbed.time_step / DAY
        contract = network.contract
        self._wind = wind_of(contract)
        self._surface = len(contract.inputs) - 1
        self._upward = contract.description.vertical.order == "bottom_up"
        self._stepper = Stepper(testbed, torch.float32)
        count = steps * contract.description.vertical.nlev
        for name, value in (("change_mean", 0.0), ("change_deviation", 1.0)):
            self.register_buffer(name, torch.full((count,), value), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Rows of `RolloutSamples`, features to predicted targets."""
        wind, stepper = self._wind, self._stepper.to(features.device)
        width = wind.stop + self._surface - wind.start
        inputs, before, later = torch.split(
            features,
            [
                width,
                wind.stop - wind.start,
                (self.steps - 1) * self._surface,
            ],
            dim=1,
        )
        sources = torch.split(later, self._surface, 1) if self._surface else ()
        start = now = self._turned(inputs[:, wind])
        before = self._turned(before)
        drag = self.network.physical(inputs)
        scaled = (drag - self.network.mean) / self.network.standard_deviation
        changes = []
        for step in range(self.steps):
            if step:
                inputs = self._put(now, sources[step - 1] if sources else None)
                drag = self.network.physical(inputs)
            # Rounded to 8 bits, a wind would not move within a step.
            with torch.autocast(features.device.type, enabled=False):
                push = drag.float().flip(1)
                before, now = now, stepper.next(before, now, push)
                changes.append((now - start).flip(1))
        moved = torch.cat(changes, dim=1)
        moved = (moved - self.change_mean) / self.change_deviation
        return torch.cat((scaled, moved), dim=1)

    def _turned(self, wind: Tensor) -> Tensor:
        """Turn the contract's order of levels to the testbed's, and back."""
        return wind if self._upward else wind.flip(1)

    def _put(self, wind: Tensor, surface: Tensor | None) -> Tensor:
        """Put a wind of the testbed and sources into a row of inputs."""
        if surface is None:
            return self._turned(wind)
        first, rest = surface[:, : self._wind.start], surface[:, self._wind.start :]
        return torch.cat((first, self._turned(wind), rest), dim=1)


class RolloutSpec(OwnSpec):
    """The values of rows of a network that drives the testbed.

    Parameters
    ----------
    model : Rollout
        Is told the scaling of drag and changes.
    contract, samples, pressure, tells_scaling
        As `OwnSpec`.
    """

    def __init__(
        self,
        model: Rollout,
        contract: OwnContract,
        samples: Sequence[RolloutSamples],
        pressure: tuple[float, ...],
        *,
        tells_scaling: bool,
    ) -> None:
        super().__init__(
            model.network, contract, samples, pressure, tells_scaling=tells_scaling
        )
        self._rollout, self._runs = model, samples
        self._nlev = nlev = len(pressure)
        self._width = sum(map(contract.nlev, contract.inputs))
        count = model.steps * nlev
        self._changes = Destandardise(torch.zeros(count), torch.ones(count)).double()
        hours = [(step + 1) * model.hours for step in range(model.steps)]
        self._drag = self.fields
        self.fields += tuple((f"{WIND} after {h:g} h", "m s-1") for h in hours)
        names = tuple(name for name, _ in self.fields)
        self.outputs = Outputs(names, nlev, pressure)

    def physical(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Give the inputs, and drag and changes in their units, top first."""
        inputs, drag = super().physical(
            features[:, : self._width], targets[:, : self._nlev]
        )
        return inputs, torch.cat((drag, self._moved(targets)), dim=1)

    def restore(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Give drag [m s-2] and changes of the wind [m s-1], as the network orders."""
        changes = torch.split(self._moved(outputs), self._nlev, dim=1)
        if self._contract.description.vertical.order == "bottom_up":
            changes = tuple(values.flip(1) for values in changes)
        return (*super().restore(outputs[:, : self._nlev]), *changes)

    def standardise(self, statistics: SampleStatistics) -> None:
        """Standardise the drag, and the changes of the wind likewise."""
        targets, nlev = statistics.targets, self._nlev
        super().standardise(replace(statistics, targets=targets.part(0, nlev)))
        rest = targets.part(nlev, len(targets.mean))
        mean = torch.tensor(rest.mean, dtype=torch.float64)
        found = torch.tensor(rest.standard_deviation, dtype=torch.float64)
        names = [name for name, _ in self.fields[1:]]
        deviation = deviations_to_compare(names, torch.split(found, nlev))
        self._changes.mean.copy_(mean)
        self._changes.standard_deviation.copy_(deviation)
        self._rollout.change_mean.copy_(mean)
        self._rollout.change_deviation.copy_(deviation)
        for samples in self._runs:
            samples.standardise_changes(mean, deviation)

    def save(
        self,
        path: str | PathLike[str],
        weights: Mapping[str, Tensor],
        statistics: SampleStatistics,
        name: str | None,
        record: TrainingRecord | None = None,
    ) -> None:
        """Write the module's weights; of errors, that of the drag."""
        if record is not None:
            known = {field for field, _ in self._drag}
            errors = tuple(e for e in record.expected_error if e.name in known)
            record = replace(record, expected_error=errors)
        super().save(path, weights, statistics, name, record)

    def _moved(self, rows: Tensor) -> Tensor:
        moved: Tensor = self._changes(rows[:, self._nlev :].double())
        return moved
