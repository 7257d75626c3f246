"""What the native scheme says of a state that it cannot use."""

import numpy as np
import pytest

from gwparam.errors import ArgumentError, NonFiniteError, ShapeError
from gwparam.native import MIMA_SETTINGS

NAMES = (
    "row",
    "latitude",
    "pressure",
    "height",
    "temperature",
    "eastward_wind",
    "northward_wind",
)


def spoil(columns, name, index, value):
    """State of the columns with one value changed."""
    state = dict(zip(NAMES, columns.state(), strict=True))
    state[name] = state[name].copy()
    state[name][index] = value
    return state


@pytest.mark.parametrize(
    ("name", "index", "value", "error", "message"),
    [
        ("row", 3, 16, ArgumentError, "row reaches from 0 to 16, expected 0 to 15"),
        ("row", 3, -1, ArgumentError, "row reaches from -1 to 15, expected 0 to 15"),
        ("latitude", 3, 95.0, ArgumentError, "latitude is 95.0000 degrees"),
        ("latitude", 3, np.nan, NonFiniteError, "latitude is NaN"),
        ("pressure", (3, 4), np.nan, NonFiniteError, "pressure is NaN at level 5"),
        ("pressure", (3, 0), -1.0, ArgumentError, "pressure is -1.00000 at level 1"),
        ("height", (3, 4), np.inf, NonFiniteError, "height is Inf at level 5"),
        ("height", (3, 4), 0.0, ArgumentError, "expected level 1 to be the model top"),
        (
            "temperature",
            (3, 4),
            0.0,
            ArgumentError,
            "temperature is 0.00000 at level 5",
        ),
        ("temperature", (3, 4), np.nan, NonFiniteError, "temperature is NaN"),
        ("eastward_wind", (3, 4), np.nan, NonFiniteError, "u is NaN at level 5"),
        (
            "northward_wind",
            (3, 4),
            -np.inf,
            NonFiniteError,
            "v is -Inf at level 5",
        ),
        ("northward_wind", (3, slice(None)), 1e5, ArgumentError, "no wave of the spec"),
    ],
)
def test_value_that_cannot_be_used_is_named(
    random_columns, name, index, value, error, message
):
    scheme = random_columns.scheme(MIMA_SETTINGS)
    with pytest.raises(error) as caught:
        scheme.drag(**spoil(random_columns, name, index, value))
    assert message in str(caught.value)
    if name != "row":
        assert str(caught.value).endswith("in column 4")


def test_swapped_vertical_order_is_refused(random_columns):
    scheme = random_columns.scheme(MIMA_SETTINGS)
    row, latitude, *profiles = random_columns.state()
    with pytest.raises(ArgumentError, match="expected level 1 to be the model top"):
        scheme.drag(row, latitude, *(profile[:, ::-1] for profile in profiles))


@pytest.mark.parametrize("name", NAMES)
def test_array_of_another_shape_is_refused(random_columns, name):
    scheme = random_columns.scheme(MIMA_SETTINGS)
    state = dict(zip(NAMES, random_columns.state(), strict=True))
    state[name] = state[name][..., :-1]
    with pytest.raises(ShapeError, match="expected"):
        scheme.drag(**state)


def test_half_pressure_has_one_level_more(random_columns):
    scheme = random_columns.scheme(MIMA_SETTINGS)
    with pytest.raises(ShapeError, match=r"half_pressure has .* expected \(64, 41\)"):
        scheme.drag(*random_columns.state(), random_columns.pressure)


def test_integers_are_not_taken_for_a_field(random_columns):
    scheme = random_columns.scheme(MIMA_SETTINGS)
    state = dict(zip(NAMES, random_columns.state(), strict=True))
    state["temperature"] = state["temperature"].astype(int)
    with pytest.raises(ShapeError, match="temperature is int64, expected floating"):
        scheme.drag(**state)
    state = dict(zip(NAMES, random_columns.state(), strict=True))
    state["row"] = state["row"].astype(float)
    with pytest.raises(ShapeError, match="row is float64"):
        scheme.drag(**state)


def test_diagnose_refuses_what_drag_refuses(random_columns):
    columns = random_columns
    scheme = columns.scheme(MIMA_SETTINGS)
    profiles = [columns.pressure[0], columns.height[0], columns.temperature[0]]
    wind = columns.eastward_wind[0].copy()
    wind[2] = np.nan
    with pytest.raises(NonFiniteError, match="wind is NaN at level 3"):
        scheme.diagnose(0, columns.latitude[0], *profiles, wind)
    with pytest.raises(ShapeError, match=r"wind has shape \(39,\), expected \(40,\)"):
        scheme.diagnose(0, columns.latitude[0], *profiles, wind[1:])
    with pytest.raises(ArgumentError, match="row reaches from 16 to 16"):
        scheme.diagnose(16, columns.latitude[0], *profiles, wind)
