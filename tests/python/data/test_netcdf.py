import netCDF4
import numpy as np
import pytest
import xarray as xr
from wind_states import (
    open_file,
)

from gwparam.data.netcdf import OpenFiles, check_finite, open_dataset
from gwparam.errors import (
    ArgumentError,
    ContractError,
    ModelFileError,
    NonFiniteError,
    ShapeError,
)


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


MONTH = "hourly timestep of the month"


def test_files_without_dates_stay_in_the_order_given(write):
    paths = [times(write, "b.nc", [6, 12], MONTH), times(write, "a.nc", [0], MONTH)]

    with OpenFiles(paths) as files:
        assert files.paths == tuple(map(str, paths))
        assert len(files) == 3
        assert files.dates.intervals is None
        assert files.locate(2)[1:] == (str(paths[1]), 0)
        assert files.first is files.datasets[str(paths[0])]
    with OpenFiles(paths, by_name=True) as files:
        assert files.paths == (str(paths[1]), str(paths[0]))


def test_files_come_in_the_order_of_their_dates(write):
    paths = [times(write, "a.nc", [6, 12]), times(write, "b.nc", [0])]

    with OpenFiles(paths) as files:
        assert files.paths == (str(paths[1]), str(paths[0]))
        assert list(files.datasets) == list(files.paths)
        assert files.dates.intervals == ((0.0, 0.0), (6.0, 12.0))


def test_file_given_twice_is_refused_under_whatever_name(write, tmp_path):
    path = times(write, "a.nc", [0, 6], MONTH)
    (tmp_path / "link.nc").symlink_to(path)

    with pytest.raises(ArgumentError, match=r"a.nc is given twice, expected once"):
        OpenFiles([path, path])
    with pytest.raises(
        ArgumentError, match=r"link.nc is .*a.nc, given twice, expected once"
    ):
        OpenFiles([path, tmp_path / "link.nc"])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.isel(lat=slice(None, None, -1)),
        lambda d: d.roll(lon=2, roll_coords=True),
        lambda d: d.assign_coords(
            lon=d.lon.copy(data=(d.lon + 180.0) % 360.0 - 180.0)
        ).sortby("lon"),
        lambda d: d.isel(lat=[2, 0, 3, 1], lon=[5, 1, 0, 2, 4, 3]),
        lambda d: d.isel(lat=slice(None, None, -1)).transpose("lon", "lat", ...),
        lambda d: d.assign_coords(lat=d.lat.astype(np.float32)).isel(lat=[1, 0, 2, 3]),
    ],
    ids=["flipped", "rolled", "-180 to 180", "shuffled", "transposed", "float32"],
)
@pytest.mark.parametrize("first", [0, 1])
def test_file_is_read_by_its_own_coordinates(dataset, write, change, first):
    with xr.set_options(keep_attrs=True):
        parts = [dataset.isel(time=[0, 1]), dataset.isel(time=[2])]
        parts[1 - first] = change(parts[1 - first])
    paths = [write(part, f"{n}.nc") for n, part in enumerate(parts)]

    with open_file(*paths) as states:
        places = states.coordinates(0)
        at = (
            [
                np.argmin(np.abs(places[0][:, 0, None] - dataset.lat.values), axis=1),
                np.argmin(
                    np.abs(places[1][0][:, None] % 360 - dataset.lon.values), axis=1
                ),
            ]
            if places[0].shape == (4, 6)
            else None
        )
        for index in range(3):
            found = states.read(index)
            expected = dataset.isel(time=index)
            if at is None:  # the frame of the first file has longitudes first
                np.testing.assert_array_equal(
                    found["eastward_wind"],
                    expected.isel(lat=slice(None, None, -1)).u.transpose(
                        "lon", "lat", "lev"
                    ),
                )
                continue
            np.testing.assert_array_equal(
                found["eastward_wind"],
                expected.isel(lat=at[0], lon=at[1]).u.transpose("lat", "lon", "lev"),
            )
            np.testing.assert_array_equal(
                found["surface_air_pressure"], expected.isel(lat=at[0], lon=at[1]).ps
            )


@pytest.mark.parametrize("dim", ["lat", "lon"])
def test_file_on_another_grid_is_refused(dataset, write, dim):
    other = dataset.isel(time=[2])
    other = other.assign_coords({dim: other[dim].copy(data=other[dim] + 5.0)})

    with pytest.raises(ContractError, match=r"b.nc has another grid than .*a.nc: lat"):
        open_file(write(dataset.isel(time=[0]), "a.nc"), write(other, "b.nc"))


def test_columns_in_another_order_are_found(dataset, write):
    columns = dataset.stack(ncol=("lat", "lon")).reset_index("ncol")
    order = np.random.default_rng(2).permutation(24)
    paths = [
        write(columns.isel(time=[0]), "a.nc"),
        write(columns.isel(time=[1], ncol=order), "b.nc"),
    ]

    with open_file(*paths) as states:
        np.testing.assert_array_equal(
            states.read(1)["eastward_wind"], columns.isel(time=1).u.T
        )


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


def test_a_file_without_times_is_refused(write):
    with pytest.raises(ArgumentError, match=r"a\.nc has no time, expected at least"):
        OpenFiles([times(write, "a.nc", [])])


@pytest.mark.parametrize(
    ("units", "text"), [(1, "1"), (np.array([1.0, 2.0]), "[1. 2.]"), ("Pa", "Pa")]
)
def test_attributes_that_should_be_texts_are_texts(tmp_path, units, text):
    path = tmp_path / "states.nc"
    values = xr.DataArray([1.0], dims="time", attrs={"units": units, "scale": 2})
    xr.Dataset({"ps": values}).to_netcdf(path)

    with open_dataset(str(path)) as opened:
        assert opened.ps.attrs["units"] == text
        assert opened.ps.attrs["scale"] == 2
