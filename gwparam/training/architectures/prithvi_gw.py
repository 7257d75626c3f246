"""Fine-tune the Prithvi network: convolutions around a foundation model."""

from typing import Any

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ArgumentError
from gwparam.networks.base import Options, PhysicalNetwork
from gwparam.networks.prithvi import Prithvi
from gwparam.networks.prithvi_flux import (
    HEADS,
    MASK_UNIT,
    PrithviFlux,
    static_fields,
)
from gwparam.networks.prithvi_gw import PrithviSizes, UNetWithTransformer
from gwparam.training.architectures.base import Defaults, Size, Sizes, count, pair
from gwparam.training.architectures.flux import FluxArchitecture
from gwparam.training.data import Data
from gwparam.training.flux_data import Channels, FluxData, prithvi_channels

_BLOCK = "{}.lgl_block.transformers.{}.ff.1.net.0.weight"


class OnGrid(nn.Module):
    """The network with what it knows of its grid.

    Parameters
    ----------
    network : UNetWithTransformer
        Takes features and static fields.
    static : Tensor, shape (1, 3, nlat, nlon)
        Sine of latitude, cosine and sine of longitude [1].
    mask_ratio : float
        Share of the tokens that the backbone does not see in training, others at every
        step, as published; in eval mode it sees all.
    """

    static: Tensor

    def __init__(
        self, network: UNetWithTransformer, static: Tensor, mask_ratio: float
    ) -> None:
        super().__init__()
        self.network, self.mask_ratio = network, mask_ratio
        self.register_buffer("static", static, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (images, channel, nlat, nlon) to outputs."""
        backbone = self.network.model
        if self.mask_ratio and isinstance(backbone, Prithvi):
            visible = None
            if self.training:
                seed = int(torch.randint(1 << 31, (1,)))
                visible = backbone.draw_tokens(self.mask_ratio, seed, len(features))
            backbone.keep_tokens(visible)
        result: Tensor = self.network(features, self.static.to(features.dtype))
        return result


class PrithviTraining(FluxArchitecture):
    """The Prithvi network; published but for the schedule, which was constant."""

    name = "prithvi_gw"
    physical = PrithviFlux
    defaults = Defaults(100, 12, 1e-4, "cosine", drop_path=0.05)
    sizes = (
        Size("hidden", "160", "channels of the outermost convolutions"),
        Size("patch", "2x2", "latitudes x longitudes of a token", pair),
        Size("mask_unit", "8x16", "latitudes x longitudes of a mask unit", pair),
        Size("embed", "2560", "features of a token"),
        Size("heads", "16", "attention heads"),
        Size("encoder_pairs", "12", "pairs of blocks of the encoder", count),
        Size("decoder_pairs", "2", "pairs of blocks of the decoder", count),
        Size("mlp_ratio", "4", "hidden units of a perceptron over embed"),
    )
    head = ("decoder.final_conv.",)
    backbone = "model."
    whole = True
    blocks = ("theta", "eastward flux", "northward flux")

    def channels(self, files: TrainingFiles, options: Options) -> Channels:
        """Temperature, pressure, u, v."""
        return prithvi_channels(files)

    def sizes_of(self, checkpoint: Checkpoint) -> Sizes:
        """Sizes of a whole network, or of a foundation model alone."""
        weights = checkpoint.weights
        whole = f"{self.backbone}mask_token" in weights
        prefix = self.backbone if whole else ""
        embedding = f"{prefix}patch_embedding.proj.weight"
        tokens = matrix_shape(checkpoint, embedding, 4)
        inner, outer = matrix_shape(checkpoint, prefix + _BLOCK.format("encoder", 0))
        found: dict[str, Any] = {
            "patch": tokens[2:],
            "embed": tokens[0],
            "mlp_ratio": inner // outer,
        }
        for part in ("encoder", "decoder"):
            count = 0
            while prefix + _BLOCK.format(part, count) in weights:
                count += 1
            found[f"{part}_pairs"] = count // 2
        if whole:
            first = matrix_shape(checkpoint, "encoder.encoder1.0.weight", 4)
            found["hidden"] = first[0]
        return found

    def build(
        self, sizes: Sizes, data: Data, dropout: float, drop_path: float
    ) -> nn.Module:
        """Build the network for the grid and the channels of the files."""
        assert isinstance(data, FluxData)
        network = UNetWithTransformer(
            PrithviSizes(
                in_channels=len(data.channels.features),
                out_channels=len(data.channels.outputs),
                grid=data.files.shape,
                **sizes,
            ),
            drop_path,
        )
        return network

    def around(self, network: nn.Module, options: Options) -> PhysicalNetwork:
        """Put the network between physical fields."""
        assert isinstance(network, UNetWithTransformer)
        return PrithviFlux.around(network, options)

    def hidden_sizes(self, network: nn.Module) -> Options:
        """Give attention heads and mask unit."""
        assert isinstance(network, UNetWithTransformer)
        return {HEADS.name: network.heads, MASK_UNIT.name: network.mask_unit}

    def trainee(self, network: nn.Module, data: Data, mask_ratio: float) -> nn.Module:
        """Add the static fields of the grid."""
        assert isinstance(data, FluxData)
        assert isinstance(network, UNetWithTransformer)
        if not 0.0 <= mask_ratio < 1.0:
            raise ArgumentError(
                f"--mask-ratio is {mask_ratio}, expected 0 to less than 1"
            )
        static = static_fields(data.files.latitude, data.files.longitude)
        return OnGrid(network, static.float(), mask_ratio)

    def set_output_scalers(self, network: nn.Module, how: str | None) -> None:
        """Choose the scalers: as they are, ones, or trained from ones.

        Without a choice they become ones where all are zero, as in the published
        constructor, which multiplies the backbone away.
        """
        assert isinstance(network, UNetWithTransformer)
        backbone = network.model
        assert isinstance(backbone, Prithvi)
        ones = torch.ones_like(backbone.output_scalers, dtype=torch.float32)
        if how == "learn":
            del backbone.output_scalers
            backbone.register_parameter("output_scalers", nn.Parameter(ones))
        elif how == "ones" or (how is None and backbone.is_dead()):
            backbone.output_scalers = ones
