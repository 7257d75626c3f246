"""Means of years and of seasons, and how a run differs from a reference in them."""

import numpy as np
from numpy.typing import NDArray

from gwparam.climate.differences import Difference, compare_years
from gwparam.climate.grids import interpolate
from gwparam.climate.runs import Run

SEASONS = {
    "annual": tuple(range(12)),
    "December to February": (-1, 0, 1),
    "June to August": (5, 6, 7),
}
"""Months since January; one before it is of the year before."""

Array = NDArray[np.float64]


def yearly_means(run: Run, field: str, months: tuple[int, ...]) -> Array:
    """Means of the months of every year that has all of them.

    Returns
    -------
    ndarray, shape (year, level, row)
        NaN where a month has no value.
    """
    place = {int(month): k for k, month in enumerate(run.month)}
    years = range(min(place, default=0) // 12, max(place, default=-1) // 12 + 2)
    wanted = [[12 * year + month for month in months] for year in years]
    chosen = [[place[m] for m in row] for row in wanted if place.keys() >= set(row)]
    values = run.fields[field]
    if not chosen:
        return np.zeros((0, *values.shape[1:]))
    return np.stack([values[row].mean(axis=0) for row in chosen])


def find_differences(
    run: Run, reference: Run, field: str
) -> dict[str, Difference] | str:
    """Compare the zonal means of a field, on the levels and latitudes of the run.

    Returns
    -------
    dict of str to Difference, shape (level, row), or str
        By season; why there is none as a text.
    """
    for side in (run, reference):
        if field not in side.fields:
            return f"{side.label} has no {field}"
    found = {}
    for season, months in SEASONS.items():
        ours, theirs = (yearly_means(side, field, months) for side in (run, reference))
        if not (len(ours) and len(theirs)):
            continue
        if not _is_same(run, reference):
            theirs = interpolate(theirs, reference.grid, run.grid)
        found[season] = compare_years(ours, theirs)
    if not found:
        return (
            f"{run.label} has {run.month.size} and {reference.label} "
            f"{reference.month.size} whole months, expected all of a season in both"
        )
    if not any(one.known.size for one in found.values()):
        return (
            f"{_extent(run)}, and {_extent(reference)}, expected values at some levels "
            "and latitudes in common"
        )
    return found


def _extent(run: Run) -> str:
    top, bottom = run.pressure[[0, -1]] / 100.0
    south, north = run.latitude[[0, -1]]
    return (
        f"{run.label} is from {top:g} to {bottom:g} hPa and from {south:g} to "
        f"{north:g} degrees north"
    )


def _is_same(run: Run, reference: Run) -> bool:
    return all(
        one.shape == other.shape and np.allclose(one, other, rtol=1e-6, atol=1e-3)
        for one, other in zip(run.grid, reference.grid, strict=True)
    )
