"""The axis of time: by date in any calendar, else by the number of the sample."""

import re
from dataclasses import dataclass
from typing import Self

import cftime  # type: ignore[import-untyped]  # it ships no stubs
import numpy as np
from matplotlib.axes import Axes

from gwparam.pages.picture import Array

# A label further from the middle than this share of the axis would touch another.
_OFF = 0.12


@dataclass(frozen=True)
class TimeAxis:
    """Where samples stand on the axis of time, and what is written there.

    Attributes
    ----------
    at : ndarray, shape (time,)
        Days since the first sample, or numbers of the samples from 0.
    names : list of str
        What is written at each sample.
    label : str
        Of the axis.
    """

    at: Array
    names: list[str]
    label: str

    @classmethod
    def numbered(cls, count: int) -> Self:
        """Count the samples, which have no dates."""
        names = [str(number) for number in range(count)]
        return cls(np.arange(count), names, "number of the sample")

    @classmethod
    def of_dates(cls, dates: list[str], calendar: str) -> Self:
        """Place dates ``YYYY-MM-DD HH:MM:SS``, whose time may be absent.

        Dates that are none in the calendar, or not in order, are numbered.
        """
        try:
            moments = [
                cftime.datetime(*map(int, re.findall(r"\d+", text)), calendar=calendar)
                for text in dates
            ]
        except ValueError:
            return cls.numbered(len(dates))
        days = [(moment - moments[0]).total_seconds() / 86400.0 for moment in moments]
        at = np.array(days)
        if (np.diff(at) <= 0.0).any():
            return cls.numbered(len(dates))
        within_days = len(at) > 1 and at[-1] < 3.0
        names = [text[:16] if within_days else text[:10] for text in dates]
        return cls(at, [name.replace(" ", "\n") for name in names], "")

    def draw(self, axis: Axes) -> None:
        """Write some of the names along the horizontal axis, none over another."""
        first, last = 0, len(self.at) - 1
        span = self.at[last] - self.at[first]
        middle = int(np.argmin(np.abs(self.at - self.at[first] - 0.5 * span)))
        off = abs(self.at[middle] - self.at[first] - 0.5 * span)
        chosen = [first, middle, last] if off <= _OFF * span else [first, last]
        axis.set_xticks(
            [float(self.at[place]) for place in chosen],
            [self.names[place] for place in chosen],
        )
        axis.set_xlabel(self.label)
