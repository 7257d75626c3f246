"""Attention U-Net: state of the whole globe to momentum fluxes.

Source: Gupta, Sheshadri, Roy, Gaur, Maskey and Ramachandran (2024), Machine Learning
Global Simulation of Nonlocal Gravity Wave Propagation, arXiv:2406.14775, "M3"; after
Oktay et al. (2018), Attention U-Net, arXiv:1804.03999.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks.ann_cnn import CITATION
from gwparam.networks.base import Options, Preset
from gwparam.networks.fluxes import FileShape
from gwparam.networks.horizontal import GRID
from gwparam.networks.nonlocal_flux import OPTIONS, NonlocalFlux, presets
from gwparam.networks.trainable import Defaults, Size, Sizes, Trainable, count, positive

WIDTHS = (64, 128, 256, 512, 1024)
COARSENING = 16
"""Rows and columns of the finest depth per row and column of the coarsest."""


class DoubleConvolution(nn.Module):
    """Two convolutions, each with its normalisation."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            *_convolution(inner, outer), *_convolution(outer, outer)
        )

    def forward(self, image: Tensor) -> Tensor:
        """From (images, inner, nlat, nlon) to (images, outer, nlat, nlon)."""
        result: Tensor = self.conv(image)
        return result


class UpSampling(nn.Module):
    """Twice as many rows and columns, and half the channels."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.up = nn.Sequential(
            nn.Upsample(scale_factor=2), *_convolution(inner, outer)
        )

    def forward(self, image: Tensor) -> Tensor:
        """From (images, inner, nlat, nlon) to (images, outer, 2 nlat, 2 nlon)."""
        result: Tensor = self.up(image)
        return result


class Gate(nn.Module):
    """Weigh a skip connection by what the finer and the coarser image say together."""

    def __init__(self, channels: int, gates: int) -> None:
        super().__init__()
        half = channels // 2
        self.Wx = nn.Sequential(*_convolution(channels, half)[:2])
        self.Wg = nn.Sequential(*_convolution(channels, half)[:2])
        self.Psi = nn.Sequential(*_convolution(half, gates)[:2])

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Gate `skip`; both have shape (images, channels, nlat, nlon)."""
        together = torch.relu(self.Wx(skip) + self.Wg(coarse))
        return skip * torch.sigmoid(self.Psi(together))


class AttentionUNet(nn.Module):
    """The published network: normalised fluxes from normalised fields of the globe.

    Its ``state_dict()`` has the keys, order and shapes of the published weights.
    Convolutions see zeros beyond the edges of the image, at the prime meridian too.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels of the image.
    widths : sequence of int
        Channels of the five depths; each further one halves the rows and columns.
    gate_channels : bool
        Gate every channel on its own, as the published option ``attn_3d``; else one
        gate serves all channels.
    dropout : float
        Share of values dropped in training after each depth on the way down.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        widths: Sequence[int] = WIDTHS,
        gate_channels: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if len(widths) != len(WIDTHS):
            raise ArgumentError(f"widths has {len(widths)} values, expected 5")

        def gate(channels: int) -> Gate:
            return Gate(channels, channels if gate_channels else 1)

        self.channels_in, self.channels_out = channels_in, channels_out
        c1, c2, c3, c4, c5 = widths
        self.conv1 = DoubleConvolution(channels_in, c1)
        self.conv2 = DoubleConvolution(c1, c2)
        self.conv3 = DoubleConvolution(c2, c3)
        self.conv4 = DoubleConvolution(c3, c4)
        self.conv5 = DoubleConvolution(c4, c5)
        self.maxpool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(dropout)
        self.up5, self.attn5 = UpSampling(c5, c4), gate(c4)
        self.upconv5 = DoubleConvolution(2 * c4, c4)
        self.up4, self.attn4 = UpSampling(c4, c3), gate(c3)
        self.upconv4 = DoubleConvolution(2 * c3, c3)
        self.up3, self.attn3 = UpSampling(c3, c2), gate(c2)
        self.upconv3 = DoubleConvolution(2 * c2, c2)
        self.up2, self.attn2 = UpSampling(c2, c1), gate(c1)
        self.upconv2 = DoubleConvolution(2 * c1, c1)
        self.conv1x1 = nn.Conv2d(c1, channels_out, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Compute normalised fluxes.

        Parameters
        ----------
        image : Tensor, shape (images, channels_in, nlat, nlon)
            `nlat` and `nlon` are multiples of 16.

        Returns
        -------
        Tensor, shape (images, channels_out, nlat, nlon)
            Normalised fluxes.
        """
        first = self.dropout(self.conv1(image))
        second = self.dropout(self.conv2(self.maxpool(first)))
        third = self.dropout(self.conv3(self.maxpool(second)))
        fourth = self.dropout(self.conv4(self.maxpool(third)))
        coarse = self.dropout(self.conv5(self.maxpool(fourth)))
        coarse = self.up5(coarse)
        coarse = self.upconv5(torch.cat((coarse, self.attn5(coarse, fourth)), dim=1))
        coarse = self.up4(coarse)
        coarse = self.upconv4(torch.cat((coarse, self.attn4(coarse, third)), dim=1))
        coarse = self.up3(coarse)
        coarse = self.upconv3(torch.cat((coarse, self.attn3(coarse, second)), dim=1))
        coarse = self.up2(coarse)
        coarse = self.upconv2(torch.cat((coarse, self.attn2(coarse, first)), dim=1))
        fluxes: Tensor = self.conv1x1(coarse)
        return fluxes


