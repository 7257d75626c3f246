"""Statistics of the oscillation as one vector, with the covariance of their sampling.

Monthly means of the wind stand for the run. Every statistic is smooth in the wind,
bounded, and there for a wind that does not oscillate too, as an inversion needs it.
"""

from dataclasses import dataclass
from os import PathLike

import netCDF4
import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ModelFileError, ShapeError, wrong_setting
from gwparam.qbo.testbed import DAYS_A_MONTH, Testbed, statistics_period
from gwparam.whole_files import replacement, writing

Array = NDArray[np.float64]

WINDOW_YEARS = 12
"""Of which statistics are taken where nothing else is said."""
PERIODS = (6.0, 60.0)
"""Months between which a period is looked for."""
_FINE = range(18, 35)  # km
_COARSE = range(18, 35, 2)
_PERIOD_AT = (20, 25, 30)
_LAGS = range(3, 37, 3)  # months
_DESCENT_LAGS = range(0, 25, 3)
_PADDED = 8
_LEAST_DEVIATION = 1e-3  # m s-1; a wind that stands still has no shape


def statistic_names() -> list[str]:
    """Names of the 85 statistics, in their order."""
    names = [f"mean_at_{km}_km" for km in _FINE]
    names += [f"standard_deviation_at_{km}_km" for km in _FINE]
    names += [f"skewness_at_{km}_km" for km in _COARSE]
    for phase in ("westerly", "easterly"):
        names += [f"{phase}_phase_mean_at_{km}_km" for km in _COARSE]
    names += [f"period_at_{km}_km" for km in _PERIOD_AT]
    names += [f"autocorrelation_after_{lag}_months" for lag in _LAGS]
    return [
        *names,
        *(f"descent_correlation_after_{lag}_months" for lag in _DESCENT_LAGS),
    ]


def monthly_means(wind: Array) -> Array:
    """Average days to months, shape (month, ...); days after the last whole one go."""
    months = len(wind) // DAYS_A_MONTH
    whole = wind[: months * DAYS_A_MONTH]
    found: Array = whole.reshape(months, DAYS_A_MONTH, *wind.shape[1:]).mean(axis=1)
    return found


def statistics(months: Array, testbed: Testbed) -> Array:
    """Describe the oscillation of columns.

    Parameters
    ----------
    months : ndarray, shape (month, column, nlev)
        Monthly means of the wind [m s-1], spin-up left out. A column with a value that
        is not finite gets NaN.
    testbed : Testbed
        Where the levels are.

    Returns
    -------
    ndarray, shape (column, statistic)
        As `statistic_names` says: means, standard deviations and means of the phases
        [m s-1], a phase being the months in which the wind at 25 km has its sign;
        periods [months]; correlations of the wind at 25 km with itself later, and of
        that at 20 km with that at 30 km before.

    Raises
    ------
    ShapeError
        If the months are too few, or the levels not those of the testbed.
    """
    least = int(max(_LAGS[-1] + 1, 2 * PERIODS[0]))
    if (
        months.ndim != 3
        or len(months) < least
        or months.shape[2] != len(testbed.height)
    ):
        raise ShapeError(
            f"the wind has shape {months.shape}, expected at least {least} months, "
            f"columns and {len(testbed.height)} levels"
        )
    finite = np.asarray(np.isfinite(months).all(axis=(0, 2)))
    wind = np.where(finite[:, np.newaxis], months, 0.0)

    def at(km: int) -> Array:
        return wind[:, :, testbed.level(1e3 * km)]

    fine = np.stack([at(km) for km in _FINE], axis=-1)
    coarse = np.stack([at(km) for km in _COARSE], axis=-1)
    parts = [fine.mean(axis=0), fine.std(axis=0), _skewness(coarse)]
    for sign in (1.0, -1.0):
        parts.append(_phase_mean(coarse, sign * at(25) > 0.0))
    parts += [peak_period(at(km))[:, np.newaxis] for km in _PERIOD_AT]
    parts.append(np.stack([_correlation(at(25), at(25), lag) for lag in _LAGS], -1))
    lagged = [_correlation(at(30), at(20), lag) for lag in _DESCENT_LAGS]
    parts.append(np.stack(lagged, axis=-1))
    found = np.concatenate(parts, axis=1)
    found[~finite] = np.nan
    return found


