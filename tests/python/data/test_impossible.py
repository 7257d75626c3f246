import numpy as np
import pytest

from gwparam.contract import Field
from gwparam.data.impossible import check_possible
from gwparam.errors import RangeError

WIND = Field("eastward_wind", "m s-1", "full", "float64")
PRESSURE = Field("surface_air_pressure", "Pa", "surface", "float64")
TEMPERATURE = Field("air_temperature", "K", "full", "float64")
CELSIUS = Field("air_temperature", "degC", "full", "float64")
LATITUDE = Field("latitude", "degrees_north", "surface", "float64")
RADIANS = Field("latitude", "radians", "surface", "float64")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (PRESSURE, 1000.0),
        (TEMPERATURE, 50.0),
        (TEMPERATURE, 2500.0),
        (CELSIUS, -223.0),
        (LATITUDE, -90.0005),
        (WIND, -998.0),
        (WIND, -1000.0),
    ],
)
def test_what_an_atmosphere_may_have_is_let_pass(field, value):
    check_possible(np.array([value, value]), ("lat",), "field", field)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (PRESSURE, 990.0, "field is 990 at lat 1, lon 0 .*expected at least 1000 Pa"),
        (PRESSURE, -5e4, "field is -50000 at .*expected at least 1000 Pa"),
        (TEMPERATURE, 20.0, "expected at least 50 K"),
        (CELSIUS, -230.0, "expected at least -223.15 degC"),
        (LATITUDE, 90.01, "expected at most 90.001 degrees_north"),
        (LATITUDE, -91.0, "expected at least -90.001 degrees_north"),
        (RADIANS, 45.0, "expected at most 1.57"),
        (WIND, -999.0, "is -999 at .*which stands for a missing value"),
        (WIND, -9999.0, "which stands for a missing value"),
        (WIND, 1e20, "which stands for a missing value"),
        (WIND, -1e34, "which stands for a missing value"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_impossible_values_are_refused_with_their_place(field, value, message, dtype):
    usual = {PRESSURE: 1e5, TEMPERATURE: 250.0, CELSIUS: 0.0, WIND: 5.0}
    values = np.full((2, 3), usual.get(field, 1.0), dtype)
    values[1, 0] = value

    with pytest.raises(RangeError, match=message):
        check_possible(values, ("lat", "lon"), "field", field)
