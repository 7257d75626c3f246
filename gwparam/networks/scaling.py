"""Normalisation as buffers, so that it is exported with the weights."""

from torch import Tensor, nn


class Destandardise(nn.Module):
    """Give standardised values their mean and standard deviation back.

    Parameters
    ----------
    mean, standard_deviation : Tensor, shape (nvalue,)
        In the units of the result. Where the standard deviation is 0, the result is the
        mean whatever the network says.
    """

    mean: Tensor
    standard_deviation: Tensor

    def __init__(self, mean: Tensor, standard_deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("standard_deviation", standard_deviation.clone())

    def forward(self, values: Tensor) -> Tensor:
        """Scale values of shape (..., nvalue)."""
        return values * self.standard_deviation + self.mean