def _skewness(wind: Array) -> Array:
    departure = wind - wind.mean(axis=0)
    deviation = np.maximum(departure.std(axis=0), _LEAST_DEVIATION)
    found: Array = np.power(departure / deviation, 3).mean(axis=0)
    return found


def _phase_mean(wind: Array, of_phase: NDArray[np.bool_]) -> Array:
    """Mean over the months of a phase; of all months where there are none."""
    weight = of_phase[..., np.newaxis] + 1e-6
    found: Array = (weight * wind).sum(axis=0) / weight.sum(axis=0)
    return found


def peak_period(wind: Array) -> Array:
    """Period of the highest peak of the spectrum, between its frequencies.

    Parameters
    ----------
    wind : ndarray, shape (month, column)
        [m s-1].

    Returns
    -------
    ndarray, shape (column,)
        Months, within `PERIODS`. Unlike that of the largest Fourier mode it changes
        smoothly with the wind: a parabola through the logarithm of the tapered
        spectrum.
    """
    tapered = (wind - wind.mean(axis=0)) * np.hanning(len(wind))[:, np.newaxis]
    length = _PADDED * len(wind)
    power = np.log(np.abs(np.fft.rfft(tapered, length, axis=0)) + 1e-12)
    shortest, longest = PERIODS
    first, last = int(np.ceil(length / longest)), int(np.floor(length / shortest))
    peak = first + power[first : last + 1].argmax(axis=0)
    below, middle, above = (
        np.take_along_axis(power, (peak + d)[np.newaxis], axis=0)[0] for d in (-1, 0, 1)
    )
    bend = below - 2.0 * middle + above
    shift = np.where(bend < 0.0, 0.5 * (below - above) / np.minimum(bend, -1e-12), 0.0)
    found: Array = np.clip(length / (peak + np.clip(shift, -0.5, 0.5)), *PERIODS)
    return found


def _correlation(earlier: Array, later: Array, lag: int) -> Array:
    """Correlate a wind with another one some months later, shape (column,)."""
    end = len(earlier) - lag
    product = (earlier - earlier.mean(axis=0))[:end] * (later - later.mean(axis=0))[
        lag:
    ]
    deviations = np.maximum(earlier.std(axis=0), _LEAST_DEVIATION) * np.maximum(
        later.std(axis=0), _LEAST_DEVIATION
    )
    found: Array = product.mean(axis=0) / deviations
    return found


@dataclass(frozen=True)
class StatisticsOfRun:
    """What a long run is like.

    Attributes
    ----------
    names : tuple of str
        Of the statistics.
    values : ndarray, shape (statistic,)
        Mean over the windows.
    covariance : ndarray, shape (statistic, statistic)
        Of one window.
    window_years : int
        Length of a window.
    windows : int
        How many there are.
    """

    names: tuple[str, ...]
    values: Array
    covariance: Array
    window_years: int
    windows: int


def statistics_of_run(
    months: Array, testbed: Testbed, window_years: int = WINDOW_YEARS
) -> StatisticsOfRun:
    """Take statistics of each window of runs, their mean and covariance.

    The covariance is shrunk towards its diagonal as far as windows are few: Schäfer and
    Strimmer (2005), Stat. Appl. Genet. Mol. Biol. 4, 32.

    Parameters
    ----------
    months : ndarray, shape (month, column, nlev)
        Monthly means of the wind [m s-1], spin-up left out.
    testbed : Testbed
        Where the levels are.
    window_years : int
        Length of a window; windows do not overlap.

    Raises
    ------
    ArgumentError
        If there are fewer than 3 windows, or the wind is not finite.
    """
    length = 12 * window_years
    starts = range(0, len(months) - length + 1, length)
    windows = len(starts) * months.shape[1]
    if windows < 3:
        raise wrong_setting(
            "window_years",
            window_years,
            f"at least 3 windows in {len(months) // 12} years of {months.shape[1]} "
            "runs",
        )
    each = np.concatenate(
        [statistics(months[start : start + length], testbed) for start in starts]
    )
    if not np.isfinite(each).all():
        raise ShapeError("the wind is not finite, expected a run that is stable")
    return StatisticsOfRun(
        tuple(statistic_names()),
        each.mean(axis=0),
        shrunk_covariance(each),
        window_years,
        windows,
    )


