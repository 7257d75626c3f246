"""Student's distribution of t."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A continued fraction that converges in far less steps where it is used.
_STEPS = 300
_SMALL = 1e-300
_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])


def two_sided(t: Array, freedom: Array) -> Array:
    """Probability of a t at least as far from 0 as this one.

    Parameters
    ----------
    t : ndarray
        Values; infinite ones have probability 0.
    freedom : ndarray, same shape
        Degrees of freedom, positive, not necessarily whole.

    Returns
    -------
    ndarray, same shape
        0 to 1; NaN where an argument is.

    Notes
    -----
    The incomplete beta function I_x(nu/2, 1/2) at x = nu / (nu + t^2), by its continued
    fraction. Source: DLMF, 8.17.22 and 26 (dlmf.nist.gov).
    """
    share = np.asarray(freedom / (freedom + t**2))
    with np.errstate(divide="ignore"):
        rest = 1.0 / (1.0 + freedom / t**2)
    a, b = 0.5 * freedom, np.full_like(share, 0.5)
    # The fraction is for x below its mean; beyond, the other side is computed.
    beyond = share > (a + 1.0) / (a + b + 2.0)
    a, b = np.where(beyond, b, a), np.where(beyond, a, b)
    x = np.where(beyond, rest, share)
    inside = (x > 0.0) & (x < 1.0)
    safe = np.where(inside, x, 0.5)
    front = np.exp(
        a * np.log(safe)
        + b * np.log1p(-safe)
        + _log_gamma(a + b)
        - _log_gamma(a)
        - _log_gamma(b)
    )
    found = np.where(inside, front / a * _fraction(safe, a, b), x)
    return np.where(beyond, 1.0 - found, found)


def _fraction(x: Array, a: Array, b: Array) -> Array:
    """Continued fraction of I_x(a, b) by the method of Lentz."""
    d = 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    c = np.ones_like(x)
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        change = np.ones_like(x)
        for term in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + term * d)
            c = _away_from_zero(1.0 + term / c)
            change = change * c * d
        found = found * change
        if (np.abs(change[np.isfinite(change)] - 1.0) < 1e-15).all():
            break
    return found


def _away_from_zero(values: Array) -> Array:
    return np.where(np.abs(values) < _SMALL, _SMALL, values)
