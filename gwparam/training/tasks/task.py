"""A task of training: it opens its files, builds its network, and knows the output."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from gwparam.contract import TrainingRange, TrainingRecord
from gwparam.networks.base import PhysicalNetwork
from gwparam.networks.trainable import Sizes
from gwparam.training.data import Data
from gwparam.training.losses import Outputs
from gwparam.training.splits import Split
from gwparam.training.statistics import SampleStatistics

D = TypeVar("D", bound=Data)
"""Files of a task."""
N = TypeVar("N", bound=nn.Module)
"""A bare network."""

_LIMIT_FACTOR = 15.0


class OutputSpec(ABC):
    """What the channels of a network in training are, and what becomes of it.

    Attributes
    ----------
    outputs : Outputs
        Of the network, for the loss.
    fields : tuple of (str, str)
        Name and units of what `restore` gives.
    missing : tuple of str
        Names of options that an export of the network will still ask for.
    """

    outputs: Outputs
    fields: tuple[tuple[str, str], ...]
    missing: tuple[str, ...] = ()

    @abstractmethod
    def physical(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Turn the samples of one time into physical fields, as far as they are known.

        Returns
        -------
        features, targets : Tensor, shape (rows, channel, ...)
            What statistics are taken of, float64.
        """

    @abstractmethod
    def tendency(self, targets: Tensor) -> Tensor | None:
        """Tendency of the wind [m s-2] in physical targets; None if not known."""

    @abstractmethod
    def restore(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Give the outputs of one time, as the network gives them, as `fields`.

        Returns
        -------
        tuple of Tensor
            Each of shape (rows, nlev, ...), in its units, float64.
        """

    @abstractmethod
    def standardise(self, statistics: SampleStatistics) -> None:
        """Set what depends on the training samples, in samples and first weights."""

    @property
    def trained_range(self) -> tuple[TrainingRange, ...]:
        """What the inputs looked like before this training; empty if not known."""
        return ()

    def seen(self, statistics: SampleStatistics) -> tuple[TrainingRange, ...]:
        """Tell what the inputs look like in training; empty where it is not known."""
        return ()

    def recipe(self, statistics: SampleStatistics) -> str | None:
        """Text of the scaling recipe, with what training saw; None if there is none."""
        return None

    @abstractmethod
    def save(
        self,
        path: str | PathLike[str],
        weights: Mapping[str, Tensor],
        statistics: SampleStatistics,
        name: str | None,
        record: TrainingRecord | None = None,
    ) -> None:
        """Write weights as a checkpoint that ``gwparam export`` takes.

        Raises
        ------
        ModelFileError
            If the file cannot be written.
        """


class Task(ABC, Generic[D, N]):
    """What a network learns, and from which files.

    Attributes
    ----------
    physical : type of PhysicalNetwork
        The network on physical fields, which an export makes of the trained one.
    gives_fluxes : bool
        Whether its outputs can be momentum fluxes, of which a loss takes the drag.
    """

    physical: type[PhysicalNetwork]
    gives_fluxes: bool = False

    @abstractmethod
    def open(self, paths: Sequence[str]) -> D:
        """Open files to train on.

        Raises
        ------
        GwparamError
            If they are no data of this network; the message says what was expected.
        """

    @abstractmethod
    def build(
        self, sizes: Sizes, data: D, dropout: float = 0.0, drop_path: float = 0.0
    ) -> N:
        """Build the bare network with random weights, for the channels of the data.

        Raises
        ------
        ArgumentError, ShapeError
            If sizes and grid do not fit.
        """

    def sketch(self, sizes: Sizes, data: D) -> N:
        """Build the network without memory for its weights, to count them."""
        with torch.device("meta"):
            return self.build(sizes, data)

    def set_output_scalers(self, network: N, how: str | None) -> None:
        """Choose what the result of a foundation model is multiplied by."""

    @abstractmethod
    def output_spec(self, network: N, splits: Sequence[Split[D]]) -> OutputSpec:
        """Say what the channels are.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            If an option does not fit the network.
        """

    def model(self, network: N, data: D, mask_ratio: float) -> nn.Module:
        """Give the module that maps a sample's features to the network's outputs.

        Raises
        ------
        ArgumentError
            If `mask_ratio` is out of range.
        """
        return network


def largest_credible(seen: float) -> float:
    """Largest credible |tendency| [m s-2] of a network that saw such up to `seen`.

    The default limit of an export, 0.01 m s-2, is as many times the largest drag that
    the scheme of Alexander and Dunkerton gives in global states of MiMA.
    """
    return _LIMIT_FACTOR * seen
