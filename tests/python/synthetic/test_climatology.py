import numpy as np
import pytest

from gwparam.constants import GAS_CONSTANT, MIMA_GRAVITY
from gwparam.grids import full_levels, gaussian_latitudes, uneven_sigma
from gwparam.synthetic.climatology import (
    draw_columns,
    draw_globe,
    hydrostatic_height,
    topography,
)

COLUMNS = draw_columns(np.random.default_rng(11), 50, 40)


def test_columns_are_those_of_their_seed() -> None:
    first, again, other = (
        draw_columns(np.random.default_rng(seed), 10, 5) for seed in (1, 1, 2)
    )
    for name, values in vars(first).items():
        assert np.array_equal(values, getattr(again, name))
        same = np.array_equal(values, getattr(other, name))
        assert same == (name in ("latitude", "setup_latitude")), name


def test_columns_are_the_cells_of_a_gaussian_grid() -> None:
    assert np.array_equal(COLUMNS.latitude, np.repeat(gaussian_latitudes(50), 40))
    assert np.array_equal(COLUMNS.setup_latitude, COLUMNS.latitude)


def test_columns_hold_winter_and_summer_side_by_side() -> None:
    """In a globe of one day all columns of a latitude have the same season."""
    level = int(np.abs(COLUMNS.pressure[0] - 3000.0).argmin())
    globe = draw_globe(np.random.default_rng(11), 15.0, 50, 40)
    polar = globe.latitude > 70.0
    spread, of_a_day = (c.temperature[polar, level].std() for c in (COLUMNS, globe))
    assert spread > 1.5 * of_a_day


def test_columns_lie_within_what_the_atmosphere_has() -> None:
    assert COLUMNS.temperature.min() > 130.0
    assert COLUMNS.temperature.max() < 350.0
    assert np.abs(COLUMNS.eastward_wind).max() < 200.0
    assert np.abs(COLUMNS.northward_wind).max() < 130.0
    assert COLUMNS.surface_pressure.min() > 55e3
    assert COLUMNS.surface_pressure.max() < 107e3


def test_height_falls_from_the_top_to_the_surface() -> None:
    assert (np.diff(COLUMNS.height, axis=1) < -400.0).all()
    assert 55e3 < COLUMNS.height[:, 0].mean() < 66e3


def test_pressure_is_sigma_times_surface_pressure() -> None:
    sigma = full_levels(uneven_sigma(40))
    expected = COLUMNS.surface_pressure[:, None] * sigma
    assert pytest.approx(expected, rel=1e-12) == COLUMNS.pressure


def test_globe_is_a_gaussian_grid_with_longitude_fastest() -> None:
    globe = draw_globe(np.random.default_rng(2), 15.0, 16, 3)
    assert np.array_equal(globe.latitude, np.repeat(gaussian_latitudes(16), 3))
    assert len(globe) == 48
    assert (globe.setup_latitude[:3] < globe.latitude[:3]).all()
    assert pytest.approx(globe.latitude, abs=2.0) == globe.setup_latitude


def test_winter_pole_of_the_lower_stratosphere_is_colder_than_the_summer_pole() -> None:
    globes = [draw_globe(np.random.default_rng(seed), 15.0, 16, 4) for seed in range(8)]
    level = int(np.abs(globes[0].pressure[0] - 3000.0).argmin())
    temperature = np.mean(
        [globe.temperature.reshape(16, 4, 40)[..., level] for globe in globes],
        axis=(0, 2),
    )
    assert temperature[-1] < temperature[0] - 10.0


def test_height_of_an_isothermal_atmosphere_is_its_closed_form() -> None:
    half = 9e4 * uneven_sigma(40)[None, :]
    height = hydrostatic_height(np.array([500.0]), half, np.full((1, 40), 250.0))
    full = 9e4 * full_levels(uneven_sigma(40))
    expected = 500.0 + GAS_CONSTANT / MIMA_GRAVITY * 250.0 * np.log(9e4 / full)
    assert height[0] == pytest.approx(expected, rel=1e-12)


def test_topography_has_two_ranges_and_a_dome() -> None:
    latitude = np.array([45.0, 45.0, 45.0, -90.0, 0.0])
    longitude = np.array([0.0, 180.0, 90.0, 0.0, 0.0])
    height = topography(latitude, longitude)
    assert height == pytest.approx([3000.0, 3000.0, 0.0, 3000.0, 0.0], abs=1.0)
