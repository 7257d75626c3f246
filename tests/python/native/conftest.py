"""Columns for the tests of the native scheme."""

from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from numpy.typing import NDArray

from gwparam.grids import (
    full_levels,
    gaussian_latitudes,
    latitude_edges,
    uneven_sigma,
)
from gwparam.native import AlexanderDunkerton, AlexanderDunkertonSettings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """State of columns, and the grid that they lie on."""

    reference_pressure: Array
    setup_latitude: Array
    row: NDArray[np.int64]
    latitude: Array
    pressure: Array
    half_pressure: Array
    height: Array
    temperature: Array
    eastward_wind: Array
    northward_wind: Array

    def scheme(self, settings: AlexanderDunkertonSettings) -> AlexanderDunkerton:
        """Scheme on the grid of these columns."""
        return AlexanderDunkerton(
            self.reference_pressure, self.setup_latitude, settings
        )

    def state(self) -> tuple[Array, ...]:
        """Arguments of `AlexanderDunkerton.drag`."""
        return (
            self.row,
            self.latitude,
            self.pressure,
            self.height,
            self.temperature,
            self.eastward_wind,
            self.northward_wind,
        )


def read_columns(path: Path, time: int) -> tuple[Columns, Array, Array]:
    """Columns of a file of reference data, with the drag that MiMA gave for them."""
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        sigma, half = file["sigma_full"][:], file["bk"][:]
        ps = file["ps"][time].astype(float)

        def profiles(name: str) -> Array:
            field = file[name][time].astype(float)
            return np.moveaxis(field, 0, -1).reshape(-1, sigma.size)

        nlat, nlon = ps.shape
        columns = Columns(
            reference_pressure=sigma * 101325.0,
            setup_latitude=file["lat_cg_init"][:],
            row=np.repeat(np.arange(nlat), nlon),
            latitude=np.repeat(file["lat"][:], nlon),
            pressure=ps.reshape(-1, 1) * sigma,
            half_pressure=ps.reshape(-1, 1) * half,
            height=profiles("zfull"),
            temperature=profiles("temp"),
            eastward_wind=profiles("u"),
            northward_wind=profiles("v"),
        )
        return columns, profiles("gwfcng_x"), profiles("gwfcng_y")


@pytest.fixture(scope="session")
def mima(reference_data: Path) -> tuple[Columns, Array, Array]:
    """One state of MiMA in full precision, and its drag."""
    return read_columns(
        reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc", time=0
    )


@pytest.fixture(params=range(8))
def rounded_mima(
    request: pytest.FixtureRequest, reference_data: Path
) -> tuple[Columns, Array, Array]:
    """One of eight states of MiMA in single precision, and its drag."""
    return read_columns(
        reference_data / "mima" / "mima_t42l40_ad99.nc", time=request.param
    )


@pytest.fixture
def random_columns() -> Columns:
    """Plausible columns: random winds that grow with height, random temperature."""
    random = np.random.default_rng(99)
    nlat, per_row, nlev = 16, 4, 40
    half = uneven_sigma(nlev)
    sigma = full_levels(half)
    edges = latitude_edges(nlat)
    row = np.repeat(np.arange(nlat), per_row)
    ps = random.uniform(9.5e4, 1.03e5, (row.size, 1))
    scale_heights = -np.log(sigma)
    temperature = 240.0 + 25.0 * random.standard_normal((row.size, 1)) * np.cos(
        scale_heights / random.uniform(0.8, 2.0, (row.size, 1))
    )
    height = np.zeros_like(temperature)
    step = np.diff(-scale_heights) * 0.5 * (temperature[:, 1:] + temperature[:, :-1])
    height[:, :-1] = np.cumsum((287.04 / 9.8 * step)[:, ::-1], axis=1)[:, ::-1]
    u, v = (
        (5.0 + 4.0 * scale_heights)
        * random.standard_normal((row.size, 1))
        * np.cos(scale_heights / random.uniform(0.5, 3.0, (row.size, 1)))
        + 3.0 * random.standard_normal((row.size, nlev))
        for _ in range(2)
    )
    return Columns(
        reference_pressure=sigma * 101325.0,
        setup_latitude=0.5 * (edges[1:] + edges[:-1]),
        row=row,
        latitude=gaussian_latitudes(nlat)[row],
        pressure=ps * sigma,
        half_pressure=ps * half,
        height=height,
        temperature=temperature,
        eastward_wind=u,
        northward_wind=v,
    )
