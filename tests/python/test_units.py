import math

import numpy as np
import pytest

from gwparam.errors import ContractError
from gwparam.library import unit_conversion
from gwparam.units import conversion, is_number, is_pressure

# Spellings that Python and the library know: given, wanted, factor, offset.
BOTH = [
    ("Pa", "Pa", 1, 0),
    ("hPa", "Pa", 100, 0),
    ("pa", "Pa", 1, 0),
    ("pascals", "Pa", 1, 0),
    ("pascal", "Pa", 1, 0),
    ("mb", "Pa", 100, 0),
    ("mbar", "Pa", 100, 0),
    ("millibars", "Pa", 100, 0),
    ("millibar", "Pa", 100, 0),
    ("bar", "Pa", 1e5, 0),
    ("kPa", "Pa", 1000, 0),
    ("mPa", "Pa", 0.001, 0),
    ("hectopascal", "Pa", 100, 0),
    ("hectopascals", "Pa", 100, 0),
    ("N m-2", "Pa", 1, 0),
    ("kg m-1 s-2", "Pa", 1, 0),
    ("K", "K", 1, 0),
    ("kelvin", "K", 1, 0),
    ("deg_k", "K", 1, 0),
    ("deg_K", "K", 1, 0),
    ("degK", "K", 1, 0),
    ("degC", "K", 1, 273.15),
    ("celsius", "K", 1, 273.15),
    ("Celsius", "K", 1, 273.15),
    ("degrees_C", "K", 1, 273.15),
    ("deg_C", "K", 1, 273.15),
    ("deg_c", "K", 1, 273.15),
    ("degree_Celsius", "K", 1, 273.15),
    ("Kelvin", "K", 1, 0),
    ("degrees_K", "K", 1, 0),
    ("m s-1", "m s-1", 1, 0),
    ("m/s", "m s-1", 1, 0),
    ("m/sec", "m s-1", 1, 0),
    ("m s**-1", "m s-1", 1, 0),
    ("m s^-1", "m s-1", 1, 0),
    ("m.s-1", "m s-1", 1, 0),
    ("meters/second", "m s-1", 1, 0),
    ("km h-1", "m s-1", 1 / 3.6, 0),
    ("cm/s", "m s-1", 0.01, 0),
    ("m/s/day", "m s-2", 1 / 86400, 0),
    ("m s-1 day-1", "m s-2", 1 / 86400, 0),
    ("m s-1/day", "m s-2", 1 / 86400, 0),
    ("m/s2", "m s-2", 1, 0),
    ("m/s^2", "m s-2", 1, 0),
    ("m/s**2", "m s-2", 1, 0),
    ("m/sec/sec", "m s-2", 1, 0),
    ("Pa/s", "Pa s-1", 1, 0),
    ("pa/sec", "Pa s-1", 1, 0),
    ("hPa/day", "Pa s-1", 100 / 86400, 0),
    ("Pa m s-2", "Pa m s-2", 1, 0),
    ("m2 s-2", "m2 s-2", 1, 0),
    ("m**2 s**-2", "m2 s-2", 1, 0),
    ("m^2/s^2", "m2 s-2", 1, 0),
    ("J/kg", "m2 s-2", 1, 0),
    ("J kg-1", "m2 s-2", 1, 0),
    ("K/day", "K s-1", 1 / 86400, 0),
    ("m", "m", 1, 0),
    ("gpm", "m", 1, 0),
    ("meters", "m", 1, 0),
    ("metres", "m", 1, 0),
    ("km", "m", 1000, 0),
    ("m-0", "1", 1, 0),
    ("degrees", "degrees_north", 1, 0),
    ("degrees_N", "degrees_north", 1, 0),
    ("degrees_E", "degrees_east", 1, 0),
    ("degree_north", "degrees_north", 1, 0),
    ("degreesN", "degrees_north", 1, 0),
    ("degree", "degrees_north", 1, 0),
    ("radians", "degrees_north", 180 / math.pi, 0),
    ("rad", "degrees_north", 180 / math.pi, 0),
    ("radian", "degrees_north", 180 / math.pi, 0),
    ("1", "1", 1, 0),
    ("none", "1", 1, 0),
    ("None", "1", 1, 0),
    ("dimensionless", "1", 1, 0),
    ("unitless", "1", 1, 0),
    ("fraction", "1", 1, 0),
    ("kg/kg", "1", 1, 0),
    ("kg kg-1", "1", 1, 0),
    ("g kg-1", "1", 0.001, 0),
    ("m m-1", "1", 1, 0),
    ("s", "s", 1, 0),
    ("sec", "s", 1, 0),
    ("seconds", "s", 1, 0),
    ("h", "s", 3600, 0),
    ("hr", "s", 3600, 0),
    ("hours", "s", 3600, 0),
    ("day", "s", 86400, 0),
    ("days", "s", 86400, 0),
    ("d", "s", 86400, 0),
    ("min", "s", 60, 0),
    ("minutes", "s", 60, 0),
    ("NONE", "1", 1, 0),
    ("hpa", "Pa", 100, 0),
    ("mbs", "Pa", 100, 0),
    ("degree_E", "degrees_east", 1, 0),
    ("degree_N", "degrees_north", 1, 0),
    ("K s-1", "K s-1", 1, 0),
    ("Pa s-1", "Pa s-1", 1, 0),
    ("1/s", "s-1", 1, 0),
    ("s^-1", "s-1", 1, 0),
]
# UDUNITS knows more than the library needs, for Python converts fields as it reads.
PYTHON_ALONE = [
    ("psi", "Pa", 6894.757293168359, 0),
    ("atm", "Pa", 101325, 0),
    ("decibar", "Pa", 10000, 0),
    ("1e2 Pa", "Pa", 100, 0),
    ("100 Pa", "Pa", 100, 0),
    ("torr", "Pa", 133.322387415, 0),
    ("mmHg", "Pa", 133.322387415, 0),
    ("°C", "K", 1, 273.15),
    ("degF", "K", 5 / 9, 459.67 * 5 / 9),
    ("KELVIN", "K", 1, 0),
    ("2 K", "K", 2, 0),
    ("metres per second", "m s-1", 1, 0),
    ("knots", "m s-1", 1852 / 3600, 0),
    ("ft", "m", 0.3048, 0),
    ("feet", "m", 0.3048, 0),
    ("dam", "m", 10, 0),
    ("degrees_e", "degrees_east", 1, 0),
    ("degrees_true", "degrees_north", 1, 0),
    ("%", "1", 0.01, 0),
    ("deg", "degrees_north", 1, 0),
    ("degN", "degrees_north", 1, 0),
    ("degE", "degrees_east", 1, 0),
    ("m s⁻¹", "m s-1", 1, 0),
    ("m·s⁻¹", "m s-1", 1, 0),
    ("m·s-1", "m s-1", 1, 0),
    ("m⋅s−1", "m s-1", 1, 0),
    ("m² s⁻²", "m2 s-2", 1, 0),
    ("[m/s]", "m s-1", 1, 0),
    ("m s{-1}", "m s-1", 1, 0),
    ("m s^{-1}", "m s-1", 1, 0),
    ("m s**{-2}", "m s-2", 1, 0),
    ("m{2} s{-2}", "m2 s-2", 1, 0),
    ("degrees north", "degrees_north", 1, 0),
    ("degree N", "degrees_north", 1, 0),
    ("deg N", "degrees_north", 1, 0),
    ("degrees east", "degrees_east", 1, 0),
    ("degree E", "degrees_east", 1, 0),
    ("ms", "s", 0.001, 0),
    ("(hPa)", "Pa", 100, 0),
    ("[ K ]", "K", 1, 0),
    ("percent", "1", 0.01, 0),
    ("-", "1", 1, 0),
    ("1e-3", "1", 0.001, 0),
    ("count", "1", 1, 0),
]
NEITHER = [
    ("HPA", "Pa"),
    ("cb", "Pa"),
    ("C", "K"),
    ("1 degC", "K"),
    ("degrees K", "K"),
    ("m s -1", "m s-1"),
    ("M/S", "m s-1"),
    ("geopotential meters", "m"),
    ("m2 s-2", "m"),
    ("gpkm", "m"),
    ("m4294967297", "m"),
    ("10⁵ Pa", "Pa"),
    ("10⁻⁵ m s⁻²", "m s-2"),
    ("1×10² Pa", "Pa"),
    ("1", "degrees_north"),
    ("rad s-1", "s-1"),
    ("degrees", "1"),
    ("", "1"),
    ("level", "1"),
    ("sigma_level", "1"),
    ("0-1", "1"),
    ("(0 - 1)", "1"),
    ("~", "1"),
    ("unknown", "1"),
    ("days since 2000-01-01", "s"),
    ("m s--1", "m s-1"),
    ("m^", "m"),
    ("m20", "m"),
    ("kg m-3", "m"),
    ("m-2", "m"),
    ("/s", "s-1"),
    ("0 m", "m"),
    ("log(re 1 Pa)", "Pa"),
    ("m s-1 ?", "m s-1"),
    ("degrees N m", "degrees_north"),
    ("degree south", "degrees_north"),
    ("m s{--1}", "m s-1"),
    ("m s{-1", "m s-1"),
    ("m s{-10}", "m s-1"),
    ("kms-1", "m s-1"),
]
# Other units to UDUNITS than to most who write them.
AMBIGUOUS = [
    ("ms-1", "m s-1", "ms-1"),
    ("ms-1", "s-1", "ms-1"),
    ("ms^-1", "m s-1", "ms^-1"),
    ("ms**-1", "m s-1", "ms**-1"),
    ("ms⁻¹", "m s-1", "ms^-1"),
    ("[ms{-1}]", "m s-1", "ms^-1"),
    ("ms-2", "m s-2", "ms-2"),
    ("Pa ms-2", "Pa m s-2", "ms-2"),
]
# UDUNITS converts between these by the reciprocal of the value, which no factor does.
RECIPROCALS = [("s", "s-1"), ("m-1 s", "m s-1"), ("Pa-1", "Pa"), ("1 degC-1", "K")]


