import numpy as np
import pytest

from gwparam.evaluate.grid import LatLonGrid
from gwparam.evaluate.regions import GLOBE, HOT_SPOTS, regions
from gwparam.grids import gaussian_latitudes

# Boxes of the 64 x 128 grid, as the published loader has them.
BOXES = {
    "Andes": (3, 21, 96, 113),
    "Scandinavia": (45, 58, 0, 12),
    "Himalaya": (41, 54, 26, 44),
    "Newfoundland": (47, 58, 103, 119),
    "Southern Ocean": (8, 17, 10, 25),
    "South-East Asia": (33, 42, 32, 49),
    "North Atlantic": (31, 44, 112, 124),
    "North Pacific": (27, 47, 67, 87),
}


def grid_of(latitude, longitude):
    return LatLonGrid(*np.meshgrid(latitude, longitude, indexing="ij"))


def gaussian(nlat, nlon):
    return grid_of(gaussian_latitudes(nlat), np.arange(nlon) * 360.0 / nlon)


def test_columns_of_a_region_are_its_cells_in_the_flat_field():
    grid = gaussian(32, 64)
    field = np.arange(32 * 64).reshape(32, 64)

    for region in regions(grid):
        np.testing.assert_array_equal(
            region.columns(grid), region.of(field).ravel(), err_msg=region.name
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_regions_of_the_64_x_128_grid_are_the_index_boxes(dtype):
    latitude = gaussian_latitudes(64).astype(dtype)
    longitude = (np.arange(128) * 2.8125).astype(dtype)

    found = regions(grid_of(latitude, longitude))

    assert {region.name: region.box for region in found} == {
        GLOBE: (0, 64, 0, 128)
    } | BOXES
    field = np.arange(64.0 * 128.0).reshape(1, 64, 128)
    for region in found[1:]:
        south, north, west, east = BOXES[region.name]
        np.testing.assert_array_equal(
            region.of(field), field[:, south:north, west:east]
        )


def test_regions_of_another_grid_have_the_same_places():
    fine = gaussian(256, 512)
    coarse_row = gaussian(64, 128).row_edges

    for region in regions(fine)[1:]:
        south, north, west, east = BOXES[region.name]
        latitude = fine.latitude[region.lat]
        longitude = np.mod(fine.longitude[region.lon] + 1.41, 360.0) - 1.41
        # Rows of the coarse grid meet within a tenth of a degree of half way.
        assert coarse_row[south] - 0.1 < latitude.min()
        assert latitude.max() < coarse_row[north] + 0.1
        assert latitude.size == pytest.approx(4 * (north - south), abs=1)
        assert longitude.min() >= 2.8125 * (west - 0.5)
        assert longitude.max() < 2.8125 * (east - 0.5)
        assert longitude.size == 4 * (east - west)


def test_box_across_the_first_meridian_runs_from_west_to_east():
    scandinavia = regions(gaussian(256, 512))[1 + list(HOT_SPOTS).index("Scandinavia")]

    assert scandinavia.box[2:] == (-2, 46)
    assert scandinavia.lon[:4].tolist() == [510, 511, 0, 1]


def test_coarse_grid_may_have_no_cell_in_a_box():
    grid = grid_of(np.array([-60.0, 0.0, 60.0]), np.arange(3) * 120.0)

    found = {region.name: region for region in regions(grid)}

    assert found["Newfoundland"].box == (0, 0, 0, 0)
    assert found["Newfoundland"].of(np.zeros((2, 3, 3))).size == 0
    assert found["Scandinavia"].box == (2, 3, 0, 1)
