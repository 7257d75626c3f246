"""The polar vortex of a run: the winters of its days."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gwparam.climate.equator import lacks_level
from gwparam.climate.runs import DAILY, VORTEX, Run
from gwparam.climate.vortex import Rate, Winter, find_winters, rate


@dataclass(frozen=True)
class Vortex:
    """Winters of a run, and its warmings.

    Attributes
    ----------
    winters : list of Winter
        In order; those that are not whole have no warmings.
    rate : Rate
        Of the warmings of whole winters.
    wind : float
        Mean over these from November to March [m s-1].
    """

    winters: list[Winter]
    rate: Rate
    wind: float


def find_vortex(run: Run) -> Vortex | str:
    """Find the winters and warmings of a run; why there are none as a text."""
    if run.times == 1:
        return f"one time, {run.span}, expected every day of a winter"
    if run.days is None:
        return f"a time every {run.step:g} days, expected at most {DAILY:.0f} day apart"
    if not run.vortex.size:
        return lacks_level(run, VORTEX[0]) or (
            f"latitudes from {run.latitude[0]:g} to {run.latitude[-1]:g} degrees "
            f"north, expected {VORTEX[1]:g} among them"
        )
    winters = find_winters(run.vortex, run.days)
    whole = [winter.wind for winter in winters if winter.whole]
    if not whole:
        if lacking := int(np.isnan(run.vortex).sum()):
            return (
                f"on {lacking} of {run.vortex.size} days less than nine tenths of the "
                "values at 10 hPa and 60N are known, expected all days from 1 November "
                "to 30 April of a winter"
            )
        return (
            f"{run.times} times from {run.span}, expected every day from 1 November to "
            "30 April of a winter"
        )
    return Vortex(winters, rate(winters), float(np.mean(whole)))


def day_of(run: Run, place: int) -> str:
    """Date of a day of `Run.vortex`."""
    assert run.days is not None
    parts: list[Any] = [getattr(run.days, p)[place] for p in ("year", "month", "day")]
    return f"{parts[0]:04d}-{parts[1]:02d}-{parts[2]:02d}"
