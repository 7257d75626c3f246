"""What is said of a run: closed forms in, closed forms out."""

from dataclasses import replace

import numpy as np
import pytest

from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.runs import Run
from gwparam.qbo.summary import (
    HEIGHTS,
    PUBLISHED,
    quantities,
    resolution,
    spinup_days,
    spinup_years,
    spread,
    summarise,
    wind_at,
)
from gwparam.qbo.table import differences, published_rows, rows, unstable_lines
from gwparam.qbo.testbed import Testbed

COLUMN = column_of(Testbed())
DAYS = 108 * 360
PERIOD = 28.0 * 30  # days


def descending(amplitudes, speed=1.0, unstable=None):
    """Sines of 28 months that come down by so many km a month, one a member."""
    day = np.arange(DAYS)[:, None, None]
    height = COLUMN.height / 1e3
    phase = 2 * np.pi * (day + 30.0 * height / speed) / PERIOD
    wind = np.array(amplitudes)[None, :, None] * np.sin(phase)
    members = len(amplitudes)
    return Run(
        "sine",
        COLUMN,
        wind.astype(np.float32),
        tuple(unstable or [-1] * members),
        ("",) * members,
        True,
        [draw_forcing(10, 0)] * members,
    )


def test_numbers_of_a_sine():
    run = descending([20.0, 24.0], speed=1.25)
    members = summarise(run)
    for number, amplitude in enumerate((20.0, 24.0)):
        for height in HEIGHTS:
            found = members[number].at[height]
            assert abs(found.period - 28.0) < resolution(run, 28.0)
            assert found.transition_period == pytest.approx(28.0, abs=1e-3)
            assert found.amplitude == pytest.approx(amplitude / np.sqrt(2), rel=0.01)
            assert found.easterly.length == pytest.approx(14.0, abs=0.05)
        for rate in members[number].descent.values():
            assert rate == pytest.approx(1.25, abs=0.01)
    found = dict(zip((q[0] for q in quantities()), rows([members]), strict=True))
    assert found["amplitude 25 km"][1] == "15.54 ± 2.00"  # 41.1 cycles
    assert found["descent of westerlies"][1].startswith("1.25 ± ")


def test_spread_leaves_out_who_did_not_last():
    members = summarise(descending([20.0, 24.0, 99.0], unstable=[-1, -1, 700]))
    assert members[2].unstable == 700
    mean, deviation = spread(members, lambda m: m.at[25].amplitude)
    assert mean == pytest.approx(22.0 / np.sqrt(2), rel=0.01)
    assert deviation == pytest.approx(4.0 / np.sqrt(2) / np.sqrt(2), rel=0.01)
    assert np.isnan(spread(members[2:], lambda m: m.at[25].amplitude)).all()


def test_wind_between_levels():
    run = descending([1.0])
    k = 20
    run.wind[5, 0, k : k + 2] = (10.0, 20.0)
    height = COLUMN.height[k] / 1e3
    assert wind_at(run, 0, height)[5] == pytest.approx(10.0)
    assert wind_at(run, 0, height + 0.05)[5] == pytest.approx(12.0)


def test_differences_to_what_was_published():
    members = summarise(descending([20.0]))
    table = published_rows(PUBLISHED, [members])
    assert [row[0].split(",")[0] for row in table] == [
        "control case",
        "control case",
        "observed",
    ]
    assert table[1][1:3] == ("28 ± 0.7", "21 ± 0.3")
    assert table[1][3] == "+0.1 months, −6.9 m s⁻¹"  # 14.1 less 21
    period, amplitude = differences(members, PUBLISHED[0])
    assert period == pytest.approx(28.0 - 25.9, abs=0.2)
    assert amplitude == pytest.approx(20.0 / np.sqrt(2) - 33.8, abs=0.1)


def test_a_run_that_did_not_last_is_said():
    alone = descending([1.0], unstable=[36])
    some = descending([1.0, 1.0, 1.0], unstable=[-1, 10, 20])
    assert unstable_lines([alone, descending([1.0]), some]) == [
        "sine is unstable: day 37, the wind passed 300 m s-1 or was not finite",
        "2 of 3 members of sine are unstable: day 11 to 21, the wind passed 300 m s-1 "
        "or was not finite",
    ]
    both = replace(some, failures=("", "the drag is nan", ""))
    assert unstable_lines([both])[0].endswith(
        ": day 11 to 21, the drag is nan; the wind passed 300 m s-1 or was not finite"
    )
    members = summarise(alone)
    assert {row[1] for row in rows([members])} == {"–"}
    assert {row[3] for row in published_rows(PUBLISHED, [members])} == {"–"}


def test_spin_up():
    assert spinup_days(108 * 360) == 12 * 360
    assert spinup_days(6 * 360) == 2 * 360
    assert [spinup_years(n * 360) for n in (108, 2, 35)] == ["12", "0.7", "11.7"]
