"""How large everything is: the run of README.md, and a tiny one for tests."""

from dataclasses import dataclass, field, replace

from pretrain import Backbone
from states import Part


@dataclass(frozen=True)
class Scale:
    """Sizes of the data, the networks and their training.

    Attributes
    ----------
    grid : tuple of int
        Rows and columns of the globe, multiples of 16.
    parts : tuple of Part
        The states.
    backbone : Backbone
        Sizes and training of the backbone.
    hidden : int
        Channels of the outermost convolutions around it.
    widths : tuple of int
        Channels of the depths of the Attention U-Net: about as many parameters.
    epochs, batch : int
        Passes over the labelled states, and states of a step; the same for all.
    learning_rate : float
        The largest; likewise.
    """

    grid: tuple[int, int] = (32, 64)
    parts: tuple[Part, ...] = (
        Part("unlabelled", 2001, 12, 384, labelled=False),
        Part("training", 2013, 2, 64),
        Part("validation", 2015, 1, 16),
        Part("test", 2016, 1, 32),
    )
    backbone: Backbone = field(default_factory=Backbone)
    hidden: int = 8
    widths: tuple[int, ...] = (8, 16, 28, 48, 64)
    epochs: int = 40
    batch: int = 4
    learning_rate: float = 8.0e-3


QUICK = Scale(
    grid=(16, 32),
    parts=(
        Part("unlabelled", 2001, 1, 8, labelled=False),
        Part("training", 2002, 1, 4),
        Part("validation", 2003, 1, 2),
        Part("test", 2004, 1, 2),
    ),
    backbone=replace(Backbone(), embed=32, epochs=2),
    hidden=4,
    widths=(4, 8, 16, 24, 32),
    epochs=2,
    batch=2,
)
