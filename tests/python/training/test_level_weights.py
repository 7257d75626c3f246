import pytest

from gwparam.errors import ArgumentError
from gwparam.training.level_weights import LEVEL_WEIGHTS, level_weights

PRESSURE = (100.0, 300.0, 1000.0, 5000.0, 90000.0)
ROUNDING = 1e-14
"""Relative: some 10 roundings of float64, of 1e-16 each, and a margin."""


def test_level_weights_by_hand():
    pressure = (1.0, 2.0, 6.0)

    density = level_weights("density", 3, pressure)
    mass = level_weights("mass", 3, pressure)

    # Layers from 0 over 1.5 and 4 to 8 Pa.
    assert density == pytest.approx((1 / 3, 2 / 3, 2.0), rel=ROUNDING)
    assert mass == pytest.approx((1.5 * 3 / 8, 2.5 * 3 / 8, 4.0 * 3 / 8), rel=ROUNDING)


@pytest.mark.parametrize("kind", LEVEL_WEIGHTS)
@pytest.mark.parametrize("pressure", [PRESSURE, (500.0,)], ids=["levels", "one"])
def test_level_weights_have_mean_one(kind, pressure):
    weights = level_weights(kind, len(pressure), pressure)

    assert sum(weights) == pytest.approx(len(pressure), rel=ROUNDING)


@pytest.mark.parametrize("kind", ["density", "mass"])
def test_level_weights_need_the_pressure(kind):
    with pytest.raises(ArgumentError) as caught:
        level_weights(kind, 3, None)

    assert str(caught.value) == (
        f"level_weights is {kind}, which needs the pressure of the levels, "
        "expected levels"
    )


def test_unknown_level_weights():
    with pytest.raises(ArgumentError, match="level_weights is none, expected equal, "):
        level_weights("none", 1, None)
