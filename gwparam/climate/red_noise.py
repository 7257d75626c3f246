"""Whether a series oscillates, or only remembers: the test against red noise.

White and red noise change their sign every so often too, and their largest Fourier mode
has some period. An oscillation has a mode of more power than red noise of the same
variance and memory comes to by chance (Gilman et al. 1963, J. Atmos. Sci. 20, 182-184;
Torrence and Compo 1998, Bull. Amer. Meteor. Soc. 79, 61-78, equations 16 and 18).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.01
"""Probability by which the largest of all modes may exceed its bound by chance."""

Array = NDArray[np.float64]


class Peak(NamedTuple):
    """The mode that stands out most.

    Attributes
    ----------
    period : float
        [steps]; NaN without a mode.
    power : float
        Of that which red noise has there on average.
    bound : float
        Which that of noise exceeds with probability `LEVEL`.
    """

    period: float
    power: float
    bound: float

    @property
    def is_oscillation(self) -> bool:
        """Whether noise alone would hardly do it."""
        return self.power > self.bound


def without_seasons(series: Array, year: float = 12.0) -> Array:
    """Take a linear trend and the seasons from a series, not its mean.

    Parameters
    ----------
    series : ndarray, shape (time,)
        Evenly spaced.
    year : float
        Steps of a year, of which the first two harmonics are taken away.

    Returns
    -------
    ndarray, shape (time,)
        What is left, by least squares.
    """
    time = np.arange(series.size)
    phases = [2.0 * np.pi * harmonic * time / year for harmonic in (1, 2)]
    waves = [wave(phase) for phase in phases for wave in (np.cos, np.sin)]
    columns = np.stack([np.ones(series.size), time, *waves], axis=1)
    found, *_ = np.linalg.lstsq(columns, series, rcond=None)
    left: Array = series - columns @ found + series.mean()
    return left


def find_peak(series: Array, periods: tuple[float, float]) -> Peak:
    """Find the mode that exceeds red noise by most.

    Parameters
    ----------
    series : ndarray, shape (time,)
        Evenly spaced; without trend and seasons.
    periods : tuple of float
        Shortest and longest one that is looked at [steps].
    """
    anomaly = series - series.mean()
    variance = float(anomaly @ anomaly) / anomaly.size
    frequency = np.fft.rfftfreq(anomaly.size)
    chosen = (frequency >= 1.0 / periods[1]) & (frequency <= 1.0 / periods[0])
    bound = float(-np.log(1.0 - (1.0 - LEVEL) ** (1.0 / max(chosen.sum(), 1))))
    if not (chosen.any() and variance > 0.0):
        return Peak(float("nan"), 0.0, bound)
    memory = float(anomaly[1:] @ anomaly[:-1]) / (anomaly.size * variance)
    wave = np.cos(2.0 * np.pi * frequency)
    noise = (1.0 - memory**2) / (1.0 + memory**2 - 2.0 * memory * wave)
    power = np.abs(np.fft.rfft(anomaly)) ** 2 / (anomaly.size * variance) / noise
    largest = np.flatnonzero(chosen)[power[chosen].argmax()]
    return Peak(float(1.0 / frequency[largest]), float(power[largest]), bound)
