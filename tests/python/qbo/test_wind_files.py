"""Wind of a run as netCDF, which is also the source of another run."""

import netCDF4
import numpy as np
import pytest
import xarray as xr

from gwparam.errors import ModelFileError, ShapeError
from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.runs import SPECTRUM, run
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.wind_files import read_forcing, write_wind


@pytest.fixture(scope="module")
def found():
    sources = [draw_forcing(5, seed) for seed in (1, 2)]
    return run(SPECTRUM, column_of(Testbed()), sources)


def test_what_is_written_is_read(found, tmp_path):
    path = tmp_path / "wind.nc"
    write_wind(path, found)
    with xr.open_dataset(path, decode_times=False) as file:
        assert file["u"].dims == ("time", "member", "z")
        assert file["u"].attrs["standard_name"] == "eastward_wind"
        np.testing.assert_array_equal(file["u"], found.wind)
        np.testing.assert_array_equal(file["z"], found.column.height)
        np.testing.assert_array_equal(file["pressure"], found.column.pressure)
    sources = read_forcing(path, 4)
    expected = found.forcings[0]
    np.testing.assert_array_equal(sources.source_flux, expected.source_flux[:4])
    np.testing.assert_array_equal(sources.spectral_width, expected.spectral_width[:4])


def write(path, **changes):
    """A file of sources, with a variable changed or left out."""
    variables = {
        "source_flux": (("time",), np.full(6, 4e-3), "Pa"),
        "spectral_width": (("time",), np.full(6, 32.0), "m s-1"),
    } | changes
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", 6), ("z", 2)):
            file.createDimension(name, size)
        for name, variable in variables.items():
            if variable is not None:
                dimensions, values, units = variable
                file.createVariable(name, "f8", dimensions)[:] = values
                file[name].units = units
    return path


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"source_flux": None}, ModelFileError, "holds no source_flux"),
        (
            {"source_flux": (("time",), 1.0, "hPa")},
            ModelFileError,
            "source_flux in hPa, expected Pa",
        ),
        (
            {"spectral_width": (("z",), 32.0, "m s-1")},
            ShapeError,
            "expected .time,. or",
        ),
        (
            {"source_flux": (("time",), 0.0, "Pa")},
            ModelFileError,
            "source_flux that is not above 0",
        ),
        (
            {"source_flux": (("time",), np.nan, "Pa")},
            ModelFileError,
            "source_flux that is not above 0",
        ),
    ],
)
def test_files_are_refused(tmp_path, changes, error, said):
    with pytest.raises(error, match=said):
        read_forcing(write(tmp_path / "f.nc", **changes), 6)


def test_a_file_of_less_days_is_refused(tmp_path):
    with pytest.raises(ShapeError, match="has 6 days, expected at least 7"):
        read_forcing(write(tmp_path / "f.nc"), 7)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "f.nc").write_text("no netCDF")
    with pytest.raises(ModelFileError, match=r"f\.nc"):
        read_forcing(tmp_path / "f.nc", 7)
