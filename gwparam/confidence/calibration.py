"""What an expected error is worth: found against expected, and what a mix leaves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gwparam.confidence.columns import Columns
from gwparam.confidence.fit import Fitted

Array = NDArray[Any]
TENTHS = 10


@dataclass(frozen=True)
class Calibration:
    """Columns in tenths, from the most certain to the least.

    Attributes
    ----------
    up_to : ndarray, shape (10,)
        Largest error that is expected in the tenth [1].
    expected, found : ndarray, shape (10,)
        Root mean square of the errors that were expected, and of those there [1].
    left : ndarray, shape (10,)
        Root mean square error, over all columns, of a drag that is the network's in
        this tenth and those before, and right in the others [1].
    correlation : float
        Of expected and found errors, by ranks (Spearman).
    """

    up_to: Array
    expected: Array
    found: Array
    left: Array
    correlation: float


def calibrate(fitted: Fitted, columns: Columns) -> Calibration:
    """Hold the expected error against the one found, in columns not seen in training.

    Parameters
    ----------
    fitted : Fitted
        The head.
    columns : Columns
        At least one.
    """
    with torch.inference_mode():
        expected = fitted.head(torch.from_numpy(columns.features)).exp().numpy()
    found = columns.normalised(fitted.deviation)
    tenths = np.array_split(np.argsort(expected, kind="stable"), TENTHS)
    squares = [np.square(found[rows], dtype=np.float64).sum() for rows in tenths]
    return Calibration(
        up_to=np.array([expected[rows].max() if rows.size else 0.0 for rows in tenths]),
        expected=np.array([_rms(expected[rows]) for rows in tenths]),
        found=np.array([_rms(found[rows]) for rows in tenths]),
        left=np.sqrt(np.cumsum(squares) / len(columns)),
        correlation=_correlation(expected, found),
    )


def _rms(values: Array) -> float:
    if not values.size:
        return 0.0
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def _correlation(one: Array, other: Array) -> float:
    order = np.argsort(np.argsort(np.stack((one, other)), axis=1), axis=1)
    ranks = order - order.mean(axis=1, keepdims=True)
    return float(ranks[0] @ ranks[1] / (ranks[0] @ ranks[0]))
