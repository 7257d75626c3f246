from dataclasses import replace

import numpy as np
import pytest
from climate_runs import WESTERLY

from gwparam.climate.warmings import day_of, find_vortex


@pytest.fixture(scope="module")
def found(run):
    return find_vortex(run)


def test_planted_warmings_are_found_and_no_others(run, found):
    """The south, which is easterly in all of these winters, makes none."""
    dates = [day_of(run, k) for winter in found.winters for k in winter.warmings]

    assert dates == ["1981-01-10", "1983-02-03", "1984-12-20"]
    final = [day_of(run, w.final) for w in found.winters if w.final is not None]
    assert final == ["1986-03-25"]


def test_winters_of_the_ends_do_not_count(found):
    names = [winter.name for winter in found.winters if not winter.whole]

    assert names == ["1979/80", "1989/90"]
    assert (found.rate.warmings, found.rate.winters) == (3, 9)
    assert found.rate.per_decade == pytest.approx(10.0 / 3.0)


def test_the_mean_wind_is_that_of_winter(found):
    days = 9 * 151
    easterly = 12 + 6 + 10 + 10 + 7
    expected = WESTERLY - (WESTERLY + 8.0) * easterly / days
    assert found.wind == pytest.approx(expected, abs=0.6)


def test_monthly_output_says_what_it_lacks(reference):
    assert find_vortex(reference) == (
        "a time every 30.5 days, expected at most 1 day apart"
    )


def test_a_run_without_60_north_or_10_hpa_says_so(run):
    nothing = replace(run, vortex=run.vortex[:0])

    tropics = find_vortex(replace(nothing, latitude=run.latitude / 3.0))
    low = find_vortex(replace(nothing, pressure=run.pressure * 10.0))

    assert tropics.endswith("degrees north, expected 60 among them")
    assert low == "levels from 30 to 9250 hPa, expected 10 hPa among them"


def test_a_run_without_a_whole_winter_says_so(read_made):
    why = find_vortex(read_made(years=1))

    assert why.startswith("365 times from 1980-01-01 to 1980-12-31, expected every day")


def test_missing_values_are_told_as_such(run):
    wind = run.vortex.copy()
    wind[::30] = np.nan

    why = find_vortex(replace(run, vortex=wind))

    assert why.startswith("on 122 of 3650 days less than nine tenths of the values")


def test_one_time_says_so(run):
    one = replace(run, times=1, step=float("nan"), days=None, span="a to a")

    assert find_vortex(one) == "one time, a to a, expected every day of a winter"
