"""What every network declares: a forward pass on physical fields, and its contract."""

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from torch import nn

from gwparam.contract import Description, Field, Geometry

if TYPE_CHECKING:
    from gwparam.checkpoints import Checkpoint


class PhysicalNetwork(nn.Module):
    """A network that takes and gives physical fields; TorchScript can compile it.

    `forward` takes one tensor per entry of `inputs`, in that order, and returns a tuple
    of one tensor per entry of `outputs`. A field on full levels has shape
    (columns, nlev), level fastest; a surface field has shape (columns,). Feature order,
    normalisation and splitting into wind components happen inside.

    Parameters
    ----------
    description : Description
        Name, citation, levels, training range and limits.

    Attributes
    ----------
    architecture : str
        Name of the architecture, as ``gwparam export --arch`` takes it.
    geometry : Geometry
        What a result depends on.
    inputs, outputs : tuple of Field
        The fields; an export in another precision changes their dtype.
    """

    architecture: ClassVar[str]
    geometry: ClassVar[Geometry]
    inputs: ClassVar[tuple[Field, ...]]
    outputs: ClassVar[tuple[Field, ...]]

    def __init__(self, description: Description) -> None:
        super().__init__()
        # Not annotated in the class: TorchScript would compile the annotation.
        self.description = description

    @classmethod
    @abstractmethod
    def from_checkpoint(cls, checkpoint: "Checkpoint") -> "PhysicalNetwork":
        """Build the network that a checkpoint holds, with the checkpoint's sizes."""
