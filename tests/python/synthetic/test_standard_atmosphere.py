import numpy as np
import pytest

from gwparam.synthetic.standard_atmosphere import pressure_at, temperature_at

# Bases of the layers in the tables of U.S. Standard Atmosphere, 1976.
HEIGHT = np.array([0.0, 11e3, 20e3, 32e3, 47e3, 51e3])
PRESSURE = np.array([101325.0, 22632.06, 5474.889, 868.0187, 110.9063, 66.93887])
TEMPERATURE = np.array([288.15, 216.65, 216.65, 228.65, 270.65, 270.65])
TABLE_DIGITS = 2e-6  # the table has seven digits


def test_pressure_is_that_of_the_published_table() -> None:
    assert pressure_at(HEIGHT) == pytest.approx(PRESSURE, rel=TABLE_DIGITS)


def test_pressure_within_a_layer_is_that_of_the_published_table() -> None:
    assert pressure_at(np.array([5000.0])) == pytest.approx([54019.9], rel=TABLE_DIGITS)


def test_temperature_is_that_of_the_published_table() -> None:
    assert temperature_at(PRESSURE) == pytest.approx(TEMPERATURE, abs=1e-3)


def test_temperature_falls_with_height_below_sea_level_too() -> None:
    below = pressure_at(np.array([-300.0]))
    assert temperature_at(below) == pytest.approx([288.15 + 1.95], abs=1e-3)


def test_temperature_above_the_table_is_that_at_its_top() -> None:
    assert temperature_at(np.array([1.0])) == pytest.approx([214.65], abs=1e-3)
