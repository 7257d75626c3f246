import numpy as np
import pytest

from gwparam.data.missing import LeftOut, State, present_columns, spread
from gwparam.errors import NonFiniteError

SHAPE = (2, 3)


def mask(*places):
    found = np.zeros(SHAPE, bool)
    for place in places:
        found[place] = True
    return found


def test_selected_columns_are_computed_and_put_back():
    wind = np.arange(24.0).reshape(*SHAPE, 4)
    state = State({"u": wind, "ps": wind[..., 0]}, {"u": mask((0, 1), (1, 2))})
    present = present_columns(state.missing, SHAPE, "time 0")

    given = state.select(["u", "ps"], present)
    found = spread({"drag": 2.0 * given["u"]}, present)["drag"]

    assert given["u"].shape == (4, 4)
    assert given["ps"].tolist() == [0.0, 8.0, 12.0, 16.0]
    np.testing.assert_array_equal(found[present], 2.0 * wind[present])
    assert np.isnan(found[0, 1]).all()
    assert np.isnan(found[1, 2]).all()


def test_nothing_is_copied_where_nothing_is_left_out():
    state = State({"u": np.ones((*SHAPE, 4))})
    present = present_columns(state.missing, SHAPE, "time 0")

    assert state.select(["u"], present)["u"] is state["u"]
    assert spread(state, present)["u"] is state["u"]


def test_columns_are_counted_once_and_by_field():
    left_out = LeftOut()

    first = left_out.add({"u": mask((0, 0)), "v": mask((0, 0), (1, 1))}, SHAPE, "0")
    left_out.add({}, SHAPE, "1")

    np.testing.assert_array_equal(first, ~mask((0, 0), (1, 1)))
    assert left_out.as_dict() == {"columns": 2, "of": 12, "fields": {"u": 1, "v": 2}}
    (line,) = left_out.warnings("net")
    assert "net: 2 of 12 columns are left out" in line
    assert line.endswith("u in 1, v in 2")
    assert LeftOut().warnings("net") == []


def test_a_time_without_columns_is_refused():
    west, rest = mask((slice(None), 0)), mask((slice(None), slice(1, None)))

    with pytest.raises(NonFiniteError, match="time 3: u or v is missing in every"):
        LeftOut().add({"u": west, "v": rest}, SHAPE, "time 3")
