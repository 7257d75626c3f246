"""The QBO of a run: the zonal-mean wind within five degrees of the equator."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gwparam.climate.grids import find_place
from gwparam.climate.oscillation import (
    CREDIBLE,
    Oscillation,
    Phase,
    cycle_amplitudes,
    descent_rates,
    oscillation,
)
from gwparam.climate.red_noise import LEVEL as CHANCE
from gwparam.climate.red_noise import find_peak, without_seasons
from gwparam.climate.runs import WIND, Run

BAND = 5.0
"""Degrees of latitude from the equator."""
LEVEL = 1e3
"""Pressure of the oscillation [Pa]."""
BELOW = 5e3
"""Pressure down to which its descent is timed [Pa]."""
LEAST_MONTHS = round(2 * CREDIBLE[1])
"""Twice the longest cycle that counts: one of them is whole in so many, whenever it
begins."""
LEAST_AMPLITUDE = 2.0
"""Of an oscillation, a tenth of the observed one [m s-1]."""
SCALE_HEIGHT = 7.0
"""Turns pressure into height [km]."""

_NEAR = 1e-6  # degrees, of a row on the edge of the band

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Equator:
    """The QBO of a run.

    Attributes
    ----------
    month : ndarray of int, shape (month,)
        Months since that of the year 0, one after the other.
    wind : ndarray, shape (month, level)
        Zonal-mean wind of the band [m s-1].
    series : ndarray, shape (month,)
        The wind at `LEVEL` without its linear trend and annual cycle.
    absent : str or None
        Why that is no oscillation; then the numbers of one are NaN.
    numbers : Oscillation
        Of that series.
    period_error : float
        Standard error of the period by changes of sign [months]; NaN of one cycle.
    amplitude, amplitude_error : float
        Half of the range of the smoothed wind in a cycle, mean over cycles and standard
        error [m s-1].
    descent : dict of str to float
        ``easterly`` and ``westerly``, from `LEVEL` to `BELOW` [km month-1]; NaN where
        that is no level.
    """

    month: NDArray[np.int64]
    wind: Array
    series: Array
    absent: str | None
    numbers: Oscillation
    period_error: float
    amplitude: float
    amplitude_error: float
    descent: dict[str, float]


def find_qbo(run: Run) -> Equator | str:
    """Describe the QBO of a run; why there is none to be described as a text."""
    near = np.abs(run.latitude) <= BAND + _NEAR
    if not near.any():
        return f"no latitude from 5S to 5N, {_latitudes(run)}"
    if (why := lacks_level(run, LEVEL)) is not None:
        return why
    chosen = _longest_row(run.month)
    if chosen.size < LEAST_MONTHS:
        return (
            f"{chosen.size} whole months one after the other, expected at least "
            f"{LEAST_MONTHS}: twice the longest cycle that counts"
        )
    weights = _areas(run.latitude)[near]
    wind = run.fields[WIND.name][chosen][..., near] @ (weights / weights.sum())
    series = _at(run, wind, LEVEL)
    if lacking := int((~np.isfinite(series)).sum()):
        return (
            f"in {lacking} of {series.size} months less than nine tenths of the values "
            "at 10 hPa from 5S to 5N are known, expected all months"
        )
    series = without_seasons(series)
    numbers, swings = oscillation(series, 1.0), cycle_amplitudes(series, 1.0)
    descent = dict.fromkeys(("easterly", "westerly"), float("nan"))
    if absent := _no_oscillation(series):
        numbers, swings = _nothing(numbers), swings[:0]
    elif lacks_level(run, BELOW) is None:
        distance = SCALE_HEIGHT * float(np.log(BELOW / LEVEL))
        below = without_seasons(_at(run, wind, BELOW))
        descent = descent_rates(series, below, distance, 1.0)
    return Equator(
        run.month[chosen],
        wind,
        series,
        absent,
        numbers,
        numbers.transition_spread / np.sqrt(max(numbers.cycles, 1)),
        float(swings.mean()) if swings.size else float("nan"),
        float(swings.std(ddof=1) / np.sqrt(swings.size))
        if swings.size > 1
        else float("nan"),
        descent,
    )


def _no_oscillation(series: Array) -> str | None:
    """Say why a series is no oscillation; None if it is."""
    # That of a wave with such a standard deviation.
    amplitude = float(np.sqrt(2.0) * series.std())
    if amplitude < LEAST_AMPLITUDE:
        return (
            "without its trend and annual cycle the wind has an amplitude of "
            f"{amplitude:.1f} m s-1, expected at least {LEAST_AMPLITUDE:g}"
        )
    peak = find_peak(series, CREDIBLE)
    if peak.is_oscillation:
        return None
    return (
        f"of the Fourier modes of {CREDIBLE[0]:g} to {CREDIBLE[1]:g} months, the "
        f"largest has {peak.power:.1f} times the power of red noise, expected above "
        f"{peak.bound:.1f}, which noise alone exceeds in {CHANCE:.0%} of series"
    )


def _nothing(numbers: Oscillation) -> Oscillation:
    """Leave the spread of the wind alone."""
    nan = float("nan")
    return replace(
        numbers,
        period=nan,
        transition_period=nan,
        transition_spread=nan,
        cycles=0,
        easterly=Phase(nan, nan),
        westerly=Phase(nan, nan),
    )


def lacks_level(run: Run, pressure: float) -> str | None:
    """Say why a run has no values at a pressure [Pa]; None if it has."""
    if find_place(np.log(run.pressure), float(np.log(pressure))) is not None:
        return None
    return (
        f"levels from {run.pressure[0] / 100.0:g} to {run.pressure[-1] / 100.0:g} hPa, "
        f"expected {pressure / 100.0:g} hPa among them"
    )


def _latitudes(run: Run) -> str:
    return f"but {run.latitude[0]:g} to {run.latitude[-1]:g} degrees north"


def _at(run: Run, wind: Array, pressure: float) -> Array:
    place = find_place(np.log(run.pressure), float(np.log(pressure)))
    assert place is not None
    return place.of(wind.T)


def _areas(latitude: Array) -> Array:
    """Area of each row that lies within the band: rows meet half way."""
    between = 0.5 * (latitude[1:] + latitude[:-1])
    edges = np.clip(np.concatenate([[-BAND], between, [BAND]]), -BAND, BAND)
    return np.diff(np.sin(np.deg2rad(edges)))


def _longest_row(month: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of the longest row of months without a gap."""
    parts = np.split(np.arange(month.size), np.flatnonzero(np.diff(month) != 1) + 1)
    return max(parts, key=len)
