import numpy as np
import pytest

from gwparam.conformance.reference_pipeline import (
    Remapping,
    divergence,
    interpolate_flux,
    interpolate_state,
    neighbours,
    network_pressure,
)
from gwparam.constants import STANDARD_GRAVITY
from gwparam.contract import Flux, Geometry, Vertical
from gwparam.evaluate.grid import LatLonGrid

ROUNDING = 1e-13


def grid(latitude, longitude):
    return LatLonGrid(*np.meshgrid(latitude, longitude, indexing="ij"))


def test_neighbours_cross_the_meridian_and_stop_at_the_poles():
    found = neighbours(grid([-60.0, 0.0, 60.0], [0.0, 90.0, 180.0, 270.0]), 1)

    np.testing.assert_array_equal(found[4], [[3, 0, 1], [7, 4, 5], [11, 8, 9]])
    np.testing.assert_array_equal(found[0], [[3, 0, 1], [3, 0, 1], [7, 4, 5]])


def test_neighbours_are_south_to_north_whatever_the_order_of_columns():
    turned = neighbours(grid([60.0, 0.0, -60.0], [0.0, 120.0, 240.0]), 1)

    np.testing.assert_array_equal(turned[4], [[6, 7, 8], [3, 4, 5], [0, 1, 2]])


@pytest.mark.parametrize("turn", [1, -1])
def test_equal_grids_are_not_remapped(turn):
    latitude, longitude = np.array([-60.0, 0.0, 60.0]), np.array([0.0, 120.0, 240.0])
    geometry = Geometry(
        "global",
        latitude=tuple(latitude[::turn]),
        longitude=tuple(longitude),
    )
    remapping = Remapping(grid(latitude, longitude), geometry)
    columns = np.random.default_rng(1).normal(size=(9, 2))

    fields = remapping.to_network(columns)

    expected = np.moveaxis(columns.reshape(3, 3, 2), -1, 0)[:, ::turn]
    np.testing.assert_array_equal(fields, expected)
    np.testing.assert_array_equal(remapping.to_host(fields), columns)


@pytest.fixture
def remapping():
    """From 4 x 6 cells of a host to 8 x 12 of a network, and back."""
    geometry = Geometry(
        "global",
        latitude=tuple(np.arange(-78.75, 90.0, 22.5)),
        longitude=tuple(15.0 + 30.0 * np.arange(12)),
    )
    return Remapping(grid([-67.5, -22.5, 22.5, 67.5], 60.0 * np.arange(6)), geometry)


def test_remapping_is_linear_between_the_cells_of_the_host(remapping):
    latitude = np.repeat([-67.5, -22.5, 22.5, 67.5], 6)[:, None]

    fields = remapping.to_network(latitude)[0]

    # Beyond the outermost rows of the host it is constant.
    expected = np.clip(np.arange(-78.75, 90.0, 22.5), -67.5, 67.5)
    np.testing.assert_allclose(
        fields, np.repeat(expected[:, None], 12, 1), rtol=ROUNDING
    )


def test_remapping_back_keeps_the_integral_over_the_sphere(remapping):
    fields = np.random.default_rng(2).normal(size=(3, 8, 12))

    columns = remapping.to_host(fields)

    def area(edges):
        return np.diff(np.sin(np.deg2rad(edges)))

    fine, coarse = area(np.linspace(-90, 90, 9)), area(np.linspace(-90, 90, 5))
    expected = (fields * fine[:, None]).sum(axis=(1, 2)) / 12.0
    found = (columns.reshape(4, 6, 3) * coarse[:, None, None]).sum(axis=(0, 1)) / 6.0
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_state_is_linear_in_the_logarithm_of_pressure():
    given = np.array([[1e2, 1e4]])
    values = np.log(given)

    found = interpolate_state(values, given, np.array([[1e1, 1e3, 5e3, 9e4]]))

    expected = np.log([[1e2, 1e3, 5e3, 1e4]])
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


@pytest.mark.parametrize(
    ("outside", "above"), [("taper", [0.0, 1.0]), ("zero", [2.0, 2.0])]
)
def test_flux_is_linear_in_pressure_and_tapers_to_the_top(outside, above):
    flux, given = np.array([[2.0, 6.0]]), np.array([[2e4, 6e4]])

    found = interpolate_flux(flux, given, np.array([[0.0, 1e4, 4e4, 9e4]]), outside)

    np.testing.assert_allclose(found, [[*above, 4.0, 6.0]], rtol=ROUNDING)


@pytest.mark.parametrize(
    ("quantity", "sign", "factor"),
    [("omega", 1, -1.0), ("omega", -1, 1.0), ("height", 1, STANDARD_GRAVITY)],
)
def test_drag_is_the_divergence_of_the_flux(quantity, sign, factor):
    half = np.array([[0.0, 1e4, 4e4]])
    slope = 3e-9

    found = divergence(Flux("flux", quantity, sign, "drag", None), slope * half, half)

    np.testing.assert_allclose(found, [[factor * slope] * 2], rtol=ROUNDING)


def test_pressure_of_hybrid_levels_follows_the_surface():
    a, b = (0.0, 100.0, 500.0), (1.0, 0.5, 0.0)
    vertical = Vertical("hybrid", "bottom_up", 3, None, None, a=a, b=b, outside="zero")

    found = network_pressure(vertical, np.zeros((2, 4)), np.array([1e5, 9e4]))

    np.testing.assert_array_equal(found, [[500.0, 50100.0, 1e5], [500.0, 45100.0, 9e4]])


def test_pressure_of_a_host_s_levels_is_the_host_s():
    full = np.array([[1e4, 9e4]])
    vertical = Vertical("host", "top_down", 2, None, 0.1)

    assert network_pressure(vertical, full, np.array([1e5])) is full
