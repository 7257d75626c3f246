import numpy as np
import pytest

from gwparam.errors import ContractError
from gwparam.units import conversion, is_pressure


@pytest.mark.parametrize(
    ("given", "wanted", "value", "expected"),
    [
        ("m/s", "m s-1", 3.0, 3.0),
        ("m s**-1", "m s-1", 3.0, 3.0),
        ("m.s^-1", "m s-1", 3.0, 3.0),
        ("km h-1", "m s-1", 3.6, 1.0),
        ("m s-1 day-1", "m s-2", 86400.0, 1.0),
        ("hPa", "Pa", 2.0, 200.0),
        ("mbar", "hPa", 2.0, 2.0),
        ("N m-2", "Pa", 2.0, 2.0),
        ("degC", "K", 1.0, 274.15),
        ("K", "celsius", 274.15, 1.0),
        ("radians", "degrees_north", np.pi / 4, 45.0),
        ("degree_east", "degrees_north", 7.0, 7.0),
    ],
)
def test_conversion_gives_value_in_wanted_units(given, wanted, value, expected):
    converted = conversion(given, wanted, "field")(np.array([value]))
    np.testing.assert_allclose(converted, expected, rtol=4e-16)


@pytest.mark.parametrize("given", ["K", "furlong", "m s-2", "", "m s-1 ?", "1"])
def test_conversion_refuses_units_of_another_dimension(given):
    with pytest.raises(ContractError, match=r'wind has units ".*", expected "m s-1"'):
        conversion(given, "m s-1", "wind")


def test_conversion_keeps_angle_and_number_apart():
    with pytest.raises(ContractError):
        conversion("1", "degrees_north", "latitude")


def test_conversion_to_same_units_returns_same_array():
    values = np.ones(3, np.float32)
    assert conversion("m/s", "m s-1", "wind")(values) is values


@pytest.mark.parametrize(
    ("units", "expected"),
    [("hPa", True), ("N m-2", True), ("K", False), ("level", False)],
)
def test_is_pressure_tells_by_dimension(units, expected):
    assert is_pressure(units) is expected
