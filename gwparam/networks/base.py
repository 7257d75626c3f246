"""What every network declares: contract, checkpoints, training, and its options.

A network says itself what ``gwparam export`` must ask for: it lists `Option` objects in
its class attribute `options`, and reads their values in `from_checkpoint`. The command
line offers every option of every network, refuses one that the network at hand does not
know, and needs no change for a new one. Options that several networks share are one
object, in the file of what they are about: ``scaling.py``, ``vertical.py``,
``horizontal.py``, ``fluxes.py``.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

from gwparam.contract import (
    Description,
    Field,
    Flux,
    Geometry,
    Mask,
    Output,
    TrainingRange,
)
from gwparam.errors import ArgumentError, one_of, wrong_setting
from gwparam.networks.trainable import Sizes, Trainable

if TYPE_CHECKING:
    from gwparam.checkpoints import Checkpoint

LARGE = 1 << 30
"""Bytes of weights above which they are neither copied nor converted as a whole."""
Options = Mapping[str, Any]
"""Values by the name of their `Option`; one that was not given is absent."""


@dataclass(frozen=True)
class Option:
    """One thing that an export has to be told, or may be told.

    Attributes
    ----------
    name : str
        Key in `Options`; ``flux_sign`` is ``--flux-sign`` on the command line.
    help : str
        What it means and what happens without it, as ``--help`` prints it.
    metavar : str
        Stands for the value in the help, and in the message that it is missing.
    parse : callable
        Value of a text of the command line; raises `GwparamError`.
    write : callable
        Text of a value, which `parse` takes back and which needs no other file.
    choices : tuple of str
        The texts allowed; empty: any.
    switch : bool
        Takes no value: True if given.
    frozen : bool
        About a part of the artefact that is fixed at the export, not about the
        training files.
    """

    name: str
    help: str
    metavar: str = "VALUE"
    parse: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()
    switch: bool = False
    frozen: bool = False

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def placeholder(self) -> str:
        """Stands for the value in a help: the choices, if there are any."""
        return "{" + ",".join(self.choices) + "}" if self.choices else self.metavar

    def read(self, value: Any) -> Any:
        """Value of what the command line or a caller gives.

        Raises
        ------
        GwparamError
            If it is out of range; the message names the option.
        """
        if self.choices and str(value) not in self.choices:
            expected = one_of(self.choices)
            raise wrong_setting(self.name, value, expected)
        return self.parse(value) if isinstance(value, str) else value

    def of(self, options: Options, what: str) -> Any:
        """Value that an export cannot do without.

        Parameters
        ----------
        options : mapping
            What was given.
        what : str
            What is not known without it, as the message says it.

        Raises
        ------
        ArgumentError
            If it was not given; the message names it.
        """
        if self.name not in options:
            value = "|".join(self.choices) or self.metavar
            raise ArgumentError(
                f"{what} is not known, expected {self.name} {value}",
                settings=(self.name,),
            )
        return options[self.name]


@dataclass(frozen=True)
class Preset:
    """One published size of a network.

    Attributes
    ----------
    name : str
        Distinguishes the preset from the others of its architecture.
    build : callable
        Makes the bare network with random weights; ``gwparam networks`` calls it on the
        meta device, which takes neither time nor memory.
    geometry : str
        Such as ``column`` or ``stencil of 3 x 3``.
    inputs, outputs : tuple of str
        Fields, with the number of levels where it is fixed.
    """

    name: str
    build: Callable[[], nn.Module]
    geometry: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def is_large(network: nn.Module) -> bool:
    """Tell whether a copy of the weights may be more than the memory holds."""
    return sum(value.nbytes for value in network.parameters()) > LARGE


class PhysicalNetwork(nn.Module):
    """A network that takes and gives physical fields; TorchScript can compile it.

    `forward` takes one tensor per entry of `inputs`, in that order, and returns a tuple
    of one tensor per entry of `outputs`; `gwparam.contract.Contract.input_shape` and
    `output_shape` give their shapes. Feature order, normalisation and splitting into
    wind components happen inside.

    Parameters
    ----------
    description : Description
        Name, citation, levels, training range and limits.

    Attributes
    ----------
    architecture : str
        Name of the architecture, as ``gwparam export --arch`` takes it.
    signature : tuple of str
        Keys that a checkpoint of this network has, and one of another has not.
    trainable : Trainable
        How it is trained.
    citation : str
        Whom to cite.
    rounding : float
        Rounding errors of the network in those of a shallow one; a factor of the
        tolerances of an export.
    options : tuple of Option
        What an export has to be told, or may be told.
    presets : tuple of Preset
        The published sizes.
    geometry : Geometry
        What a result depends on; a class attribute if every such network has the same.
    inputs, outputs : tuple of Field
        The fields; an export in another precision changes their dtype.
    features : tuple of Field
        What the channels of the bare network are, in their order, before they are
        normalised; empty where it takes the inputs as they are.
    flux : tuple of Flux
        How outputs become tendencies; empty for a network that gives tendencies.
    plausible : tuple of TrainingRange
        Inputs to test the network with, one entry an input; the training range of the
        description if empty.
    precisions : tuple of str
        What the weights can be stored and computed in.
    dead : mapping of str to str
        Names of parameters that never reach the output, or what they begin with, and
        why, where the network knows it.
    mask : Mask or None
        The random mask that is part of it.
    lead_time : float or None
        Time from the inputs to the outputs [s], where the network is told one.
    """

    architecture: ClassVar[str]
    signature: ClassVar[tuple[str, ...]]
    trainable: ClassVar[Trainable]
    citation: ClassVar[str]
    rounding: ClassVar[float] = 1.0
    options: ClassVar[tuple[Option, ...]] = ()
    presets: ClassVar[tuple[Preset, ...]] = ()
    precisions: ClassVar[tuple[str, ...]] = ("float32", "float64")
    if TYPE_CHECKING:  # TorchScript would compile these annotations
        geometry: Geometry
        inputs: tuple[Field, ...]
        outputs: tuple[Output, ...]
        features: tuple[Field, ...]
        flux: tuple[Flux, ...]
        plausible: tuple[TrainingRange, ...]
        dead: Mapping[str, str]
        mask: Mask | None
        lead_time: float | None

    features = ()
    flux = ()
    plausible = ()
    dead = MappingProxyType({})

    def __init__(self, description: Description) -> None:
        super().__init__()
        # Not annotated in the class: TorchScript would compile the annotation.
        self.description = description
        self.mask = None
        self.lead_time = None

    @classmethod
    @abstractmethod
    def sizes_of(cls, checkpoint: "Checkpoint") -> Sizes:
        """Sizes that the shapes in a checkpoint tell, as `build` takes them.

        Raises
        ------
        ShapeError
            If the checkpoint is not one of this architecture; the message names the
            key.
        """

    @classmethod
    @abstractmethod
    def build(
        cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0
    ) -> nn.Module:
        """Build the bare network with random weights.

        Raises
        ------
        ArgumentError
            If the sizes do not fit each other.
        """

    @classmethod
    @abstractmethod
    def from_checkpoint(
        cls, checkpoint: "Checkpoint", options: Options
    ) -> "PhysicalNetwork":
        """Build the network that a checkpoint holds, with the checkpoint's sizes.

        Raises
        ------
        ArgumentError
            If something is not known that `options` should say; the message says how.
        ModelFileError, ShapeError, NonFiniteError
            If the checkpoint is not one of this architecture; the message names the
            key.
        """
