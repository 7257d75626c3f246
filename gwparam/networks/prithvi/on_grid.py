"""The Prithvi network with what it knows of its grid, as training runs it."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from gwparam.networks.prithvi.unet import UNetWithTransformer


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
        if self.mask_ratio:
            backbone = self.network.backbone()
            visible = None
            if self.training:
                seed = int(torch.randint(1 << 31, (1,)))
                visible = backbone.draw_tokens(self.mask_ratio, seed, len(features))
            backbone.keep_tokens(visible)
        result: Tensor = self.network(features, self.static.to(features.dtype))
        return result


def static_fields(latitude: ArrayLike, longitude: ArrayLike) -> Tensor:
    """Compute what the network knows of its grid.

    Parameters
    ----------
    latitude, longitude : array_like, shape (nlat,) and (nlon,)
        The grid [degrees].

    Returns
    -------
    Tensor, shape (1, 3, nlat, nlon)
        Sine of latitude, cosine and sine of longitude [1], float64.
    """
    phi, theta = np.meshgrid(np.deg2rad(latitude), np.deg2rad(longitude), indexing="ij")
    channels = (np.sin(phi), np.cos(theta), np.sin(theta))
    return torch.from_numpy(np.stack(channels)[None])
