"""Train an Attention U-Net on images of the globe."""

from torch import nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ShapeError
from gwparam.networks.attention_unet import (
    WIDTHS,
    AttentionUNet,
    AttentionUNetFlux,
    check_multiples,
)
from gwparam.networks.base import Options, PhysicalNetwork
from gwparam.training.architectures.base import Defaults, Size, Sizes, count, positive
from gwparam.training.architectures.flux import FluxArchitecture
from gwparam.training.data import Data
from gwparam.training.flux_data import Channels, FluxData, nonlocal_channels


def _widths(text: str) -> tuple[int, ...]:
    widths = tuple(positive(width) for width in text.split("/"))
    if len(widths) != len(WIDTHS):
        raise ValueError(text)
    return widths


class AttentionUNetTraining(FluxArchitecture):
    """Attention U-Net; published settings."""

    name = "attention_unet"
    physical = AttentionUNetFlux
    defaults = Defaults(100, 8, 5e-4, "cyclic", dropout=0.1)
    sizes = (
        Size(
            "widths", "/".join(map(str, WIDTHS)), "channels of the five depths", _widths
        ),
        Size("gate_channels", "0", "1: gate every channel on its own", count),
    )
    head = ("conv1x1.",)
    whole = True

    def channels(self, files: TrainingFiles, options: Options) -> Channels:
        """Fields at every level, without place and surface."""
        if files.stencil > 1:
            raise ShapeError(
                f"{files.paths[0]} has {files.stencil} x {files.stencil} cells around "
                "each, expected files without neighbours"
            )
        check_multiples(*files.shape)
        return nonlocal_channels(files, options, surface=False)

    def sizes_of(self, checkpoint: Checkpoint) -> Sizes:
        """Channels of every depth, and whether all have their gate."""
        widths = tuple(
            matrix_shape(checkpoint, f"conv{i}.conv.0.weight", 4)[0]
            for i in range(1, len(WIDTHS) + 1)
        )
        gates = matrix_shape(checkpoint, "attn5.Psi.0.weight", 4)[0]
        return {"widths": widths, "gate_channels": int(gates > 1)}

    def build(
        self, sizes: Sizes, data: Data, dropout: float, drop_path: float
    ) -> nn.Module:
        """Build the network for the channels of the files."""
        assert isinstance(data, FluxData)
        return AttentionUNet(
            len(data.channels.features),
            len(data.channels.outputs),
            widths=sizes["widths"],
            gate_channels=bool(sizes["gate_channels"]),
            dropout=dropout,
        )

    def around(self, network: nn.Module, options: Options) -> PhysicalNetwork:
        """Put the network between physical fields."""
        assert isinstance(network, AttentionUNet)
        return AttentionUNetFlux.around(network, options)
