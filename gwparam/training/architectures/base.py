"""What an architecture declares to be trained: data, sizes, and which part is which."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ArgumentError
from gwparam.networks.base import Options, PhysicalNetwork
from gwparam.training.data import Data, Meaning

Sizes = Mapping[str, Any]


@dataclass(frozen=True)
class Size:
    """One size of a network that ``--size NAME=VALUE`` sets.

    Attributes
    ----------
    name : str
        Its name.
    default : str
        The published value, as text.
    help : str
        What it is.
    parse : callable
        Value of a text; raises ValueError.
    """

    name: str
    default: str
    help: str
    parse: Callable[[str], Any] = field(default_factory=lambda: positive)


@dataclass(frozen=True)
class Defaults:
    """Settings of a training that differ from one architecture to the next."""

    epochs: int
    batch: int
    learning_rate: float
    schedule: str
    dropout: float = 0.0
    drop_path: float = 0.0
    clip_norm: float = 0.0


class Architecture(ABC):
    """A network that can be trained.

    Attributes
    ----------
    name : str
        As ``--arch`` takes it.
    physical : type of PhysicalNetwork
        The network on physical fields, which an export makes of the trained one.
    defaults : Defaults
        As published, as far as it was.
    sizes : tuple of Size
        What ``--size`` can set.
    head : tuple of str
        What the names of the parameters of the last layer begin with.
    backbone : str
        What the names of the parameters of a foundation model begin with; empty if the
        network has none.
    fixed : tuple of str
        Normalisations whose statistics are not of a batch, but stay.
    """

    name: ClassVar[str]
    physical: ClassVar[type[PhysicalNetwork]]
    defaults: ClassVar[Defaults]
    sizes: ClassVar[tuple[Size, ...]]
    head: ClassVar[tuple[str, ...]]
    backbone: ClassVar[str] = ""
    fixed: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def open(
        self, paths: Sequence[str], options: Options, checkpoint: Checkpoint | None
    ) -> Data:
        """Open files to train on.

        Raises
        ------
        GwparamError
            If they are no data of this network; the message says what was expected.
        """

    @abstractmethod
    def sizes_of(self, checkpoint: Checkpoint) -> Sizes:
        """Sizes that the shapes in a checkpoint tell.

        Raises
        ------
        ShapeError
            If it is not one of this architecture.
        """

    @abstractmethod
    def build(
        self, sizes: Sizes, data: Data, dropout: float, drop_path: float
    ) -> nn.Module:
        """Build the bare network with random weights, for the channels of the data.

        Raises
        ------
        ArgumentError, ShapeError
            If sizes and grid do not fit.
        """

    @abstractmethod
    def meaning(
        self,
        network: nn.Module,
        data: Data,
        options: Options,
        checkpoint: Checkpoint | None,
    ) -> Meaning:
        """Say what the channels are.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            If an option does not fit the network.
        """

    def trainee(self, network: nn.Module, data: Data, mask_ratio: float) -> nn.Module:
        """Give the module that maps a sample's features to the network's outputs.

        Raises
        ------
        ArgumentError
            If tokens are to be hidden in training, and the network has none.
        """
        if mask_ratio:
            raise ArgumentError(
                f"--mask-ratio is {mask_ratio}, {self.name} has no tokens"
            )
        return network

    def set_output_scalers(self, network: nn.Module, how: str | None) -> None:
        """Choose what the result of a foundation model is multiplied by.

        Raises
        ------
        ArgumentError
            If the network has no such scalers.
        """
        if how is not None:
            raise ArgumentError(f"--output-scalers is {how}, {self.name} has none")

    @property
    def default_sizes(self) -> Sizes:
        """The published sizes."""
        return {size.name: size.parse(size.default) for size in self.sizes}

    def read_sizes(self, texts: Sequence[str]) -> Sizes:
        """Read what ``--size`` gives.

        Raises
        ------
        ArgumentError
            If there is no such size, or the value cannot be read.
        """
        known = {size.name: size for size in self.sizes}
        found = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name not in known:
                raise ArgumentError(
                    f"--size {name} is no size of {self.name}, expected "
                    f"{', '.join(known)}"
                )
            try:
                found[name] = known[name].parse(value)
            except ValueError:
                expected = known[name].default or "a whole number"
                raise ArgumentError(
                    f"--size {name} is {value or 'empty'}, expected such as {expected}"
                ) from None
        return found


def positive(text: str) -> int:
    """Read a whole number above 0; ValueError otherwise."""
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def count(text: str) -> int:
    """Read a whole number, 0 among them; ValueError otherwise."""
    return int(text) and positive(text)


def pair(text: str) -> tuple[int, int]:
    """Read two numbers above 0 from such as ``8x16``; ValueError otherwise."""
    rows, columns = text.split("x")
    return positive(rows), positive(columns)
