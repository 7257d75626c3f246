import cftime
import numpy as np
import pytest

from gwparam.climate.vortex import Days, find_winters, rate
from gwparam.errors import ShapeError

WESTERLY, EASTERLY = 30.0, -5.0


def days(first, last, calendar="noleap"):
    """Every day between two dates."""
    units = "days since 0001-01-01"
    begin, end = (
        int(cftime.date2num(cftime.datetime(*date, calendar=calendar), units, calendar))
        for date in (first, last)
    )
    number = np.arange(begin, end + 1)
    dates = cftime.num2date(number, units, calendar)
    parts = np.array([(date.year, date.month, date.day) for date in dates])
    return Days(*parts.T, number)


def place(found, year, month, day):
    (at,) = np.flatnonzero(
        (found.year == year) & (found.month == month) & (found.day == day)
    )
    return int(at)


def winter(*spells, calendar="noleap", first=(1999, 7, 1), last=(2000, 6, 30)):
    """Westerlies but for spells of easterlies: first month and day, and how long."""
    when = days(first, last, calendar)
    wind = np.full(when.number.size, WESTERLY)
    for month, day, length in spells:
        year = 1999 if month > 6 else 2000
        start = place(when, year, month, day)
        wind[start : start + length] = EASTERLY
    return wind, when


def dates(winter, when):
    return [(int(when.month[k]), int(when.day[k])) for k in winter.warmings]


@pytest.mark.parametrize("calendar", ["noleap", "standard", "360_day"])
def test_a_warming_is_the_first_day_of_easterlies(calendar):
    wind, when = winter((12, 20, 15), (2, 10, 8), calendar=calendar)

    (found,) = find_winters(wind, when)

    assert found.name == "1999/00"
    assert found.whole
    assert dates(found, when) == [(12, 20), (2, 10)]
    assert found.final is None


def test_warmings_need_twenty_days_of_westerlies_between_them():
    near, when = winter((1, 1, 5), (1, 25, 3))  # 19 days
    far, _ = winter((1, 1, 5), (1, 26, 3))  # 20 days

    assert dates(find_winters(near, when)[0], when) == [(1, 1)]
    assert dates(find_winters(far, when)[0], when) == [(1, 1), (1, 26)]


def test_days_of_westerlies_that_are_interrupted_do_not_add_up():
    wind, when = winter((1, 1, 5), (1, 17, 1), (1, 29, 4))  # 11 and 11 days

    assert dates(find_winters(wind, when)[0], when) == [(1, 1)]


def test_the_final_warming_is_left_out():
    """It does not return for ten days before 30 April."""
    for_good, when = winter((1, 5, 5), (3, 20, 90))
    back_for_nine, _ = winter((3, 20, 32), (4, 30, 30))  # 21 to 29 April
    back_for_ten, _ = winter((3, 20, 31), (4, 30, 30))

    (found,) = find_winters(for_good, when)
    assert dates(found, when) == [(1, 5)]
    assert found.final == place(when, 2000, 3, 20)
    assert not find_winters(back_for_nine, when)[0].warmings
    assert dates(find_winters(back_for_ten, when)[0], when) == [(3, 20)]


def test_a_reversal_of_april_is_no_warming():
    wind, when = winter((4, 1, 60))

    (found,) = find_winters(wind, when)

    assert found.warmings == ()
    assert found.final is None


def test_easterlies_that_last_from_october_are_no_warming():
    before, when = winter((10, 20, 20))
    on_the_day, _ = winter((11, 1, 8))

    assert not find_winters(before, when)[0].warmings
    assert dates(find_winters(on_the_day, when)[0], when) == [(11, 1)]


def test_a_series_that_begins_in_easterlies_has_no_warming_there():
    wind, when = winter((11, 1, 8), first=(1999, 11, 1))

    assert not find_winters(wind, when)[0].warmings


def test_winters_with_holes_are_not_judged():
    wind, when = winter((1, 5, 5))
    late, when_late = winter((1, 5, 5), first=(1999, 11, 2))
    unknown = wind.copy()
    unknown[place(when, 2000, 2, 1)] = np.nan
    keep = np.delete(np.arange(wind.size), place(when, 2000, 2, 1))
    parts = (when.year, when.month, when.day, when.number)
    gap = Days(*(part[keep] for part in parts))

    for series, dates_ in ((late, when_late), (unknown, when), (wind[keep], gap)):
        (found,) = find_winters(series, dates_)
        assert not found.whole
        assert found.warmings == ()


def test_the_mean_wind_is_that_of_november_to_march():
    wind, when = winter()
    wind[np.isin(when.month, (4, 5, 6, 7, 8, 9, 10))] = -20.0

    assert find_winters(wind, when)[0].wind == WESTERLY


def test_the_rate_is_over_whole_winters():
    when = days((1990, 7, 1), (1994, 1, 31))
    wind = np.full(when.number.size, WESTERLY)
    for date in ((1990, 12, 1), (1991, 2, 1), (1992, 1, 10), (1993, 12, 5)):
        at = place(when, *date)
        wind[at : at + 5] = EASTERLY

    winters = find_winters(wind, when)
    found = rate(winters)

    assert [winter.whole for winter in winters] == [True, True, True, False]
    assert (found.warmings, found.winters) == (3, 3)
    assert found.per_decade == pytest.approx(10.0)
    # Two, one and none: a standard deviation of 1.
    assert found.standard_error == pytest.approx(10.0 / np.sqrt(3.0))


def test_no_whole_winter_has_no_rate():
    wind, when = winter(first=(2000, 1, 1))

    assert np.isnan(rate(find_winters(wind, when)).per_decade)


def test_as_many_days_as_winds_are_expected():
    wind, when = winter()

    with pytest.raises(ShapeError, match="wind has shape"):
        find_winters(wind[1:], when)