def shrunk_covariance(samples: Array) -> Array:
    """Estimate a covariance from few samples, shape (sample, value)."""
    count = len(samples)
    departure = samples - samples.mean(axis=0)
    deviation = np.sqrt(np.square(departure).sum(axis=0) / (count - 1))
    # No statistic is known better than this, whatever a few windows say.
    deviation = np.maximum(
        deviation, 1e-3 * np.maximum(np.abs(samples).max(axis=0), 1e-2)
    )
    scaled = departure / deviation
    products = scaled[:, :, np.newaxis] * scaled[:, np.newaxis, :]
    correlation = products.sum(axis=0) / (count - 1)
    noise = np.square(products - products.mean(axis=0)).sum(axis=0)
    noise *= count / (count - 1) ** 3
    apart = ~np.eye(len(deviation), dtype=bool)
    total = np.square(correlation[apart]).sum()
    share = 1.0 if total == 0.0 else min(1.0, float(noise[apart].sum() / total))
    # Never quite none: a covariance of few samples has no inverse.
    correlation[apart] *= 1.0 - max(share, 0.01)
    np.fill_diagonal(correlation, 1.0)
    found: Array = correlation * np.outer(deviation, deviation)
    return found


def write_statistics(
    path: str | PathLike[str],
    wind: Array,
    testbed: Testbed,
    window_years: int = WINDOW_YEARS,
) -> StatisticsOfRun:
    """Write what ``gwparam calibrate --against`` takes.

    Parameters
    ----------
    path : path-like
        A netCDF file.
    wind : ndarray, shape (day, nlev) or (day, column, nlev)
        Of a whole run or of several [m s-1]; the first 12 years are left out.
    testbed : Testbed
        Where the levels are.
    window_years : int
        As of `statistics_of_run`.

    Raises
    ------
    ArgumentError, ShapeError
        As `statistics_of_run`.
    ModelFileError
        If it cannot be written.
    """
    days = wind[statistics_period(len(wind))]
    months = monthly_means(days if days.ndim == 3 else days[:, np.newaxis])
    found = statistics_of_run(months, testbed, window_years)
    save_statistics(path, found)
    return found


def save_statistics(path: str | PathLike[str], found: StatisticsOfRun) -> None:
    """Write a file; an older one stays as it was until the new one is whole."""
    with (
        writing(path),
        replacement(path) as partial,
        netCDF4.Dataset(partial, "w") as file,
    ):
        file.title = "Statistics of a quasi-biennial oscillation"
        file.window_years, file.windows = found.window_years, found.windows
        file.createDimension("statistic", len(found.names))
        file.createDimension("other_statistic", len(found.names))
        names = file.createVariable("name", str, ("statistic",))
        for i, name in enumerate(found.names):
            names[i] = name
        values = file.createVariable("value", "f8", ("statistic",))
        values.long_name = "mean over windows; m s-1, months or 1"
        values[:] = found.values
        covariance = file.createVariable(
            "covariance", "f8", ("statistic", "other_statistic")
        )
        covariance.long_name = "of the sampling of one window"
        covariance[:] = found.covariance


def read_statistics(path: str | PathLike[str]) -> StatisticsOfRun:
    """Read a file of `write_statistics`.

    Raises
    ------
    ModelFileError
        If it is none, or holds what no run gives.
    """
    try:
        with netCDF4.Dataset(path) as file:
            names = tuple(str(name) for name in file["name"][:])
            values = np.ma.filled(file["value"][:].astype(np.float64), np.nan)
            covariance = np.ma.filled(file["covariance"][:].astype(np.float64), np.nan)
            years, windows = int(file.window_years), int(file.windows)
    except (OSError, IndexError, AttributeError, ValueError, KeyError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(
            f"cannot read {path}: {reason}, expected statistics of gwparam"
        ) from None
    unknown = sorted(set(names) - set(statistic_names()))
    if unknown or len(set(names)) < len(names):
        raise ModelFileError(
            f"{path}: name has {unknown[0] if unknown else 'one twice'}, expected "
            "those of gwparam"
        )
    if values.shape != (len(names),) or covariance.shape != (len(names), len(names)):
        raise ModelFileError(
            f"{path}: value and covariance have shapes {values.shape} and "
            f"{covariance.shape}, expected those of {len(names)} names"
        )
    if not (np.isfinite(values).all() and np.isfinite(covariance).all()):
        raise ModelFileError(f"{path}: value or covariance is not finite")
    if years < 1:
        raise ModelFileError(f"{path}: window_years is {years}, expected at least 1")
    return StatisticsOfRun(names, values, covariance, years, windows)
