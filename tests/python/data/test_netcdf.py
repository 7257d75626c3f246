import netCDF4
import numpy as np
import pytest
import xarray as xr
from wind_states import (
    open_file,
)

from gwparam.data.netcdf import OpenFiles, check_finite
from gwparam.errors import ArgumentError, ModelFileError, NonFiniteError, ShapeError


def test_open_refuses_absent_file(tmp_path):
    with pytest.raises(ModelFileError, match="no such file"):
        open_file(tmp_path / "absent.nc")


def test_open_refuses_truncated_file(dataset, write):
    path = write(dataset)
    path.write_bytes(path.read_bytes()[:3000])

    with pytest.raises(ModelFileError, match=r"cannot read .*states\.nc as netCDF"):
        open_file(path)


def test_read_reports_file_that_breaks_while_it_is_read(dataset, write):
    path = write(dataset.isel(time=slice(1)), encoding={"u": {"zlib": True}})
    with netCDF4.Dataset(path) as file:
        assert file["u"].filters()["zlib"]
    content = bytearray(path.read_bytes())
    # The deflated values are the only stream with this header.
    start = content.index(b"\x78\x5e")
    content[start + 2 : start + 40] = bytes(38)
    path.write_bytes(content)

    with (
        open_file(path) as states,
        pytest.raises(ModelFileError, match=r"cannot read u in"),
    ):
        states.read(0)


def times(write, name, values, units="hours since 2000-01-01"):
    """Write a file of some times; its path."""
    values = np.asarray(values, dtype=float)
    return write(xr.Dataset(coords={"time": ("time", values, {"units": units})}), name)


def test_files_stay_in_the_order_given(write):
    paths = [times(write, "b.nc", [6, 12]), times(write, "a.nc", [0])]

    with OpenFiles(paths) as files:
        assert files.paths == tuple(map(str, paths))
        assert len(files) == 3
        assert files.dates.intervals is None
        assert files.locate(2)[1:] == (str(paths[1]), 0)
        assert files.first is files.datasets[str(paths[0])]


def test_files_come_in_the_order_of_their_dates(write):
    paths = [times(write, "a.nc", [6, 12]), times(write, "b.nc", [0])]

    with OpenFiles(paths, by_date=True) as files:
        assert files.paths == (str(paths[1]), str(paths[0]))
        assert list(files.datasets) == list(files.paths)
        assert files.dates.intervals == ((0.0, 0.0), (6.0, 12.0))


def test_file_given_twice_is_read_twice_unless_dates_count(write, tmp_path):
    path = times(write, "a.nc", [0, 6])
    (tmp_path / "link.nc").symlink_to(path)

    with OpenFiles([path, path]) as files:
        assert len(files) == 4
        assert files.locate(3)[2] == 1
    with pytest.raises(ArgumentError, match=r"link.nc is given twice, expected once"):
        OpenFiles([path, tmp_path / "link.nc"], by_date=True)


def test_no_file_is_refused():
    with pytest.raises(ArgumentError, match="no state file given, expected at least"):
        OpenFiles([])


def test_files_are_closed_when_a_check_fails(write):
    path = times(write, "a.nc", [0])
    seen = []

    def check(dataset, name):
        seen.append(name)
        raise ShapeError("never right")

    with pytest.raises(ShapeError, match="never right") as error:
        OpenFiles([path], check=check)

    assert error
    assert seen == [str(path)]
    with netCDF4.Dataset(path, "a") as file:  # HDF5 locks what is open
        file.setncattr("title", "free")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_first_value_that_is_not_finite_is_named(value):
    values = np.zeros((2, 3))
    check_finite(values, ("lev", "lat"), "wind")
    values[1, 2] = value

    with pytest.raises(NonFiniteError) as caught:
        check_finite(values, ("lev", "lat"), "wind")

    assert str(caught.value) == f"wind is {value} at lev 1, lat 2 (from 0)"
