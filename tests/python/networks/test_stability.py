import pytest
import torch

from gwparam.constants import GAS_CONSTANT, MIMA_GRAVITY
from gwparam.networks.stability import HEAT_CAPACITY, MINIMUM, Stability

# A few roundings of numbers around 1.
TOLERANCE = 1e-13


@pytest.fixture
def stability():
    module = Stability(5).double()
    # No two alike, and none so far from 0 that a layer as warm as its lower level
    # hides how fast the temperature falls.
    module.upper_weight.data = torch.tensor([-0.4, 0.1, 0.5, -0.2]).double()
    return module


@pytest.fixture
def pressure():
    return torch.tensor([[1e2, 1e3, 1e4, 5e4, 9e4], [2e2, 1e3, 2e4, 6e4, 1e5]]).double()


def test_isothermal_air_has_its_closed_form(stability, pressure):
    temperature = torch.tensor([[250.0], [300.0]]).double().expand(2, 5)

    with torch.no_grad():
        frequency, decay = stability(temperature, pressure)

    expected = MIMA_GRAVITY / (HEAT_CAPACITY * temperature).sqrt()
    torch.testing.assert_close(frequency, expected, rtol=TOLERANCE, atol=0.0)
    expected = MIMA_GRAVITY / (2 * GAS_CONSTANT * temperature)
    torch.testing.assert_close(decay, expected, rtol=TOLERANCE, atol=0.0)


def test_temperature_that_falls_too_fast_has_the_least_stability(stability, pressure):
    steep = 300.0 * (pressure / 1e5) ** 0.4  # 2 / 7 is neutral

    with torch.no_grad():
        frequency, _ = stability(steep, pressure)

    expected = torch.full_like(frequency, MINIMUM).sqrt()
    torch.testing.assert_close(frequency, expected, rtol=TOLERANCE, atol=0.0)


def test_frequency_is_that_of_heights_given_the_right_weights(stability):
    # Levels so close that the mean temperature of a layer does not depend on weights.
    height = torch.linspace(1000.0, 0.0, 1001, dtype=torch.float64)
    stability = Stability(1001).double()
    lapse = 5e-3
    temperature = 280.0 - lapse * height
    pressure = 9e4 * (temperature / 280.0) ** (MIMA_GRAVITY / (GAS_CONSTANT * lapse))

    with torch.no_grad():
        frequency, _ = stability(temperature[None], pressure[None])

    squared = MIMA_GRAVITY / temperature * (MIMA_GRAVITY / HEAT_CAPACITY - lapse)
    # A layer of 1 m: differences between neighbours are right to 1e-9.
    torch.testing.assert_close(frequency[0] ** 2, squared, rtol=1e-8, atol=0.0)
