import pytest

from gwparam.contract import Vertical
from gwparam.data.host_levels import HostLevels, host_levels, warning
from gwparam.data.levels import Levels

NOMINAL = (200.0, 900.0, 5e4)


def network(order="top_down", nominal=NOMINAL):
    return Vertical("host", order, 3, nominal, 0.1)


def file(*pressure, order="top_down", formula="a + b * ps"):
    return Levels("lev", pressure, order, formula)


def test_pressures_within_the_tolerance_are_told_as_they_are():
    levels = file(210.0, 850.0, 5.2e4)

    assert host_levels(network(), levels) == HostLevels(levels.pressure)


@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
def test_pressures_of_a_formula_at_the_top_are_those_of_the_network(order):
    levels = file(5.2e4, 700.0, 60.0, order="bottom_up")
    nominal = NOMINAL if order == "top_down" else NOMINAL[::-1]

    found = host_levels(network(order, nominal), levels)

    assert found.pressure == NOMINAL[::-1]
    worst = "the network's: 2, at worst level 2 (from 0) at 60 Pa, the network's 200 Pa"
    assert worst in found.note
    assert "a + b * ps" in found.note


@pytest.mark.parametrize(
    "levels",
    [
        file(60.0, 900.0, 5e4, formula=None),
        file(60.0, 900.0, 6e4),
        file(200.0, 1010.0, 5e4),
        file(60.0, 900.0),
    ],
    ids=["stated", "below", "across 10 hPa", "other number"],
)
def test_others_are_left_for_the_library_to_refuse(levels):
    assert host_levels(network(), levels) == HostLevels(levels.pressure)


def test_a_network_without_nominal_pressures_takes_any():
    levels = file(60.0, 900.0, 6e4)

    assert host_levels(network(nominal=None), levels) == HostLevels(levels.pressure)


def test_a_note_is_one_line():
    assert warning("", "net") == []
    assert warning("said", "net") == ["gwparam: warning: net: said"]