def library(given, wanted):
    """What the library's own table says; None for a refusal."""
    try:
        return unit_conversion(given, wanted)
    except ContractError:
        return None


@pytest.mark.parametrize(("given", "wanted", "scale", "offset"), BOTH + PYTHON_ALONE)
def test_python_knows_a_spelling(given, wanted, scale, offset):
    found = conversion(given, wanted, "field")

    np.testing.assert_allclose(found, (scale, offset), rtol=4e-16)


@pytest.mark.parametrize(("given", "wanted", "scale", "offset"), BOTH)
def test_library_knows_a_spelling_and_says_the_same(given, wanted, scale, offset):
    np.testing.assert_allclose(library(given, wanted), (scale, offset), rtol=4e-16)


@pytest.mark.parametrize(("given", "wanted", "scale", "offset"), PYTHON_ALONE)
def test_library_refuses_what_it_does_not_know(given, wanted, scale, offset):
    assert library(given, wanted) is None


@pytest.mark.parametrize(("given", "wanted"), NEITHER)
def test_both_refuse(given, wanted):
    assert library(given, wanted) is None
    with pytest.raises(ContractError, match=r'field has units ".*", expected "'):
        conversion(given, wanted, "field")


@pytest.mark.parametrize(("given", "wanted"), RECIPROCALS)
def test_units_are_not_taken_for_their_reciprocals(given, wanted):
    for one, other in ((given, wanted), (wanted, given)):
        assert library(one, other) is None
        with pytest.raises(ContractError, match="field has units"):
            conversion(one, other, "field")


@pytest.mark.parametrize(("given", "wanted", "part"), AMBIGUOUS)
def test_both_refuse_what_is_ambiguous_and_python_says_so(given, wanted, part):
    assert library(given, wanted) is None
    with pytest.raises(ContractError) as error:
        conversion(given, wanted, "field")

    assert f'"{part}" is ambiguous: of a millisecond' in str(error.value)
    assert f'expected "{wanted}"' in str(error.value)


def test_a_hundred_spellings_are_compared():
    spellings = {given for given, *_ in BOTH + PYTHON_ALONE + NEITHER}
    assert len(spellings) >= 100


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


@pytest.mark.parametrize(
    ("units", "expected"),
    [("none", True), ("%", True), ("Pa", False), ("degrees", False), ("", False)],
)
def test_is_number_tells_numbers_from_angles(units, expected):
    assert is_number(units) is expected


def test_units_that_nobody_knows_are_those_of_the_same_text():
    assert conversion("furlong", "furlong", "field") == (1.0, 0.0)
