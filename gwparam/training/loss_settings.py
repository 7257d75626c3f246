"""Settings of a loss."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gwparam.errors import ArgumentError, one_of, wrong_setting
from gwparam.training.level_weights import LEVEL_WEIGHTS

TERMS = ("mse", "huber", "drag")
DRAG_SCALE = 1.0e-4
"""Error of the wind tendency that the drag term counts as 1 [m s-2]: 8.6 m s-1 a day,
a sixth of the largest drag that `gwparam.constants.MAXIMUM_TENDENCY` tells of."""
Terms = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class LossSettings:
    """What a training minimises.

    Attributes
    ----------
    terms : tuple of (str, float)
        Names from `TERMS` and their weights [1]; the loss is the weighted sum.
    huber_delta : float
        Error from which on the Huber term is linear, in standard deviations of the
        normalised output [1].
    level_weights : str
        ``equal``, ``density`` or ``mass``, for ``mse`` and ``huber``.
    tail : float
        How much more errors of large values count in ``mse`` and ``huber`` [1]; 0: no
        more than others.
    drag_scale : float
        Error of the wind tendency that ``drag`` counts as 1 [m s-2].

    Raises
    ------
    ArgumentError
        If a setting is out of range, or a term is unknown or given twice.
    """

    terms: Terms = (("mse", 1.0),)
    huber_delta: float = 1.0
    level_weights: str = "equal"
    tail: float = 0.0
    drag_scale: float = DRAG_SCALE

    def __post_init__(self) -> None:
        _check_terms(self.terms)
        _check_positive("huber_delta", self.huber_delta, "huber_delta")
        _check_positive("drag_scale", self.drag_scale, "drag_scale")
        if self.level_weights not in LEVEL_WEIGHTS:
            expected = one_of(LEVEL_WEIGHTS)
            raise wrong_setting("level_weights", self.level_weights, expected)
        if not 0.0 <= self.tail < math.inf:
            raise wrong_setting("tail", self.tail, "a finite number of at least 0")

    @staticmethod
    def parse_terms(texts: Sequence[str]) -> Terms:
        """Read terms from texts such as ``mse``, of weight 1, or ``drag=0.1``.

        Raises
        ------
        ArgumentError
            If a text is malformed, or a term is unknown or given twice.
        """
        terms = []
        for text in texts:
            name, equals, number = text.partition("=")
            try:
                terms.append((name, float(number) if equals else 1.0))
            except ValueError:
                raise ArgumentError(
                    f"weight of {name} is {number or 'empty'}, expected a number",
                    settings=("loss",),
                ) from None
        _check_terms(terms)
        return tuple(terms)


def _check_terms(terms: Sequence[tuple[str, float]]) -> None:
    expected = one_of(TERMS)
    if not terms:
        raise ArgumentError(
            f"loss has no term, expected {expected}", settings=("loss",)
        )
    for name, weight in terms:
        if name not in TERMS:
            raise ArgumentError(
                f"loss has no term {name or 'without a name'}, expected {expected}",
                settings=("loss",),
            )
        _check_positive(f"weight of {name}", weight, "loss")
    name, count = Counter(name for name, _ in terms).most_common(1)[0]
    if count > 1:
        raise ArgumentError(
            f"{name} is given {count} times, expected once", settings=("loss",)
        )


def _check_positive(what: str, value: float, setting: str) -> None:
    if not 0.0 < value < math.inf:
        expected = "a finite number" if value == math.inf else "more than 0"
        raise ArgumentError(
            f"{what} is {value}, expected {expected}", settings=(setting,)
        )
