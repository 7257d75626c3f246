"""A network of a few lines, its contract, and states for it."""

import numpy as np
import pytest
import torch
import xarray as xr

from gwparam.contract import (
    CONTRACT_VERSION,
    Contract,
    Field,
    Geometry,
    Limit,
    Output,
    Probe,
    Source,
    Vertical,
)

NTIME, NLEV, NLAT, NLON = 3, 5, 4, 6
TENDENCY = "tendency_of_{}_wind_due_to_gravity_wave_drag"


class Damping(torch.nn.Module):
    """Wind damped by level, more so in the north and under high pressure."""

    def forward(
        self,
        eastward_wind: torch.Tensor,
        northward_wind: torch.Tensor,
        surface_air_pressure: torch.Tensor,
        latitude: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        level = torch.arange(1, eastward_wind.size(1) + 1, dtype=eastward_wind.dtype)
        rate = 1e-6 * (1.0 + latitude / 90.0) * (surface_air_pressure / 1e5)
        rates = rate.unsqueeze(1) * level
        return -rates * eastward_wind, -2.0 * rates * northward_wind


@pytest.fixture
def network():
    return Damping()


@pytest.fixture
def contract():
    outputs = tuple(
        Output(TENDENCY.format(wind), "m s-2", "full", "float64", "tendency")
        for wind in ("eastward", "northward")
    )
    return Contract(
        contract_version=CONTRACT_VERSION,
        name="Damping",
        gwparam_version="0",
        torch_version="0",
        created="2000-01-01T00:00:00Z",
        source=Source("damping", "damping.pt", "0" * 64),
        citation="nobody (1999)",
        geometry=Geometry("column"),
        inputs=(
            Field("eastward_wind", "m s-1", "full", "float64"),
            Field("northward_wind", "m s-1", "full", "float64"),
            Field("surface_air_pressure", "Pa", "surface", "float64"),
            Field("latitude", "degrees_north", "surface", "float64"),
        ),
        outputs=outputs,
        vertical=Vertical("host", "top_down", NLEV, None, 0.1),
        training_range=(),
        limits=tuple(Limit(field.name, 1.0) for field in outputs),
        probe=Probe(2, 1e-12),
    )


@pytest.fixture
def dataset():
    """States in other units than the network's, and a reference for them."""
    generator = np.random.default_rng(20240917)
    dims, shape = ("time", "lev", "lat", "lon"), (NTIME, NLEV, NLAT, NLON)
    dataset = xr.Dataset(
        {
            "u": (dims, generator.normal(0.0, 72.0, shape), {"units": "km h-1"}),
            "v": (dims, generator.normal(0.0, 10.0, shape), {"units": "m s-1"}),
            "ps": (
                ("time", "lat", "lon"),
                generator.uniform(950.0, 1020.0, (NTIME, NLAT, NLON)),
                {"units": "hPa"},
            ),
            "truth_x": (
                dims,
                generator.normal(0.0, 1.0, shape),
                {
                    "standard_name": TENDENCY.format("eastward").replace(
                        "_gravity_", "_nonorographic_gravity_"
                    ),
                    "units": "m s-1 day-1",
                },
            ),
            "truth_y": (
                dims,
                generator.normal(0.0, 1e-5, shape),
                {
                    "standard_name": TENDENCY.format("northward"),
                    "units": "m s-2",
                },
            ),
        },
        {
            "time": ("time", [0.5, 1.5, 2.5], {"units": "days since 2000-01-01"}),
            "lev": ("lev", [1.0, 10.0, 100.0, 500.0, 900.0], {"units": "hPa"}),
            "lat": ("lat", [-70.0, -20.0, 10.0, 65.0], {"units": "degrees_north"}),
            "lon": ("lon", np.arange(6) * 60.0, {"units": "degrees_east"}),
        },
    )
    return dataset


@pytest.fixture
def states_file(dataset, tmp_path):
    path = tmp_path / "states.nc"
    dataset.to_netcdf(path)
    return path


@pytest.fixture
def expected(dataset):
    """Outputs of the network by name; shape (time, lev, lat, lon), in m s-2."""
    level = np.arange(1, NLEV + 1)[:, None, None]
    rate = 1e-6 * (1.0 + dataset.lat.values[:, None] / 90.0)
    rate = rate * level * (dataset.ps.values[:, None] / 1000.0)
    return {
        TENDENCY.format("eastward"): -rate * dataset.u.values / 3.6,
        TENDENCY.format("northward"): -2.0 * rate * dataset.v.values,
    }
