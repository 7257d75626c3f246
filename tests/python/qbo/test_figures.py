"""Figures of runs: what they are of."""

from dataclasses import replace

import numpy as np

from gwparam.qbo import figures
from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.runs import Run
from gwparam.qbo.testbed import Testbed

COLUMN = column_of(Testbed())


def ramp(years, unstable=-1):
    """A wind that is the day of each."""
    days = years * 360
    wind = np.broadcast_to(np.arange(days)[:, None, None], (days, 1, 73))
    return Run("ramp", COLUMN, wind, (unstable,), ("",), True, [draw_forcing(3, 0)])


def test_ten_days_are_one_value_after_the_spin_up():
    years, wind = figures._shown(ramp(60))
    assert len(years) == 15 * 36
    assert (years[0], years[-1]) == (12 + 5 / 360, 27 - 5 / 360)
    np.testing.assert_array_equal(wind[:2, 0], 12 * 360 + np.array([4.5, 14.5]))


def test_one_that_did_not_last_is_shown_to_its_end():
    years, wind = figures._shown(ramp(60, unstable=50))
    np.testing.assert_array_equal(wind[:, 0], np.arange(50))
    years, wind = figures._shown(ramp(60, unstable=20 * 360))
    assert (years[0], years[-1]) == (5 + 5 / 360, 20 - 5 / 360)


def test_colours_go_to_the_largest_wind_of_those_that_lasted():
    calm = replace(ramp(60), wind=np.full((60 * 360, 1, 73), 33.0))
    assert figures._largest(calm) == 33.0
    assert figures._lasts(calm)
    assert not figures._lasts(ramp(60, unstable=26 * 360))
    assert figures._lasts(ramp(60, unstable=27 * 360))


def test_no_line_where_nothing_lasted():
    assert figures.series([ramp(60, unstable=9)]) is None
    assert figures.statistics([ramp(60, unstable=9)], [()]) is None
