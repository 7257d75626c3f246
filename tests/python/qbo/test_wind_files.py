"""Wind of a run as netCDF, which is also the source of another run."""

from dataclasses import replace

import netCDF4
import numpy as np
import pytest
import xarray as xr

from gwparam.errors import ContractError, ModelFileError, ShapeError
from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.runs import SPECTRUM, run
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.wind_files import read_forcings, write_wind


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
    for sources, expected in zip(read_forcings(path, 4), found.forcings, strict=True):
        for name in ("source_flux", "spectral_width"):
            np.testing.assert_array_equal(
                getattr(sources, name), getattr(expected, name)[:4]
            )


def test_a_whole_column_has_no_sources(found, tmp_path):
    column = replace(found.column, has_own_waves=False)
    write_wind(tmp_path / "wind.nc", replace(found, column=column))
    with netCDF4.Dataset(tmp_path / "wind.nc") as file:
        assert set(file.variables) == {"time", "z", "pressure", "u"}


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
            {"source_flux": (("time",), 1.0, "m")},
            ContractError,
            'source_flux in .*f.nc has units "m", expected "Pa"',
        ),
        (
            {"source_flux": (("time", "z"), 1.0, "Pa")},
            ShapeError,
            "source_flux of 2 members and spectral_width of 1",
        ),
        (
            {"time": (("time",), [0, 1, 2, 4, 5, 6], "days since 2000-01-01")},
            ModelFileError,
            "step of 2 days after time 2, counted from 0, expected 1 day",
        ),
        (
            {"time": (("time",), np.arange(6)[::-1], "days since 2000-01-01")},
            ModelFileError,
            "step of -1 days",
        ),
        (
            {"time": (("time",), np.arange(6), "hours since 2000-01-01")},
            ModelFileError,
            "step of 0.0416667 days",
        ),
        (
            {"time": (("time",), np.ma.masked_all(6), "days since 2000-01-01")},
            ModelFileError,
            "expected 1 day",
        ),
        (
            {"spectral_width": (("time",), np.ma.masked_all(6), "m s-1")},
            ModelFileError,
            "spectral_width that is not above 0",
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
        read_forcings(write(tmp_path / "f.nc", **changes), 6)


def test_units_are_converted(tmp_path):
    hours = (("time",), 24.0 * np.arange(6), "hours since 2000-01-01")
    flux = (("time",), 4e-5, "hPa")
    path = write(tmp_path / "f.nc", source_flux=flux, time=hours)
    (found,) = read_forcings(path, 6)
    np.testing.assert_allclose(found.source_flux, 4e-3)


def test_a_file_of_less_days_is_refused(tmp_path):
    with pytest.raises(ShapeError, match="has 6 days, expected at least 7"):
        read_forcings(write(tmp_path / "f.nc"), 7)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "f.nc").write_text("no netCDF")
    with pytest.raises(ModelFileError, match=r"f\.nc"):
        read_forcings(tmp_path / "f.nc", 7)
