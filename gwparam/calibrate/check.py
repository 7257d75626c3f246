"""Long runs before and after: the oscillation of several sources, beside the wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.calibrate.target import Wanted
from gwparam.climate.oscillation import fourier_period
from gwparam.qbo.batch import DragOfDay
from gwparam.qbo.forcing import Forcing, draw_forcing
from gwparam.qbo.months import run_months
from gwparam.qbo.statistics import statistic_names, statistics
from gwparam.qbo.testbed import DAYS_A_MONTH, SPINUP_YEARS, Testbed

Array = NDArray[np.float64]

HEIGHTS = (20, 25, 30)
"""Where the oscillation is looked at [km]."""
LARGEST_MISFIT = 10.0
"""A misfit above it is no oscillation as wanted: one as wanted has about 1."""
LARGEST_ERROR = 0.1
"""Errors up to it need not fall."""
DragOfForcings = Callable[[Sequence[Forcing]], DragOfDay]


@dataclass(frozen=True)
class Run:
    """The oscillation with one source of waves.

    Attributes
    ----------
    seed : int
        Of the source.
    stable : bool
        Whether it lasted.
    period, amplitude : tuple of float
        Of the largest Fourier mode [months] and standard deviation of monthly means
        [m s-1], at `HEIGHTS`; NaN if it is not stable.
    """

    seed: int
    stable: bool
    period: tuple[float, ...]
    amplitude: tuple[float, ...]


@dataclass(frozen=True)
class Check:
    """Runs of one network or source.

    Attributes
    ----------
    runs : tuple of Run
        One a seed.
    statistics : ndarray, shape (statistic,)
        Mean over the windows of all runs; NaN if one is not stable.
    misfit : float
        Of these.
    wind : ndarray, shape (month, nlev)
        Of the first run, spin-up included [m s-1].
    """

    runs: tuple[Run, ...]
    statistics: Array
    misfit: float
    wind: Array

    def errors(self, wanted: Wanted) -> dict[str, float]:
        """Departure from what is wanted, as a share of it.

        Of the period and the standard deviations at `HEIGHTS`, as far as they are
        wanted.
        """
        kinds = ("period", "standard_deviation")
        names = statistic_names()
        found = {}
        for name in (f"{kind}_at_{km}_km" for kind in kinds for km in HEIGHTS):
            value = wanted.value(name)
            if value:
                found[name] = float(self.statistics[names.index(name)] / value - 1.0)
        return found

    @property
    def counted_months(self) -> int:
        """Months of each run after the spin-up."""
        return len(self.wind) - 12 * SPINUP_YEARS

    @property
    def resolution(self) -> float:
        """How far apart periods of neighbouring Fourier modes are at most [months].

        Of the longest period of the runs; NaN if none is stable.
        """
        periods = [value for run in self.runs if run.stable for value in run.period]
        return max(periods, default=float("nan")) ** 2 / self.counted_months


def doubts(before: Check, after: Check, wanted: Wanted) -> list[str]:
    """Say why a calibration did not do what it should.

    Parameters
    ----------
    before, after : Check
        Of the same sources.
    wanted : Wanted
        What it aimed at.

    Returns
    -------
    list of str
        One for a misfit above `LARGEST_MISFIT`, and one for each error above
        `LARGEST_ERROR` that did not fall; none where all is well.
    """
    found = []
    if after.misfit > LARGEST_MISFIT:
        found.append(
            f"the misfit is {after.misfit:.4g} after, expected about 1, at most "
            f"{LARGEST_MISFIT:g}: the oscillation is not the wanted one"
        )
    old = before.errors(wanted)
    for name, error in after.errors(wanted).items():
        if abs(error) > LARGEST_ERROR and abs(error) >= abs(old[name]):
            found.append(
                f"the error of {name} is {error:+.1%} after, {old[name]:+.1%} before, "
                "expected a smaller one"
            )
    return found


def check(
    drag: DragOfForcings,
    seeds: Sequence[int],
    years: int,
    window_years: int,
    wanted: Wanted,
    testbed: Testbed,
    advance: Callable[[], None] = lambda: None,
) -> Check:
    """Run a network or a source for long, with several sources at once.

    Parameters
    ----------
    drag : callable
        Drag of columns by the source of each.
    seeds : sequence of int
        Of the sources.
    years : int
        How long; the first 12 do not count.
    window_years : int
        Length of the windows that statistics are taken of.
    wanted : Wanted
        What it should be like.
    testbed : Testbed
        Its settings.
    advance : callable
        Called after each month.
    """
    months = 12 * years
    forcings = [draw_forcing(months * DAYS_A_MONTH, seed) for seed in seeds]
    wind = run_months(testbed, drag(forcings), len(seeds), months, advance=advance)
    counted = wind[12 * SPINUP_YEARS :]
    window = 12 * window_years
    starts = range(0, len(counted) - window + 1, window)
    each = [statistics(counted[s : s + window], testbed) for s in starts]
    found: Array = np.mean(each, axis=(0, 1))
    runs = tuple(
        _run(seed, counted[:, column], testbed) for column, seed in enumerate(seeds)
    )
    misfit = float(wanted.target.misfit(found[wanted.places]))
    return Check(runs, found, misfit, wind[:, 0])


def _run(seed: int, wind: Array, testbed: Testbed) -> Run:
    if not np.isfinite(wind).all():
        undefined = (float("nan"),) * len(HEIGHTS)
        return Run(seed, False, undefined, undefined)
    levels = [testbed.level(1e3 * km) for km in HEIGHTS]
    return Run(
        seed,
        True,
        tuple(fourier_period(wind[:, level], 1.0) for level in levels),
        tuple(float(wind[:, level].std()) for level in levels),
    )
