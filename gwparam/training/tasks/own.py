"""Learn what the contract of a network of one's own says that it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, save_checkpoint
from gwparam.contract import Field, TrainingRange, TrainingRecord
from gwparam.errors import ArgumentError, ContractError
from gwparam.export.own import load_module, try_module
from gwparam.networks.own import OwnContract, OwnNetwork, read_own_contract
from gwparam.networks.scaling import Destandardise
from gwparam.networks.trainable import Sizes
from gwparam.training.losses import Outputs
from gwparam.training.splits import Split
from gwparam.training.statistics import ChannelStatistics, SampleStatistics
from gwparam.training.tasks.own_data import OwnData, OwnSamples
from gwparam.training.tasks.task import OutputSpec, Task

SET_SCALING = "set_scaling"
"""Method of a module that wants to know means and deviations before it is trained."""
_TRIED = 2  # rows of a first call


class OwnTask(Task[OwnData, nn.Module]):
    """States with the fields of a contract, which any module of columns learns from.

    Parameters
    ----------
    module : str
        ``file.py:Name``, or a file of TorchScript; as `gwparam.export_network`.
    contract : path-like
        What it takes and gives.
    checkpoint : Checkpoint or None
        Weights to begin with.

    Raises
    ------
    ContractError
        If the contract is not one of columns on the levels of their host.
    ModelFileError
        If it cannot be read.
    """

    def __init__(
        self, module: str, contract: str | PathLike[str], checkpoint: Checkpoint | None
    ) -> None:
        # mypy: nobody makes one by its class.
        self.physical = OwnNetwork  # type: ignore[type-abstract]
        self._module, self._pretrained = module, checkpoint is not None
        self._contract = read_own_contract(contract)
        for what, found, expected in (
            ("geometry", self._contract.geometry.kind, "column"),
            ("vertical", self._contract.description.vertical.kind, "host"),
        ):
            if found != expected:
                raise ContractError(
                    f"{what}.kind is {found} in {contract}, expected {expected} for a "
                    "training"
                )

    def open(self, paths: Sequence[str]) -> OwnData:
        """Open state files that have every field of the contract."""
        return OwnData(paths, self._contract)

    def build(
        self, sizes: Sizes, data: OwnData, dropout: float = 0.0, drop_path: float = 0.0
    ) -> nn.Module:
        """Load the module, and try it on a few columns."""
        for name, value in (("dropout", dropout), ("drop_path", drop_path)):
            if value:
                raise ArgumentError(
                    f"{name} is {value}, expected none: a module of one's own has it "
                    "inside",
                    settings=(name,),
                )
        network = load_module(self._module).float()
        features = data.samples.inputs(0)
        columns = split_fields(features[:_TRIED], self._contract, self._contract.inputs)
        try_module(network.eval(), self._contract, columns)
        return network.train()

    def sketch(self, sizes: Sizes, data: OwnData) -> nn.Module:
        """Load the module: what somebody wrote need not know the meta device."""
        return self.build(sizes, data)

    def output_spec(
        self, network: nn.Module, splits: Sequence[Split[OwnData]]
    ) -> "OwnSpec":
        """Say what the values of a row are."""
        self._model = Standardised(network, self._contract)
        samples = {id(split.data): split.data.samples for split in splits}
        return OwnSpec(
            self._model,
            self._contract,
            tuple(samples.values()),
            splits[0].data.pressure,
            tells_scaling=not self._pretrained,
        )

    def model(self, network: nn.Module, data: OwnData, mask_ratio: float) -> nn.Module:
        """Give the module between rows."""
        return self._model


class Standardised(nn.Module):
    """A module from rows of inputs to rows of standardised outputs, levels top first.

    Parameters
    ----------
    network : Module
        As its contract says.
    contract : OwnContract
        What it takes and gives.
    """

    mean: Tensor
    standard_deviation: Tensor

    def __init__(self, network: nn.Module, contract: OwnContract) -> None:
        super().__init__()
        self.network, self.contract = network, contract
        count = sum(map(contract.nlev, contract.outputs))
        for name, value in (("mean", 0.0), ("standard_deviation", 1.0)):
            self.register_buffer(name, torch.full((count,), value), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Rows (columns, all inputs) to (columns, all outputs)."""
        return (self.physical(features) - self.mean) / self.standard_deviation

    def physical(self, features: Tensor) -> Tensor:
        """Rows of outputs in their units."""
        contract = self.contract
        if contract.side_by_side:
            given = self.network(features)
        else:
            given = self.network(*split_fields(features, contract, contract.inputs))
        if not isinstance(given, Tensor):
            given = torch.cat([part.reshape(len(features), -1) for part in given], 1)
        return turn(given, contract, contract.outputs)


