"""What a network declares to be trained: settings, sizes, and which part is which."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from gwparam.errors import ArgumentError

Sizes = Mapping[str, Any]
"""Sizes of a bare network by their names, as its constructor takes them."""


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


@dataclass(frozen=True)
class Size:
    """One size of a network that a user can choose.

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
    parse: Callable[[str], Any] = positive


@dataclass(frozen=True)
class Defaults:
    """Settings of a training that differ from one network to the next."""

    epochs: int
    batch: int
    learning_rate: float
    schedule: str
    dropout: float = 0.0
    drop_path: float = 0.0
    clip_norm: float = 0.0


@dataclass(frozen=True)
class Trainable:
    """How a network is trained.

    Attributes
    ----------
    defaults : Defaults
        As published, as far as it was.
    sizes : tuple of Size
        What a user can choose; the other sizes follow from the data.
    head : tuple of str
        What the names of the parameters of the last layer begin with.
    backbone : str
        What the names of the parameters of a foundation model begin with; empty if the
        network has none.
    block : type of Module, or None
        The blocks of a transformer, whose activations can be computed twice and whose
        weights can be spread over processes.
    fixed : tuple of str
        Normalisations whose statistics are not of a batch, but stay.
    """

    defaults: Defaults
    sizes: tuple[Size, ...]
    head: tuple[str, ...]
    backbone: str = ""
    block: type[nn.Module] | None = None
    fixed: tuple[str, ...] = ()

    @property
    def default_sizes(self) -> Sizes:
        """The published sizes."""
        return {size.name: size.parse(size.default) for size in self.sizes}

    def read_sizes(self, texts: Sequence[str]) -> Sizes:
        """Read sizes from texts such as ``hidden=8``.

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
                    f"size {name} is not known, expected {', '.join(known)}",
                    settings=("size",),
                )
            try:
                found[name] = known[name].parse(value)
            except ValueError:
                default = known[name].default
                expected = f"for example {default}" if default else "a whole number"
                expected += f" ({known[name].help})"
                raise ArgumentError(
                    f"size {name} is {value or 'empty'}, expected {expected}",
                    settings=("size",),
                ) from None
        return found
