"""The waves' source of each day: flux F_s and width c_w of their spectrum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FLUX_MEAN, FLUX_VARIANCE = 3.7e-3, 1e-8  # Pa, Pa2
WIDTH_MEAN, WIDTH_VARIANCE = 32.0, 225.0  # m s-1, m2 s-2
CORRELATION = 0.75
"""Of the normal variables whose exponentials flux and width are."""


@dataclass(frozen=True)
class Forcing:
    """A source for each day.

    Attributes
    ----------
    source_flux : ndarray, shape (day,)
        F_s [Pa].
    spectral_width : ndarray, shape (day,)
        c_w [m s-1].
    """

    source_flux: Array
    spectral_width: Array

    def __len__(self) -> int:
        return len(self.source_flux)


def draw_forcing(days: int, seed: int) -> Forcing:
    """Draw the control case's bivariate log-normal, anew and alone for each day.

    The same seed gives the same days, a longer run those of a shorter one first.
    """
    normal = np.random.default_rng(seed).standard_normal((days, 2))
    width_normal = (
        CORRELATION * normal[:, 0] + np.sqrt(1.0 - CORRELATION**2) * normal[:, 1]
    )
    return Forcing(
        _log_normal(normal[:, 0], FLUX_MEAN, FLUX_VARIANCE),
        _log_normal(width_normal, WIDTH_MEAN, WIDTH_VARIANCE),
    )


def _log_normal(normal: Array, mean: float, variance: float) -> Array:
    """Give exponentials of a standard normal the wanted mean and variance."""
    spread = np.log1p(variance / mean**2)
    drawn: Array = np.exp(np.log(mean) - 0.5 * spread + np.sqrt(spread) * normal)
    return drawn
