import pytest

from gwparam.constants import STANDARD_GRAVITY
from gwparam.contract import Flux, TrainingRange, Vertical


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("quantity", "factor"), [("omega", -1.0), ("height", STANDARD_GRAVITY)]
)
def test_factor_has_the_sign_of_the_flux(quantity, factor, sign):
    assert Flux("flux", quantity, sign, "tendency").factor == sign * factor


def test_range_is_known_by_any_part():
    assert not TrainingRange("latitude", None, None, None, None).is_known
    assert TrainingRange("latitude", None, None, None, (90.0,)).is_known


@pytest.mark.parametrize(
    ("known", "pressure"),
    [
        ({"nominal_pressure": (1e3, 9e4)}, (1e3, 9e4)),
        ({"pressure": (2e3, 8e4)}, (2e3, 8e4)),
        ({"a": (100.0, 0.0), "b": (0.0, 0.99)}, (100.0, 9.9e4)),
        ({}, (1e3, 9.5e4)),
    ],
)
def test_reference_pressure_is_over_1000_hectopascal(known, pressure):
    given = {"nominal_pressure": None, "nominal_tolerance": None} | known
    vertical = Vertical("host", "top_down", 2, **given)
    assert vertical.reference_pressure == pytest.approx(pressure)
