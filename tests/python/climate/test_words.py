import math
from dataclasses import replace

import numpy as np

from gwparam.climate.differences import compare_years
from gwparam.climate.words import (
    difference_rows,
    fixed,
    is_tested,
    notes,
    qbo_headings,
    qbo_rows,
    vortex_headings,
    vortex_rows,
    winter_rows,
    with_error,
)


def test_the_oscillation_stands_beside_what_is_known(climate):
    assert qbo_headings(climate)[1:] == (
        "network",
        "ad99",
        "observed",
        "MiMA with AD99",
    )
    rows = {row[0]: row[1:] for row in qbo_rows(climate)}
    period = rows["period by transitions [months]"]
    numbers = climate.sides[0].qbo.numbers
    assert period[0].startswith(f"{numbers.transition_period:.2f} ± ")
    assert period[2:] == ("27.92 ± 0.87", "28.53 ± 2.40")
    assert rows["cycles"] == ("3", "4", "–", "–")
    assert rows["amplitude, half the range of a cycle [m s-1]"][2] == "22.90 ± 0.53"


def test_the_vortex_has_a_dash_where_there_are_no_days(climate):
    assert vortex_headings(climate)[1:] == ("network", "ad99", "observed")
    rows = {row[0]: row[1:] for row in vortex_rows(climate)}
    assert rows["warmings"] == ("3", "–", "–")
    assert rows["warmings per decade"][2] == "about 6"


def test_winters_without_a_warming_have_no_row(climate):
    rows = winter_rows(climate.sides[0])

    assert [row[:3] for row in rows] == [
        ("1980/81", "1981-01-10", "–"),
        ("1982/83", "1983-02-03", "–"),
        ("1984/85", "1984-12-20", "–"),
        ("1985/86", "none", "1986-03-25"),
    ]
    assert winter_rows(climate.sides[1]) == []


def test_differences_say_how_much_is_significant(climate):
    rows = difference_rows(climate)

    assert len(rows) == 6
    one = climate.differences["eastward_wind"]["annual"]
    assert rows[0][:3] == ("eastward wind", "annual", "10, 12")
    assert rows[0][-1] == f"{one.significant.sum()} of {one.mean.size}"
    assert is_tested(climate).startswith("Welch's test of yearly means")


def test_too_few_years_and_nothing_to_test_are_told_apart(climate):
    years = np.ones((6, 11, 18))
    for count, expected in ((4, "too few years"), (6, "0 of 0")):
        same = compare_years(years[:count], years[:count])
        changed = type(climate)(climate.sides, {"eastward_wind": {"annual": same}})

        assert difference_rows(changed)[0][-1] == expected


def test_no_oscillation_is_told_with_its_reason(climate):
    side = climate.sides[0]
    still = replace(side, qbo=replace(side.qbo, absent="the reason"))

    found = notes(type(climate)([still], {}))

    assert found[0] == "No oscillation of network: the reason."


def test_what_is_not_known_is_told_with_its_reason(climate, alone):
    assert notes(climate) == [
        "Winters of network that are not whole and do not count: 1979/80, 1989/90.",
        "No warmings of ad99: a time every 30.5 days, expected at most 1 day apart.",
    ]
    first, second = notes(alone)
    assert first.startswith("No QBO of short: 24 whole months one after the other")
    assert second.endswith("do not count: 1979/80, 1981/82.")
    assert is_tested(alone) == ""


def test_numbers_are_written_as_far_as_they_are_known():
    assert with_error(1.234, 0.5) == "1.23 ± 0.50"
    assert with_error(1.234, math.nan) == "1.23"
    assert with_error(math.nan, math.nan) == fixed(math.nan, 1) == "–"
