import numpy as np
import pytest

from gwparam.constants import EARTH_RADIUS, GAS_CONSTANT
from gwparam.synthetic.mean_state import (
    LOG_PRESSURE_BASE,
    ROTATION_RATE,
    SCALE_HEIGHT,
    draw_mean_states,
    winter_weight,
)

STATES = draw_mean_states(np.random.default_rng(5), np.array([20.0, 200.0, 290.0]))


def _profile(latitude: float, state: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height, wind and temperature of one column."""
    height = np.linspace(0.0, 60e3, 121)[None, :]
    pressure = LOG_PRESSURE_BASE * np.exp(-height / SCALE_HEIGHT)
    where = np.array([state]), np.array([latitude]), height
    wind = STATES.eastward_wind(*where)
    return height[0], wind[0], STATES.temperature(*where, pressure)[0]


@pytest.mark.parametrize("state", [0, 1, 2])
@pytest.mark.parametrize("latitude", [-62.0, -30.0, 12.0, 48.0])
def test_wind_and_temperature_are_in_gradient_wind_balance(
    latitude: float, state: int
) -> None:
    height, wind, _ = _profile(latitude, state)
    _, _, south = _profile(latitude - 2.0, state)
    _, _, north = _profile(latitude + 2.0, state)
    phi = np.deg2rad(latitude)
    shear = np.gradient(wind, height)
    rotation = 2 * ROTATION_RATE * np.sin(phi) + 2 * wind * np.tan(phi) / EARTH_RADIUS
    expected = -EARTH_RADIUS * SCALE_HEIGHT / GAS_CONSTANT * rotation * shear
    gradient = (north - south) / np.deg2rad(4.0)
    # What differences over 4 degrees and the inner grid of 1 km cost.
    assert gradient == pytest.approx(expected, abs=0.1 * np.abs(expected).max())


def test_temperature_departs_from_the_standard_atmosphere_by_nothing_on_average() -> (
    None
):
    latitude = np.arange(-89.0, 90.0, 2.0)
    area = np.cos(np.deg2rad(latitude))
    mean = (area[:, None] * STATES.temperature_anomaly).sum(axis=1) / area.sum()
    assert np.abs(mean).max() < 1e-10


def test_wind_vanishes_at_the_poles() -> None:
    height = np.tile(np.linspace(0.0, 60e3, 13), (2, 1))
    wind = STATES.eastward_wind(np.array([0, 0]), np.array([-90.0, 90.0]), height)
    assert np.abs(wind).max() < 1e-3


def test_winter_is_in_january_in_the_north_and_in_july_in_the_south() -> None:
    day = np.array([15.0, 15.0 + 182.5])
    assert winter_weight(day, 1.0) == pytest.approx([1.0, 0.0])
    assert winter_weight(day, -1.0) == pytest.approx([0.0, 1.0])


def test_states_are_those_of_their_seed() -> None:
    day = np.array([20.0])
    first, again, other = (
        draw_mean_states(np.random.default_rng(seed), day) for seed in (7, 7, 8)
    )
    assert np.array_equal(first.speed, again.speed)
    assert not np.array_equal(first.speed, other.speed)
