"""How the learning rate changes from step to step."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CyclicLR,
    LambdaLR,
    LRScheduler,
    OneCycleLR,
)

CHOICES = ("constant", "cosine", "cyclic", "one-cycle")
_HALF_CYCLE = 50
_BASE = 0.2


def make_schedule(
    optimizer: Optimizer, how: str, largest: float, steps: int
) -> LRScheduler:
    """Make a schedule that is advanced after every step.

    Parameters
    ----------
    optimizer : Optimizer
        Its learning rate is set.
    how : str
        ``constant``; ``cosine``: from the largest to 0, half a wave; ``cyclic``:
        between a fifth of the largest and the largest, 50 steps up and 50 down, as
        ANN-CNN and Attention U-Net were trained (arXiv:2406.14775); ``one-cycle``: up
        and down once (Smith and Topin 2019, doi:10.1117/12.2520589).
    largest : float
        Largest learning rate.
    steps : int
        Steps of the whole training.
    """
    if how == "cosine":
        return CosineAnnealingLR(optimizer, max(steps, 1))
    if how == "cyclic":
        return CyclicLR(
            optimizer,
            base_lr=_BASE * largest,
            max_lr=largest,
            step_size_up=_HALF_CYCLE,
            cycle_momentum=False,
        )
    if how == "one-cycle":
        return OneCycleLR(optimizer, largest, total_steps=max(steps, 1))
    return LambdaLR(optimizer, lambda step: 1.0)
