"""Train a WaveNet on states of a host with the native drag."""

from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.networks.wavenet import WaveNet, WaveNetDrag, sized
from gwparam.training.architectures.base import Defaults, Size, Sizes
from gwparam.training.architectures.drag import DragArchitecture
from gwparam.training.data import Data
from gwparam.training.drag_data import DragData


class WaveNetTraining(DragArchitecture):
    """WaveNet; settings that adapt the published one to a host in a minute."""

    name = "wavenet"
    title = "WaveNet"
    physical = WaveNetDrag
    defaults = Defaults(5, 512, 4e-3, "one-cycle", clip_norm=1.0)
    sizes = (
        Size("trunk_width", "256", "units of the shared layers"),
        Size("trunk_depth", "5", "number of shared layers"),
        Size("neck_width", "64", "units of the last shared layer"),
        Size("branch_width", "32", "hidden units of a level"),
    )
    head = ("branches.",)
    fixed = ("shared.0",)

    def sizes_of(self, checkpoint: Checkpoint) -> Sizes:
        """Widths and depth of a checkpoint."""
        network = sized(checkpoint)
        linear = [part for part in network.shared if isinstance(part, nn.Linear)]
        branch = network.branches[0]
        assert isinstance(branch, nn.Sequential)
        first = branch[0]
        assert isinstance(first, nn.Linear)
        return {
            "trunk_width": linear[0].out_features,
            "trunk_depth": len(linear) - 1,
            "neck_width": linear[-1].out_features,
            "branch_width": first.out_features,
        }

    def build(
        self, sizes: Sizes, data: Data, dropout: float, drop_path: float
    ) -> nn.Module:
        """Build the network for the levels of the files."""
        assert isinstance(data, DragData)
        return WaveNet(data.vertical.nlev, **sizes)
