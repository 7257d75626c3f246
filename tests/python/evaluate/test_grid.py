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


def test_areas_add_up_to_the_sphere():
    grid = LatLonGrid(*np.meshgrid(LATITUDE, LONGITUDE, indexing="ij"))

    np.testing.assert_allclose(grid.row_edges, [-90.0, -40.0, 10.0, 90.0])
    np.testing.assert_allclose(grid.weights.sum(), 1.0, rtol=1e-14)
    np.testing.assert_allclose(grid.areas.sum(), 4.0 * np.pi * 6.371e6**2, rtol=1e-14)


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
