"""Noise on the inputs in training, so that a network bears with states of its own.

Online a network sees states that its own errors made. Noise shows it such states
beforehand, with the targets of the states without.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

_SHARES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,
    "linear": lambda done: 1.0 - done,
    "cosine": lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
}
CHOICES = tuple(_SHARES)


class InputNoise:
    """Normal noise, of every value of a sample anew and alone.

    Parameters
    ----------
    size : float
        In standard deviations of each channel of the training samples.
    schedule : str
        ``constant``; ``linear``: from `size` down to 0 at the end; ``cosine``: the
        same by half a wave.
    deviation : Tensor, shape (channel,)
        The standard deviations; a channel that never changes gets no noise.
    steps : int
        Of the whole training.
    """

    def __init__(
        self, size: float, schedule: str, deviation: Tensor, steps: int
    ) -> None:
        self._size, self._share = size, _SHARES[schedule]
        self._deviation, self._steps = deviation, max(steps, 1)

    def size(self, step: int) -> float:
        """Size of the noise of a step, in standard deviations."""
        return self._size * self._share(min(step / self._steps, 1.0))

    def add(self, features: Tensor, step: int) -> Tensor:
        """Add noise to features of shape (rows, channel, ...)."""
        trailing = [1] * (features.dim() - 2)
        noise = torch.randn_like(features) * self._deviation.view(-1, *trailing)
        return features + self.size(step) * noise
