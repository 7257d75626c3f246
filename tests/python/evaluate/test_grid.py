import numpy as np
import pytest

from gwparam.errors import ArgumentError
from gwparam.evaluate.grid import LatLonGrid
from gwparam.grids import gaussian_latitudes

LATITUDE = np.array([-70.0, -10.0, 30.0])
LONGITUDE = np.array([0.0, 90.0, 180.0, 270.0])


def test_columns_in_any_order_go_to_their_cells():
    north, east = np.meshgrid(LATITUDE[::-1], LONGITUDE - 180.0, indexing="ij")
    order = np.random.default_rng(20250306).permutation(12)
    columns = (1000.0 * north + np.mod(east, 360.0)).ravel()[order]

    grid = LatLonGrid(north.ravel()[order], east.ravel()[order])

    np.testing.assert_array_equal(grid.latitude, LATITUDE)
    np.testing.assert_array_equal(grid.longitude, LONGITUDE)
    expected = 1000.0 * LATITUDE[:, None] + LONGITUDE
    both = np.stack([columns, -columns], axis=1)
    np.testing.assert_array_equal(grid.cells(both), [expected, -expected])


def test_weights_of_a_gaussian_grid_are_the_gaussian_weights():
    _, expected = np.polynomial.legendre.leggauss(16)
    grid = LatLonGrid(
        *np.meshgrid(gaussian_latitudes(16), np.arange(5) * 72.0, indexing="ij")
    )

    np.testing.assert_allclose(grid.weights.sum(axis=1), expected / 2.0, rtol=1e-12)
    np.testing.assert_allclose(grid.weights[:, 0], grid.weights[:, 4], rtol=0.0)


def grid_of(latitude, longitude=LONGITUDE):
    return LatLonGrid(*np.meshgrid(latitude, longitude, indexing="ij"))


@pytest.mark.parametrize(
    ("latitude", "edges"),
    [
        ([-70.0, -10.0, 60.0], [-90.0, -40.0, 25.0, 90.0]),
        ([-90.0, 0.0, 90.0], [-90.0, -45.0, 45.0, 90.0]),
        # The last row would be beyond the poles.
        ([-88.0, -44.5, 0.0, 44.5, 88.0], [-90.0, -66.25, -22.25, 22.25, 66.25, 90.0]),
    ],
)
def test_areas_add_up_to_the_sphere(latitude, edges):
    grid = grid_of(latitude)

    assert grid.is_global
    np.testing.assert_allclose(grid.row_edges, edges)
    np.testing.assert_allclose(grid.weights.sum(), 1.0, rtol=1e-14)
    np.testing.assert_allclose(grid.areas.sum(), 4.0 * np.pi * 6.371e6**2, rtol=1e-14)


@pytest.mark.parametrize(
    ("latitude", "edges"),
    [
        ([-50.0, -40.0, -20.0], [-55.0, -45.0, -30.0, -10.0]),
        (np.arange(-88.0, 0.0, 4.0), np.arange(-90.0, 1.0, 4.0)),
        ([89.8], [89.3, 90.0]),
    ],
)
def test_a_part_of_the_rows_ends_half_a_step_beyond_them(latitude, edges):
    grid = grid_of(latitude)

    assert grid.is_circle
    assert not grid.is_global
    np.testing.assert_allclose(grid.row_edges, edges)
    share = np.ptp(np.sin(np.deg2rad(edges))) / 2.0
    np.testing.assert_allclose(grid.weights.sum(), share, rtol=1e-12)


def test_half_of_a_gaussian_grid_is_half_of_the_sphere():
    whole = grid_of(gaussian_latitudes(32)).weights[:16]

    found = grid_of(gaussian_latitudes(32)[:16]).weights

    # Beside the pole rows that meet half way are not quite those of Gauss.
    np.testing.assert_allclose(found, whole, rtol=0.06)
    np.testing.assert_allclose(found[1:], whole[1:], rtol=2e-3)
    np.testing.assert_allclose(found.sum(), 0.5, rtol=1e-3)


@pytest.mark.parametrize("columns", [2, 9])
def test_a_part_of_the_longitudes_is_no_globe(columns):
    grid = grid_of([-60.0, 0.0, 60.0], 350.0 + 10.0 * np.arange(columns))

    assert not grid.is_circle
    assert not grid.is_global
    np.testing.assert_allclose(grid.weights.sum(), columns / 36.0, rtol=1e-12)


@pytest.mark.parametrize("columns", [slice(0, 11), [*range(11), 0]])
def test_columns_that_are_no_grid_are_refused(columns):
    north, east = (x.ravel() for x in np.meshgrid(LATITUDE, LONGITUDE, indexing="ij"))

    with pytest.raises(ArgumentError, match="columns are not the cells of one 3 x 4"):
        LatLonGrid(north[columns], east[columns])


def test_grids_are_the_same_to_single_precision():
    north, east = np.meshgrid(gaussian_latitudes(8), np.arange(7) * 360.0 / 7.0)
    grid = LatLonGrid(north, east)

    assert grid.is_same(LatLonGrid(north.astype(np.float32), east.astype(np.float32)))
    assert not grid.is_same(LatLonGrid(north, east + 1.0))
