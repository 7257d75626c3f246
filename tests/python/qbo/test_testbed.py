import numpy as np
import pytest

from gwparam.errors import ArgumentError
from gwparam.qbo.testbed import Testbed, statistics_period


def test_published_numbers() -> None:
    testbed = Testbed()
    assert testbed.height.shape == (73,)
    assert testbed.height[[0, -1]].tolist() == [17e3, 35e3]
    assert testbed.density[0] == pytest.approx(0.1006, abs=5e-5)
    assert testbed.pressure[0] == pytest.approx(
        testbed.density[0] * 287.04 * 204.0, rel=1e-12
    )
    days = testbed.wave_damping * 86400.0
    assert days[0] == pytest.approx(1 / 21)
    assert days[testbed.level(30e3)] == pytest.approx(1 / 7)
    assert days[-1] == pytest.approx(1 / 7)
    assert testbed.initial_wind.max() == pytest.approx(14.0)
    assert testbed.initial_wind[[0, -1]].tolist() == [0.0, 0.0]


def test_other_grids() -> None:
    testbed = Testbed(bottom=16e3, top=40e3, spacing=500.0)
    assert len(testbed.height) == 49
    assert testbed.initial_wind[[0, -1]].tolist() == [0.0, 0.0]
    assert testbed.height[testbed.level(25.1e3)] == 25e3


def test_semiannual_forcing_is_above_28_km() -> None:
    testbed = Testbed(semiannual=10.0)
    push = testbed.semiannual_forcing(45)
    assert not push[testbed.height <= 28e3].any()
    turn = 2.0 * np.pi / (180.0 * 86400.0)
    assert push[-1] == pytest.approx(10.0 * 2.0 * 7.0 * turn)
    np.testing.assert_allclose(testbed.semiannual_forcing(135), -push)


def test_spin_up_is_left_out() -> None:
    assert statistics_period(108 * 360) == slice(12 * 360, 108 * 360)
    assert statistics_period(100) == slice(100, 100)


@pytest.mark.parametrize("height", [16.8e3, 30.2e3, 34e3, float("nan")])
def test_a_height_outside_the_grid_has_no_level(height) -> None:
    low = Testbed(top=30e3)
    assert low.level(30.1e3) == 52
    with pytest.raises(ArgumentError, match=f"height is {height:g} m, expected 17000"):
        low.level(height)