def _widths(text: str) -> tuple[int, ...]:
    widths = tuple(positive(width) for width in text.split("/"))
    if len(widths) != len(WIDTHS):
        raise ValueError(text)
    return widths


class AttentionUNetFlux(NonlocalFlux[AttentionUNet]):
    """The published network on physical fields."""

    architecture = "attention_unet"
    signature = ("attn5.Wx.0.weight", "conv1x1.weight")
    trainable = Trainable(
        Defaults(100, 8, 5e-4, "cyclic", dropout=0.1),
        sizes=(
            Size(
                "widths",
                "/".join(map(str, WIDTHS)),
                "channels of the five depths",
                _widths,
            ),
            Size("gate_channels", "0", "1: gate every channel on its own", count),
        ),
        head=("conv1x1.",),
    )
    citation = CITATION
    options = (*OPTIONS, GRID)
    presets = tuple(
        Preset(
            f"{features}-{levels}" + ("-gate-channels" if gate_channels else ""),
            partial(AttentionUNet, channels, odim, gate_channels=gate_channels),
            "global, published on 64 x 128",
            inputs,
            outputs,
        )
        for features, levels, channels, odim, inputs, outputs in presets()
        for gate_channels in (False, True)
    )

    @classmethod
    def sizes_of(cls, checkpoint: Checkpoint) -> Sizes:
        """Channels of image and depths of a checkpoint, and whether all have a gate."""
        shapes = [
            matrix_shape(checkpoint, f"conv{i}.conv.0.weight", 4)
            for i in range(1, len(WIDTHS) + 1)
        ]
        gates = matrix_shape(checkpoint, "attn5.Psi.0.weight", 4)[0]
        return {
            "channels_in": shapes[0][1],
            "channels_out": matrix_shape(checkpoint, "conv1x1.weight", 4)[0],
            "widths": tuple(shape[0] for shape in shapes),
            "gate_channels": int(gates > 1),
        }

    @classmethod
    def sizes_for(cls, files: FileShape) -> Sizes:
        """Give the channels of the image."""
        if files.stencil > 1:
            raise ShapeError(
                f"{files.path} has {files.stencil} x {files.stencil} cells around "
                "each, expected files without neighbours"
            )
        _check_multiples(*files.grid)
        return {"channels_in": files.features, "channels_out": files.outputs}

    @classmethod
    def build(
        cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0
    ) -> AttentionUNet:
        """Build the bare network."""
        return AttentionUNet(**sizes, dropout=dropout)

    @classmethod
    def around(cls, network: AttentionUNet, options: Options) -> "AttentionUNetFlux":
        """Put a bare network between physical fields.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            If `options` lack or contradict something; the message says what.
        """
        name = "Attention U-Net"
        geometry = GRID.of(options, f"the grid of the {name}")
        _check_multiples(len(geometry.latitude), len(geometry.longitude))
        channels, odim = network.channels_in, network.channels_out
        return cls(network, name, geometry, channels, odim, options)


def _check_multiples(rows: int, columns: int) -> None:
    """Check that a grid can be halved as often as the network does."""
    if rows % COARSENING or columns % COARSENING:
        raise ShapeError(
            f"the grid has {rows} x {columns} cells, expected multiples of {COARSENING}"
        )


def _convolution(inner: int, outer: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inner, outer, 3, padding=1),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
    ]
