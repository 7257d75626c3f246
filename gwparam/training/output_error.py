"""Error of the normalised output, weighted by level and by size."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

MEAN_MAGNITUDE = math.sqrt(2.0 / math.pi)
"""Mean magnitude of a normally distributed value of mean 0 and variance 1 [1]."""


class OutputError(nn.Module):
    """Mean square or mean Huber error of the normalised output [1].

    Parameters
    ----------
    levels : sequence of float
        Weight of every level [1], top first.
    tail : float
        An error where the target is z counts ``(1 + tail |z|) / (1 + tail E|z|)``
        times, with the E|z| of a standard normal distribution [1].
    delta : float, optional
        Error d from which on ``d^2 / 2`` becomes ``delta (|d| - delta / 2)``, in
        standard deviations of the normalised output [1]. Without it the error is d^2.

    Notes
    -----
    E|z| is not the mean of the batch, so the loss of a batch is the mean of those of
    its shares. The weights have mean 1 where z is standard normal. At variance 1 their
    mean is at most ``(1 + tail) / (1 + 0.798 tail)``, less than 1.26, because
    E|z| <= 1.

    Huber error: Huber (1964), Ann. Math. Stat. 35, 73-101,
    doi:10.1214/aoms/1177703732. Weights by size: Sun et al. (2024), J. Adv. Model.
    Earth Syst. 16, e2023MS004145, doi:10.1029/2023MS004145, resample, weight the loss,
    or both, where rare and often large drag is lost among many small values; the linear
    form is ours.
    """

    levels: Tensor

    def __init__(
        self, levels: Sequence[float], tail: float, delta: float | None = None
    ) -> None:
        super().__init__()
        self.tail = tail
        self.delta = delta
        weights = torch.tensor(levels, dtype=torch.float32)
        self.register_buffer("levels", weights, persistent=False)

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Mean over rows, blocks, levels and cells.

        Parameters
        ----------
        predicted, target : Tensor, shape (rows, nblock, nlev, ...)
            Normalised outputs, float32.

        Returns
        -------
        Tensor, shape ()
            The mean error [1].
        """
        if self.delta is None:
            error = (predicted - target).square()
        else:
            error = nn.functional.huber_loss(
                predicted, target, reduction="none", delta=self.delta
            )
        error = error * self.levels.view(-1, *[1] * (error.dim() - 3))
        if self.tail:
            size = (1.0 + self.tail * target.abs()) / (1.0 + self.tail * MEAN_MAGNITUDE)
            error = error * size
        return error.mean()