class OwnSpec(OutputSpec):
    """The values of rows of a network of one's own.

    Parameters
    ----------
    model : Standardised
        Is told the scaling of the outputs, and its network that of all fields.
    contract : OwnContract
        What they are.
    samples : sequence of OwnSamples
        All that the network will see.
    pressure : tuple of float
        Of the levels, top first [Pa].
    tells_scaling : bool
        Whether the network is to be told.
    """

    def __init__(
        self,
        model: Standardised,
        contract: OwnContract,
        samples: Sequence[OwnSamples],
        pressure: tuple[float, ...],
        *,
        tells_scaling: bool,
    ) -> None:
        self._model, self._contract, self._samples = model, contract, samples
        self._tells = tells_scaling and hasattr(model.network, SET_SCALING)
        count = sum(map(contract.nlev, contract.outputs))
        self._scaling = Destandardise(torch.zeros(count), torch.ones(count)).double()
        self.fields = tuple((field.name, field.units) for field in contract.outputs)
        if all(field.levels == "full" for field in contract.outputs):
            names = tuple(field.name for field in contract.outputs)
            self.outputs = Outputs(names, len(pressure), pressure)
        else:  # one block: a loss knows no levels in it
            self.outputs = Outputs(("outputs",), count)

    def physical(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Give inputs as they are, and outputs in their units, levels top first."""
        return features.double(), self._scaling(targets.double())

    def restore(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Give outputs by field, in their units and the network's order of levels."""
        values = turn(
            self._scaling(outputs.double()), self._contract, self._contract.outputs
        )
        parts = split_fields(values, self._contract, self._contract.outputs)
        return tuple(part.reshape(len(part), -1) for part in parts)

    def tendency(self, targets: Tensor) -> Tensor | None:
        """Nothing: the contract says the largest credible tendency."""
        return None

    def standardise(self, statistics: SampleStatistics) -> None:
        """Standardise the targets, and tell the network what its fields look like.

        A value that is constant in training is compared in the largest deviation of its
        field, so that the network learns it too.

        Raises
        ------
        ArgumentError
            If an output is constant everywhere.
        """
        contract = self._contract
        mean = torch.tensor(statistics.targets.mean, dtype=torch.float64)
        found = torch.tensor(statistics.targets.standard_deviation, dtype=torch.float64)
        deviation = deviations_to_compare(
            [field.name for field in contract.outputs],
            _parts(found, contract, contract.outputs),
        )
        if self._tells:
            self._tell(statistics, mean, found)
        for module in (self._scaling, self._model):
            module.mean.copy_(mean)
            module.standard_deviation.copy_(deviation)
        for samples in self._samples:
            samples.standardise(mean, deviation)

    def _tell(
        self, statistics: SampleStatistics, mean: Tensor, deviation: Tensor
    ) -> None:
        """Tell the network mean and standard deviation of every field."""
        contract, seen = self._contract, statistics.features
        turned = [
            turn(values.unsqueeze(0), contract, contract.outputs).squeeze(0)
            for values in (mean, deviation)
        ]
        spread = torch.tensor(seen.standard_deviation, dtype=torch.float64)
        inputs = (
            torch.tensor(seen.mean, dtype=torch.float64),
            torch.where(spread > 0.0, spread, torch.ones_like(spread)),
        )

        def pairs(
            values: Sequence[Tensor], fields: Sequence[Field]
        ) -> list[tuple[Tensor, ...]]:
            split = (_parts(part.float(), contract, fields) for part in values)
            return list(zip(*split, strict=True))

        tell = getattr(self._model.network, SET_SCALING)
        tell(pairs(inputs, contract.inputs), pairs(turned, contract.outputs))

    def seen(self, statistics: SampleStatistics) -> tuple[TrainingRange, ...]:
        """Tell what the inputs look like in training."""
        seen, first, ranges = statistics.features, 0, []
        for field in self._contract.inputs:
            end = first + self._contract.nlev(field)
            ranges.append(_range(field.name, seen.part(first, end)))
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
        """Write the module's weights, and what training saw."""
        known = self._contract.description
        described = replace(
            known, name=name or known.name, training_range=self.seen(statistics)
        )
        save_checkpoint(path, weights, description=described, training=record)


def deviations_to_compare(names: Sequence[str], found: Sequence[Tensor]) -> Tensor:
    """Give values that never change the largest deviation of their field.

    Parameters
    ----------
    names : sequence of str
        Of the fields, for the message.
    found : sequence of Tensor
        Standard deviations of each.

    Raises
    ------
    ArgumentError
        If a field never changes.
    """
    parts = []
    for name, part in zip(names, found, strict=True):
        largest = part.max()
        if not largest > 0.0:
            raise ArgumentError(
                f"{name} is constant everywhere, expected something to learn"
            )
        parts.append(torch.where(part > 0.0, part, largest))
    return torch.cat(parts)


def split_fields(
    rows: Tensor, contract: OwnContract, fields: Sequence[Field]
) -> list[Tensor]:
    """Split rows of all values by field: (rows, nlev), or (rows,) at the surface."""
    parts = torch.split(rows, [contract.nlev(field) for field in fields], dim=1)
    return [
        part if field.levels == "full" else part.squeeze(1)
        for field, part in zip(fields, parts, strict=True)
    ]


def turn(rows: Tensor, contract: OwnContract, fields: Sequence[Field]) -> Tensor:
    """Turn rows with levels in the order of the contract to top first, and back."""
    if contract.description.vertical.order == "top_down":
        return rows
    parts = torch.split(rows, [contract.nlev(field) for field in fields], dim=1)
    return torch.cat([part.flip(1) for part in parts], dim=1)


def _parts(
    values: Tensor, contract: OwnContract, fields: Sequence[Field]
) -> tuple[Tensor, ...]:
    """Split one row by field."""
    return torch.split(values, [contract.nlev(field) for field in fields])


def _range(name: str, seen: ChannelStatistics) -> TrainingRange:
    return TrainingRange(
        name, seen.mean, seen.standard_deviation, seen.minimum, seen.maximum
    )
