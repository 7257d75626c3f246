"""Train an ANN 1x1, or an ANN-CNN of a stencil, on the cells of training files."""

from torch import nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.data.training_files import TrainingFiles
from gwparam.networks.ann_cnn import AnnCnn, AnnCnnFlux
from gwparam.networks.base import Options, PhysicalNetwork
from gwparam.training.architectures.base import Defaults, Size, Sizes, positive
from gwparam.training.architectures.flux import FluxArchitecture
from gwparam.training.data import Data
from gwparam.training.flux_data import Channels, FluxData, nonlocal_channels


def _units(text: str) -> int | None:
    return positive(text) if text else None


class AnnCnnTraining(FluxArchitecture):
    """ANN-CNN; published settings but for the batch, which was 20 or 40 whole times."""

    name = "ann_cnn"
    physical = AnnCnnFlux
    defaults = Defaults(100, 8192, 5e-4, "cyclic", dropout=0.1)
    sizes = (
        Size("hdim", "", "hidden units (default: 4 times the features)", _units),
        Size("depth", "6", "hidden layers"),
    )
    head = ("output.",)
    whole = False

    def channels(self, files: TrainingFiles, options: Options) -> Channels:
        """Place and surface, then the fields at every level."""
        return nonlocal_channels(files, options, surface=True)

    def sizes_of(self, checkpoint: Checkpoint) -> Sizes:
        """Hidden units and layers of a checkpoint."""
        depth = sum(f"layer{i}.weight" in checkpoint.weights for i in range(1, 11))
        return {"hdim": matrix_shape(checkpoint, "layer1.weight")[0], "depth": depth}

    def build(
        self, sizes: Sizes, data: Data, dropout: float, drop_path: float
    ) -> nn.Module:
        """Build the network for the stencil of the files."""
        assert isinstance(data, FluxData)
        return AnnCnn(
            len(data.channels.features),
            len(data.channels.outputs),
            sizes["hdim"],
            stencil=data.files.stencil,
            depth=sizes["depth"],
            dropout=dropout,
        )

    def around(self, network: nn.Module, options: Options) -> PhysicalNetwork:
        """Put the network between physical fields."""
        assert isinstance(network, AnnCnn)
        return AnnCnnFlux.around(network, options)
