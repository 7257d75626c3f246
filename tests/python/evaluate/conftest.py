"""Drag in small files: a truth, and predictions for the same samples."""

import numpy as np
import pytest
import xarray as xr
from drag_samples import DRAG, LEVELS, NLAT, NLEV, NLON, NTIME

from gwparam.grids import gaussian_latitudes


@pytest.fixture
def truth():
    """Drag, surface pressure and half levels; no two values are alike."""
    generator = np.random.default_rng(20250315)
    dims, shape = ("time", "lev", "lat", "lon"), (NTIME, NLEV, NLAT, NLON)
    scale = np.array([1e-4, 1e-5, 1e-6])[:, None, None]
    fields = {
        f"drag_{i}": (
            dims,
            scale * generator.normal(0.2, 1.0, shape),
            {"standard_name": name, "units": "m s-2"},
        )
        for i, name in enumerate(DRAG)
    }
    surface = generator.uniform(9.5e4, 1.02e5, (NTIME, NLAT, NLON))
    return xr.Dataset(
        fields
        | {
            "ps": (("time", "lat", "lon"), surface, {"units": "Pa"}),
            "pk": ("ilev", [0.0, 4e3, 2e4, 0.0], {"units": "Pa"}),
            "bk": ("ilev", [0.0, 0.0, 0.2, 1.0], {"units": "1"}),
        },
        {
            "time": ("time", [0.5, 1.5, 2.5, 3.5], {"units": "days since 2001-02-03"}),
            "lev": ("lev", LEVELS, {"units": "hPa"}),
            "lat": ("lat", gaussian_latitudes(NLAT), {"units": "degrees_north"}),
            "lon": ("lon", np.arange(NLON) * 11.25, {"units": "degrees_east"}),
        },
    )


@pytest.fixture
def predicted(truth):
    """What a model of some skill says: CF names, no half levels."""
    generator = np.random.default_rng(20250316)
    fields = {}
    for i, name in enumerate(DRAG):
        right = truth[f"drag_{i}"]
        noise = 0.3 * np.abs(right.values) * generator.normal(0.0, 1.0, right.shape)
        fields[name] = (right.dims, 0.9 * right.values + noise, {"units": "m s-2"})
    return xr.Dataset(fields, truth.coords)


@pytest.fixture
def truth_file(truth, tmp_path):
    path = tmp_path / "truth.nc"
    truth.to_netcdf(path)
    return path


@pytest.fixture
def predicted_file(predicted, tmp_path):
    path = tmp_path / "predicted.nc"
    predicted.to_netcdf(path)
    return path
