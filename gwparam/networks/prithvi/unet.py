"""The Prithvi WxC gravity-wave network: convolutions around the foundation model.

Source: Gupta et al. (2025), arXiv:2509.03816; weight-compatible with
``UNetWithTransformer`` of gravity-wave-finetuning. ``docs/networks/prithvi.md`` tells
what the published inference does otherwise.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gwparam.errors import ArgumentError
from gwparam.networks.prithvi.backbone import Prithvi

_WIDTHS = (1, 2, 4, 8)
"""Channels of the four stages, over `hidden`."""


@dataclass(frozen=True)
class PrithviSizes:
    """Sizes of the network; the defaults are the published ones.

    Attributes
    ----------
    in_channels, out_channels : int
        Channels of the features, and of the result.
    hidden : int
        Channels of the outermost convolutions; the transformer sees eight times as
        many.
    grid : tuple of int
        Latitudes and longitudes.
    patch, mask_unit : tuple of int
        Latitudes and longitudes of a token, and of a mask unit.
    embed, heads : int
        Features of a token, and attention heads.
    encoder_pairs, decoder_pairs : int
        Pairs of a global and a local block of the transformer; one more local block
        precedes them.
    mlp_ratio : int
        Hidden units of the transformer's perceptrons, over `embed`.
    """

    in_channels: int = 488
    out_channels: int = 366
    hidden: int = 160
    grid: tuple[int, int] = (64, 128)
    patch: tuple[int, int] = (2, 2)
    mask_unit: tuple[int, int] = (8, 16)
    embed: int = 2560
    heads: int = 16
    encoder_pairs: int = 12
    decoder_pairs: int = 2
    mlp_ratio: int = 4


PRESETS = {
    "published": PrithviSizes(),
    "tiny": PrithviSizes(
        in_channels=16,
        out_channels=12,
        hidden=4,
        grid=(16, 32),
        mask_unit=(4, 8),
        embed=64,
        heads=4,
        encoder_pairs=2,
        decoder_pairs=1,
    ),
}


class ConvEncoder(nn.Module):
    """Four stages of convolutions at full resolution."""

    def __init__(self, in_channels: int, hidden: int) -> None:
        super().__init__()
        first, second, third, fourth = (hidden * width for width in _WIDTHS)
        self.encoder1 = _stage(in_channels, first)
        self.encoder2 = _stage(first, second)
        self.encoder3 = _stage(second, third)
        self.encoder4 = _stage(third, fourth)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Give the result of every stage; each consumes the one before it."""
        first = self.encoder1(features)
        second = self.encoder2(first)
        third = self.encoder3(second)
        return first, second, third, self.encoder4(third)


class ConvDecoder(nn.Module):
    """Four stages of convolutions, each on what came so far and its encoder stage."""

    def __init__(self, hidden: int, out_channels: int) -> None:
        super().__init__()
        first, second, third, fourth = (hidden * width for width in _WIDTHS)
        self.decoder4 = _stage(2 * fourth, fourth)
        self.decoder3 = _stage(fourth + third, third)
        self.decoder2 = _stage(third + second, second)
        self.decoder1 = _stage(second + first, first)
        self.final_conv = nn.Conv2d(first, out_channels, kernel_size=1)

    def forward(
        self, middle: Tensor, stages: tuple[Tensor, Tensor, Tensor, Tensor]
    ) -> Tensor:
        """Decode the transformer's result with the results of the encoder's stages."""
        first, second, third, fourth = stages
        result = self.decoder4(torch.cat((middle, fourth), dim=1))
        result = self.decoder3(torch.cat((result, third), dim=1))
        result = self.decoder2(torch.cat((result, second), dim=1))
        result = self.decoder1(torch.cat((result, first), dim=1))
        final: Tensor = self.final_conv(result)
        return final


class ConstantBackbone(nn.Module):
    """What a backbone with zero output scalers gives: its input means.

    Parameters
    ----------
    mean : Tensor, shape (1, channels, 1, 1)
        The means.
    """

    mean: Tensor

    def __init__(self, mean: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.clone())

    def forward(self, image: Tensor, static: Tensor) -> Tensor:
        """Give the means, whatever the image."""
        return self.mean.to(image.dtype).expand_as(image)


class UNetWithTransformer(nn.Module):
    """The published network: standardised features to standardised fluxes.

    Its ``state_dict()`` has the keys and, with the default sizes, the shapes of the
    published weights. In eval mode it is deterministic: batch normalisation uses the
    running statistics, every token is kept in its natural order. In train mode the
    normalisation uses the batch, as the published inference does.

    Parameters
    ----------
    sizes : PrithviSizes
        Grid, widths, patches and blocks.
    drop_path : float
        Of the backbone, in training; published: 0.05.

    Raises
    ------
    ArgumentError
        If the sizes do not divide each other.
    """

    def __init__(
        self, sizes: PrithviSizes = PRESETS["published"], drop_path: float = 0.0
    ) -> None:
        super().__init__()
        self.heads, self.mask_unit = sizes.heads, sizes.mask_unit
        self.encoder = ConvEncoder(sizes.in_channels, sizes.hidden)
        self.decoder = ConvDecoder(sizes.hidden, sizes.out_channels)
        self.model: Prithvi | ConstantBackbone = Prithvi(
            _WIDTHS[-1] * sizes.hidden,
            sizes.grid,
            sizes.patch,
            sizes.mask_unit,
            sizes.embed,
            sizes.heads,
            sizes.encoder_pairs,
            sizes.decoder_pairs,
            sizes.mlp_ratio,
            drop_path,
        )

    @torch.jit.unused
    def backbone(self) -> Prithvi:
        """Give the foundation model of a network that has not dropped it."""
        if not isinstance(self.model, Prithvi):
            raise ArgumentError("the backbone was dropped, expected one")
        return self.model

    def forward(self, features: Tensor, static: Tensor) -> Tensor:
        """Compute the standardised result.

        Parameters
        ----------
        features : Tensor, shape (batch, in_channels, nlat, nlon)
            Standardised temperature (or potential temperature), pressure, eastward and
            northward wind [1], each on all levels, top first.
        static : Tensor, shape (1 or batch, 3, nlat, nlon)
            Sine of latitude, cosine and sine of longitude [1].

        Returns
        -------
        Tensor, shape (batch, out_channels, nlat, nlon)
            Standardised potential temperature, u'omega' and v'omega' [1], each on all
            levels, top first.
        """
        stages = self.encoder(features)
        result: Tensor = self.decoder(self.model(stages[3], static), stages)
        return result

    def check_dead(self) -> None:
        """Check that the backbone adds nothing.

        Raises
        ------
        ArgumentError
            If an output scaler is not zero.
        """
        if isinstance(self.model, Prithvi) and not self.model.is_dead():
            count = int(self.model.output_scalers.count_nonzero())
            raise ArgumentError(
                f"model.output_scalers has {count} values that are not zero, expected "
                "none in a backbone to drop"
            )

    def drop_backbone(self) -> None:
        """Put what a backbone with zero output scalers gives in its place.

        Raises
        ------
        ArgumentError
            If the backbone is not dead.
        """
        self.check_dead()
        if isinstance(self.model, Prithvi):
            self.model = ConstantBackbone(self.model.input_scalers_mu[0])


def _stage(channels: int, width: int) -> nn.Sequential:
    """Two 3 x 3 convolutions, zero beyond every edge, the date line among them."""
    return nn.Sequential(
        nn.Conv2d(channels, width, kernel_size=3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, kernel_size=3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )
