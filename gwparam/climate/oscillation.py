"""The quasi-biennial oscillation (QBO) in a long series of the equatorial wind.

Series are evenly spaced in time and without gaps, spin-up left out. A month is 30 days
in the testbed and the mean month in a model; only `step` says which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SMOOTHING = 5.0
"""Months of the running mean before changes of sign are looked for."""
CREDIBLE = (10.0, 45.0)
"""Cycles of so many months count."""


def fourier_period(wind: Array, step: float) -> float:
    """Period of the largest Fourier mode, of the series padded to twice its length.

    Parameters
    ----------
    wind : ndarray, shape (time,)
        Eastward wind [m s-1].
    step : float
        Months between two values.

    Returns
    -------
    float
        Months; NaN if the wind never changes, or if the series has not two of it.
    """
    padded = 2 * len(wind)
    modes = np.abs(np.fft.rfft(wind - wind.mean(), padded))[1:]
    if not modes.any():
        return float("nan")
    period = padded * step / (1 + modes.argmax())
    return float(period) if 2.0 * period <= len(wind) * step else float("nan")


def fourier_bin(length: int, step: float, period: float) -> float:
    """How far the periods beside one are from it [months].

    Parameters
    ----------
    length : int
        Number of values of the series.
    step, period : float
        Months.
    """
    frequency = 1.0 / period
    width = 1.0 / (2 * length * step)
    return 1.0 / (frequency - width) - period if frequency > width else float("inf")


def smooth(wind: Array, step: float, months: float = SMOOTHING) -> Array:
    """Take the running mean over some months: shape (time - window + 1, ...)."""
    window = _window(step, months)
    total = np.cumsum(wind, axis=0)
    total = np.concatenate((np.zeros_like(total[:1]), total))
    return (total[window:] - total[:-window]) / window


def _window(step: float, months: float = SMOOTHING) -> int:
    return max(1, round(months / step))


def between(changes: Array, wind: Array, step: float) -> Iterator[tuple[float, Array]]:
    """Cut the smoothed wind at its changes of sign.

    Parameters
    ----------
    changes : ndarray, shape (changes,)
        Of `crossings`, increasing [months].
    wind : ndarray, shape (time,)
        Not yet smoothed [m s-1].
    step : float
        Months between two values.

    Yields
    ------
    tuple of float and ndarray
        Months from one change to the next, and the smoothed wind between both.
    """
    beside = 0.5 * (_window(step) - 1)
    smoothed = smooth(wind, step) if len(changes) else wind
    for start, end in pairwise(changes):
        first, last = (round(t / step - beside) for t in (start, end))
        yield end - start, smoothed[first : last + 1]


def crossings(wind: Array, step: float, upward: bool = True) -> Array:
    """When the smoothed wind changes its sign.

    Parameters
    ----------
    wind : ndarray, shape (time,)
        Not yet smoothed [m s-1].
    step : float
        Months between two values.
    upward : bool
        From negative to positive, or the other way.

    Returns
    -------
    ndarray, shape (changes,)
        Months since the first value, between two values by a straight line.
    """
    window = _window(step)
    if len(wind) <= window:
        return np.empty(0)
    smoothed = smooth(wind, step) * (1.0 if upward else -1.0)
    before, after = smoothed[:-1], smoothed[1:]
    at = np.flatnonzero((before < 0.0) & (after >= 0.0))
    part = before[at] / (before[at] - after[at])
    found: Array = (at + part + 0.5 * (window - 1)) * step
    return found


def transition_periods(wind: Array, step: float) -> Array:
    """Months from one change from easterlies to westerlies to the next.

    Those of `CREDIBLE` length alone: shape (cycles,).
    """
    lengths = np.diff(crossings(wind, step))
    shortest, longest = CREDIBLE
    return lengths[(lengths >= shortest) & (lengths <= longest)]


@dataclass(frozen=True)
class Phase:
    """Easterlies or westerlies at one level.

    Attributes
    ----------
    length : float
        Mean months from one change of sign to the next; NaN without a whole phase.
    strength : float
        Mean of the strongest smoothed wind of each [m s-1], with its sign.
    """

    length: float
    strength: float


def phases(wind: Array, step: float) -> dict[str, Phase]:
    """Length and strength of ``easterly`` and ``westerly`` phases.

    Phases cut off by an end of the series, and those shorter than the running mean, do
    not count.
    """
    found: dict[str, list[tuple[float, float]]] = {"easterly": [], "westerly": []}
    ups, downs = crossings(wind, step), crossings(wind, step, upward=False)
    changes = np.sort(np.concatenate((ups, downs)))
    for length, part in between(changes, wind, step):
        if length < SMOOTHING:
            continue
        westerly = part.mean() > 0.0
        strongest = part.max() if westerly else part.min()
        found["westerly" if westerly else "easterly"].append((length, strongest))
    return {
        name: Phase(*(np.mean(each, axis=0).tolist() if each else [np.nan, np.nan]))
        for name, each in found.items()
    }


def descent_rates(
    above: Array, below: Array, distance: float, step: float
) -> dict[str, float]:
    """How fast phases come down from one level to another.

    Parameters
    ----------
    above, below : ndarray, shape (time,)
        Wind at both levels [m s-1].
    distance : float
        Between them [km].
    step : float
        Months between two values.

    Returns
    -------
    dict
        ``easterly`` and ``westerly`` [km month-1]: `distance` over the mean time from a
        change of sign above to the first one of that kind below; NaN without any.
    """
    rates = {}
    for name, upward in (("easterly", False), ("westerly", True)):
        high, low = (crossings(wind, step, upward) for wind in (above, below))
        # The last change above before each one below: none is counted twice.
        which = np.searchsorted(high, low, side="right") - 1
        lags = low[which >= 0] - high[which[which >= 0]]
        lags = lags[(lags > 0.0) & (lags <= CREDIBLE[1])]
        rates[name] = float(distance / lags.mean()) if lags.size else float("nan")
    return rates


@dataclass(frozen=True)
class Oscillation:
    """The oscillation at one level.

    Attributes
    ----------
    period : float
        Of the largest Fourier mode [months]; NaN if the series has not two of it.
    transition_period, transition_spread : float
        Mean and standard deviation of cycles by changes of sign [months]; NaN without.
    cycles : int
        How many there are.
    amplitude : float
        Standard deviation of the wind [m s-1].
    easterly, westerly : Phase
        Both phases.
    """

    period: float
    transition_period: float
    transition_spread: float
    cycles: int
    amplitude: float
    easterly: Phase
    westerly: Phase


def oscillation(wind: Array, step: float) -> Oscillation:
    """Describe a series: shape (time,) [m s-1], `step` months between two values."""
    lengths = transition_periods(wind, step)
    both = phases(wind, step)
    known = lengths.size > 0
    return Oscillation(
        fourier_period(wind, step),
        float(lengths.mean()) if known else float("nan"),
        float(lengths.std(ddof=1)) if lengths.size > 1 else float("nan"),
        lengths.size,
        float(wind.std()),
        both["easterly"],
        both["westerly"],
    )


def cycle_amplitudes(wind: Array, step: float) -> Array:
    """Half of the range of the smoothed wind in each cycle.

    Parameters
    ----------
    wind : ndarray, shape (time,)
        Not yet smoothed [m s-1].
    step : float
        Months between two values.

    Returns
    -------
    ndarray, shape (cycles,)
        From one change from easterlies to westerlies to the next, of those that count.
    """
    cycles = between(crossings(wind, step), wind, step)
    shortest, longest = CREDIBLE
    return np.array(
        [0.5 * np.ptp(part) for months, part in cycles if shortest <= months <= longest]
    )
