import numpy as np
import pytest

from gwparam.constants import EARTH_RADIUS, GAS_CONSTANT
from gwparam.synthetic.mean_state import ROTATION_RATE, SCALE_HEIGHT
from gwparam.synthetic.waves import draw_waves, vertical_noise

WAVES = draw_waves(np.random.default_rng(3), np.array([20.0, 200.0]))
DIFFERENCES = 1e-4  # relative error of the central differences below
LATITUDE = np.array([-55.0, -20.0, 5.0, 40.0, 70.0])
STEP = 1e-3  # degrees
HEIGHT = np.linspace(5e3, 60e3, 12)


def _fields(east: float = 0.0, north: float = 0.0, up: float = 0.0) -> list[np.ndarray]:
    ncol = len(LATITUDE)
    return list(
        WAVES.fields(
            np.ones(ncol, dtype=np.intp),
            LATITUDE + north,
            np.full(ncol, 33.0) + east,
            np.tile(HEIGHT, (ncol, 1)) + up,
        )
    )


def test_wind_has_no_divergence() -> None:
    cosine = np.cos(np.deg2rad(LATITUDE))[:, None]
    distance = 2 * np.deg2rad(STEP) * EARTH_RADIUS
    du = (_fields(east=STEP)[0] - _fields(east=-STEP)[0]) / (distance * cosine)
    flow = [
        _fields(north=step)[1] * np.cos(np.deg2rad(LATITUDE + step))[:, None]
        for step in (STEP, -STEP)
    ]
    dv = (flow[0] - flow[1]) / (distance * cosine)
    assert du + dv == pytest.approx(0.0, abs=DIFFERENCES * np.abs(du).max())


def test_temperature_is_in_thermal_wind_balance_with_the_northward_wind() -> None:
    phi = np.deg2rad(LATITUDE)[:, None]
    shear = (_fields(up=1.0)[1] - _fields(up=-1.0)[1]) / 2.0
    distance = 2 * np.deg2rad(STEP) * EARTH_RADIUS * np.cos(phi)
    gradient = (_fields(east=STEP)[2] - _fields(east=-STEP)[2]) / distance
    expected = GAS_CONSTANT / SCALE_HEIGHT * gradient
    rotation = 2 * ROTATION_RATE * np.sin(phi)
    assert rotation * shear == pytest.approx(
        expected, abs=DIFFERENCES * np.abs(expected).max()
    )


def test_waves_repeat_around_a_circle_of_latitude() -> None:
    for here, around in zip(_fields(), _fields(east=360.0), strict=True):
        assert around == pytest.approx(here, abs=1e-9)


def test_noise_has_the_deviation_and_the_likeness_that_it_promises() -> None:
    height = np.tile(np.array([40e3, 37e3, 10e3]), (200_000, 1))
    noise = vertical_noise(np.random.default_rng(1), height, deviation=2.0, growth=20e3)
    sampling = 0.01  # 200,000 samples
    expected = 2.0 * np.exp(height[0] / 20e3)
    assert noise.std(axis=0) == pytest.approx(expected, rel=sampling)
    likeness = np.corrcoef(noise.T)
    assert likeness[0, 1] == pytest.approx(np.exp(-0.5), abs=sampling)
    assert likeness[0, 2] == pytest.approx(0.0, abs=sampling)
