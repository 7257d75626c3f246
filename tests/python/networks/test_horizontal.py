import numpy as np
import pytest
from netCDF4 import Dataset

from gwparam.errors import ArgumentError, ContractError, ModelFileError
from gwparam.networks.horizontal import read_grid


def written(path, latitude, longitude, names=("lat", "lon")):
    with Dataset(path, "w") as data:
        for name, values in zip(names, (latitude, longitude), strict=True):
            data.createDimension(name, len(values))
            data.createVariable(name, "f8", (name,))[:] = values
    return str(path)


def test_gaussian_grid_runs_from_south_to_north_and_from_greenwich_east():
    grid = read_grid("4x8")

    assert grid.kind == "global"
    # Gaussian latitudes of four rows: arcsin of the nodes of Legendre's polynomial.
    assert grid.latitude == pytest.approx(
        (-59.44441, -19.87572, 19.87572, 59.44441), abs=1e-5
    )
    assert grid.longitude == (0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0)


@pytest.mark.parametrize("names", [("lat", "lon"), ("latitude", "longitude")])
def test_grid_of_a_file(tmp_path, names):
    path = written(tmp_path / "grid.nc", [60.0, 0.0, -60.0], [0.0, 90.0, 180.0], names)

    grid = read_grid(path)

    assert grid.latitude == (60.0, 0.0, -60.0)
    assert grid.longitude == (0.0, 90.0, 180.0)


def test_grid_of_a_training_file_is_in_degrees(reference_data):
    folder = reference_data / "dataset" / "nonlocal_fewlev"

    grid = read_grid(str(next(folder.glob("1x1_*.nc"))))

    same = read_grid("8x16")
    # The file holds lat / 90 and lon / 360 in single precision.
    np.testing.assert_allclose(grid.latitude, same.latitude, atol=1e-5)
    np.testing.assert_allclose(grid.longitude, same.longitude, atol=3e-5)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("0x8", ArgumentError, "grid is 0x8, expected rows x columns"),
        ("none.nc", ModelFileError, "cannot read none.nc: No such file"),
        ("gaussian", ModelFileError, "expected netCDF or 64x128"),
    ],
)
def test_text_that_is_no_grid_is_refused(text, error, message):
    with pytest.raises(error, match=message):
        read_grid(text)


def test_file_without_coordinates(tmp_path):
    path = written(tmp_path / "grid.nc", [0.0], [0.0], ("y", "x"))

    with pytest.raises(
        ModelFileError, match="has no grid, expected latitude or lat and"
    ):
        read_grid(path)


@pytest.mark.parametrize(
    ("latitude", "longitude", "message"),
    [
        ([0.0, 40.0, 20.0], [0.0, 90.0], "geometry.latitude is not monotonic"),
        ([0.0, 95.0], [0.0, 90.0], "geometry.latitude is not monotonic within -90"),
        ([0.0, 45.0], [-90.0, 270.0], "geometry.longitude goes round the globe more"),
    ],
)
def test_grid_that_is_none_is_refused(tmp_path, latitude, longitude, message):
    with pytest.raises(ContractError, match=message):
        read_grid(written(tmp_path / "grid.nc", latitude, longitude))
