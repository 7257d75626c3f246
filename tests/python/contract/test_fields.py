import pytest

from gwparam.constants import STANDARD_GRAVITY
from gwparam.contract import Flux, TrainingRange


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("quantity", "factor"), [("omega", -1.0), ("height", STANDARD_GRAVITY)]
)
def test_factor_has_the_sign_of_the_flux(quantity, factor, sign):
    assert Flux("flux", quantity, sign, "tendency").factor == sign * factor


def test_range_is_known_by_any_part():
    assert not TrainingRange("latitude", None, None, None, None).is_known
    assert TrainingRange("latitude", None, None, None, (90.0,)).is_known
