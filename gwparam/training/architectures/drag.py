"""What networks of drag share: states of a host with its native drag."""

from collections.abc import Sequence
from typing import ClassVar

from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.contract import Description
from gwparam.networks.base import Options
from gwparam.training.architectures.base import Architecture
from gwparam.training.data import Data, Meaning
from gwparam.training.drag_data import DragData
from gwparam.training.drag_meaning import DragMeaning


class DragArchitecture(Architecture):
    """A network that gives the drag on one component of the wind of a column.

    The bare network has ``set_features`` and ``rescale``, as `WaveNet` has.

    Attributes
    ----------
    title : str
        What people call a network that has no other name.
    """

    title: ClassVar[str]

    def open(
        self, paths: Sequence[str], options: Options, checkpoint: Checkpoint | None
    ) -> Data:
        """Open state files with drag, on the levels of a pre-trained network."""
        vertical = None
        if checkpoint is not None:
            trained = self.physical.from_checkpoint(checkpoint, {})
            vertical = trained.description.vertical
        return DragData(paths, self.physical.inputs, self.physical.outputs, vertical)

    def meaning(
        self,
        network: nn.Module,
        data: Data,
        options: Options,
        checkpoint: Checkpoint | None,
    ) -> Meaning:
        """Say what the channels are."""
        assert isinstance(data, DragData)
        if checkpoint is None:
            description = Description(
                self.title, self.physical.citation, data.vertical, (), ()
            )
        else:
            description = self.physical.from_checkpoint(checkpoint, {}).description
        return DragMeaning(
            self.physical.inputs, self.physical.outputs, description, checkpoint
        )
