import netCDF4
import numpy as np
import pytest
import xarray as xr

from gwparam.contract import Field, Vertical
from gwparam.data import open_states
from gwparam.errors import ContractError, ModelFileError, NonFiniteError, ShapeError

NTIME, NLEV, NLAT, NLON = 3, 5, 4, 6
PRESSURE = np.array([1.0, 10.0, 100.0, 500.0, 900.0])
VERTICAL = Vertical("host", "top_down", NLEV, None, 0.1)
INPUTS = (
    Field("eastward_wind", "m s-1", "full", "float64"),
    Field("northward_wind", "m s-1", "full", "float64"),
    Field("surface_air_pressure", "Pa", "surface", "float64"),
    Field("latitude", "degrees_north", "surface", "float64"),
)
WIND_DIMS = ("time", "lev", "lat", "lon")


def wind(offset):
    """A distinct value in every cell."""
    shape = (NTIME, NLEV, NLAT, NLON)
    return (offset + np.arange(np.prod(shape)).reshape(shape)).astype(np.float32)


@pytest.fixture
def dataset():
    """A complete file, which the tests damage."""
    pressure = 9e4 + np.arange(NTIME * NLAT * NLON).reshape(NTIME, NLAT, NLON)
    return xr.Dataset(
        {
            "u": (
                WIND_DIMS,
                wind(0),
                {"standard_name": "eastward_wind", "units": "m s-1"},
            ),
            "v": (
                WIND_DIMS,
                wind(1000),
                {"standard_name": "northward_wind", "units": "m/s"},
            ),
            "ps": (
                ("time", "lat", "lon"),
                pressure,
                {"standard_name": "surface_air_pressure", "units": "Pa"},
            ),
        },
        {
            "time": (
                "time",
                [0.5, 1.5, 2.5],
                {"units": "days since 2000-01-01", "axis": "T"},
            ),
            "lev": (
                "lev",
                PRESSURE,
                {"units": "hPa", "positive": "down", "axis": "Z"},
            ),
            "lat": (
                "lat",
                [-60.0, -20.0, 20.0, 60.0],
                {"standard_name": "latitude", "units": "degrees_north"},
            ),
            "lon": ("lon", np.arange(6) * 60.0, {"units": "degrees_east"}),
        },
    )


@pytest.fixture
def write(tmp_path):
    """Write a dataset to a file of its own; its path."""

    def write_file(dataset, name="states.nc", **options):
        path = tmp_path / name
        dataset.to_netcdf(path, **options)
        return path

    return write_file


def open_file(*paths, **options):
    return open_states(paths, INPUTS, VERTICAL, **options)


def test_read_gives_fields_with_level_last(dataset, write):
    with open_file(write(dataset)) as states:
        fields = states.read(1)

    assert states.dimensions == ("lat", "lon")
    np.testing.assert_array_equal(
        fields["eastward_wind"], wind(0)[1].transpose(1, 2, 0)
    )
    np.testing.assert_array_equal(fields["surface_air_pressure"], dataset.ps[1])
    np.testing.assert_array_equal(
        fields["latitude"], np.repeat(dataset.lat.values[:, None], NLON, axis=1)
    )
    assert fields["eastward_wind"].dtype == np.float32
    assert states.units["northward_wind"] == "m/s"


def test_read_copies_neither_fields_nor_coordinates(dataset, write):
    with open_file(write(dataset)) as states:
        fields = states.read(0)

    assert fields["eastward_wind"].strides == (4 * NLON, 4, 4 * NLAT * NLON)
    assert fields["latitude"].strides[1] == 0


def test_read_turns_every_field_to_the_dimensions_of_the_first(dataset, write):
    dataset["v"] = dataset.v.transpose("lon", "time", "lat", "lev")
    dataset["ps"] = dataset.ps.transpose("lon", "lat", "time")

    with open_file(write(dataset)) as states:
        fields = states.read(2)

    np.testing.assert_array_equal(
        fields["northward_wind"], wind(1000)[2].transpose(1, 2, 0)
    )
    np.testing.assert_array_equal(
        fields["surface_air_pressure"], dataset.ps.transpose("time", "lat", "lon")[2]
    )


def test_levels_come_from_pressure_coordinate(dataset, write):
    with open_file(write(dataset)) as states:
        assert states.levels.order == "top_down"
        np.testing.assert_allclose(states.levels.pressure, 100.0 * PRESSURE)


def test_levels_the_other_way_up_are_bottom_up(dataset, write):
    with open_file(write(dataset.isel(lev=slice(None, None, -1)))) as states:
        assert states.levels.order == "bottom_up"
        np.testing.assert_allclose(states.levels.pressure, 100.0 * PRESSURE[::-1])
        # The fields stay in the file's order: the library turns them.
        np.testing.assert_array_equal(
            states.read(0)["eastward_wind"][..., 0], wind(0)[0, -1]
        )


def test_levels_come_from_sigma_where_the_coordinate_is_a_number(dataset, write):
    dataset["lev"] = ("lev", np.arange(NLEV, dtype=float), {"positive": "down"})
    dataset["sigma_full"] = ("lev", PRESSURE / 1000.0, {"units": "1"})

    with open_file(write(dataset)) as states:
        np.testing.assert_allclose(states.levels.pressure, 100.0 * PRESSURE)


def test_open_refuses_order_that_contradicts_pressures(dataset, write):
    dataset["lev"] = ("lev", np.arange(NLEV, dtype=float), {"positive": "up"})
    dataset["sigma_full"] = ("lev", PRESSURE / 1000.0, {"units": "1"})

    with pytest.raises(ContractError, match=r"bottom_up by lev:positive.*top_down by"):
        open_file(write(dataset))


def test_open_refuses_levels_without_pressures(dataset, write):
    dataset["lev"] = ("lev", np.arange(NLEV, dtype=float), {"axis": "Z"})

    with pytest.raises(ContractError, match="has no pressures of its levels"):
        open_file(write(dataset))


def test_open_refuses_pressures_that_are_not_monotonic(dataset, write):
    shuffled = PRESSURE[[0, 2, 1, 3, 4]]
    dataset["lev"] = ("lev", shuffled, dataset.lev.attrs)

    with pytest.raises(ContractError, match="not monotonic"):
        open_file(write(dataset))


def test_open_refuses_fields_without_vertical_dimension(dataset, write):
    dataset = dataset.drop_vars("lev").rename(lev="z")

    with pytest.raises(ContractError, match="expected one of them to be vertical"):
        open_file(write(dataset))


def test_open_matches_usual_names_without_standard_names(dataset, write):
    for name in ("u", "v", "ps", "lat"):
        del dataset[name].attrs["standard_name"]

    with open_file(write(dataset)) as states:
        assert states.sources["eastward_wind"].variable == "u"
        assert states.sources["latitude"].variable == "lat"


def test_open_prefers_standard_name_to_name(dataset, write):
    dataset = dataset.rename(u="v", v="u")

    with open_file(write(dataset)) as states:
        assert states.sources["eastward_wind"].variable == "v"


def test_open_takes_variable_that_caller_names(dataset, write):
    dataset["odd"] = dataset.u + 0.5
    dataset.odd.attrs["units"] = "m s-1"

    with open_file(write(dataset), variables={"eastward_wind": "odd"}) as states:
        fields = states.read(0)

    np.testing.assert_array_equal(
        fields["eastward_wind"], 0.5 + wind(0)[0].transpose(1, 2, 0)
    )


def test_open_refuses_choice_between_equal_standard_names(dataset, write):
    dataset = dataset.rename(u="first")
    dataset["second"] = dataset["first"]

    with pytest.raises(ContractError, match="several variables for eastward_wind"):
        open_file(write(dataset))


def test_open_names_what_it_looked_for_and_what_there_is(dataset, write):
    path = write(dataset.drop_vars("v"))

    with pytest.raises(ContractError) as caught:
        open_file(path)

    message = str(caught.value)
    assert "no variable for northward_wind" in message
    assert "looked for standard_name northward_wind and names" in message
    assert "u (eastward_wind)" in message


def test_open_refuses_named_variable_that_is_absent(dataset, write):
    with pytest.raises(ContractError, match="no variable odd for eastward_wind"):
        open_file(write(dataset), variables={"eastward_wind": "odd"})


def test_open_refuses_variable_for_unknown_input(dataset, write):
    with pytest.raises(ContractError, match="no input humidity"):
        open_file(write(dataset), variables={"humidity": "u"})


def test_open_refuses_units_of_another_dimension(dataset, write):
    dataset.v.attrs["units"] = "K"

    with pytest.raises(
        ContractError,
        match=r'northward_wind \(v in .*\) has units "K", expected "m s-1"',
    ):
        open_file(write(dataset))


def test_open_refuses_field_without_units(dataset, write):
    del dataset.v.attrs["units"]

    with pytest.raises(ContractError, match=r'has no units, expected "m s-1"'):
        open_file(write(dataset))


def test_open_refuses_wrong_number_of_levels(dataset, write):
    with pytest.raises(
        ShapeError, match=r"eastward_wind \(u in .*\) has 4 levels, expected 5"
    ):
        open_file(write(dataset.isel(lev=slice(4))))


def test_open_refuses_fields_on_another_grid(dataset, write):
    dataset["ps"] = dataset.ps.isel(lat=0, drop=True)

    with pytest.raises(
        ShapeError,
        match=r"dimensions \(lon 6\), expected \(lat 4, lon 6\)",
    ):
        open_file(write(dataset))


def test_open_refuses_absent_file(tmp_path):
    with pytest.raises(ModelFileError, match="no such file"):
        open_file(tmp_path / "absent.nc")


def test_open_refuses_truncated_file(dataset, write):
    path = write(dataset)
    path.write_bytes(path.read_bytes()[:3000])

    with pytest.raises(ModelFileError, match=r"cannot read .*states\.nc as netCDF"):
        open_file(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_read_names_field_time_and_index_of_non_finite_value(dataset, write, value):
    dataset.v[1, 3, 2, 5] = value

    with open_file(write(dataset)) as states:
        states.read(0)
        with pytest.raises(
            NonFiniteError,
            match=r"northward_wind \(v in .*\) at time 1 is (nan|inf) at "
            r"lev 3, lat 2, lon 5",
        ):
            states.read(1)


def test_read_refuses_missing_values(dataset, write):
    dataset.v[0, 0, 0, 0] = np.nan
    path = write(dataset, encoding={"v": {"_FillValue": -999.0}})

    with (
        open_file(path) as states,
        pytest.raises(NonFiniteError, match="northward_wind"),
    ):
        states.read(0)


def test_read_refuses_integers(dataset, write):
    attrs = dataset.ps.attrs
    dataset["ps"] = dataset.ps.astype(np.int32)
    dataset.ps.attrs = attrs

    with (
        open_file(write(dataset)) as states,
        pytest.raises(ShapeError, match="dtype int32, expected float32 or float64"),
    ):
        states.read(0)


def test_read_gives_native_byte_order_of_old_netcdf(dataset, write):
    path = write(dataset, format="NETCDF3_CLASSIC")

    with open_file(path) as states:
        field = states.read(0)["eastward_wind"]

    assert field.dtype.isnative
    np.testing.assert_array_equal(field, wind(0)[0].transpose(1, 2, 0))


def test_file_without_time_is_one_state(dataset, write):
    with open_file(write(dataset.isel(time=1, drop=True))) as states:
        assert len(states) == 1
        assert states.time(0) is None
        np.testing.assert_array_equal(
            states.read(0)["eastward_wind"], wind(0)[1].transpose(1, 2, 0)
        )


def test_field_without_time_is_the_same_at_every_time(dataset, write):
    dataset["ps"] = dataset.ps.isel(time=0, drop=True)

    with open_file(write(dataset)) as states:
        first, last = (states.read(i)["surface_air_pressure"] for i in (0, 2))

    np.testing.assert_array_equal(first, last)


def test_columns_of_samples_have_one_horizontal_dimension(dataset, write):
    columns = dataset.isel(time=0, drop=True).stack(sample=("lat", "lon"))
    columns = columns.reset_index("sample").reset_coords("lat")
    columns["u"] = columns.u.transpose("sample", "lev")

    with open_file(write(columns)) as states:
        fields = states.read(0)

    assert states.dimensions == ("sample",)
    assert fields["latitude"].shape == (NLAT * NLON,)
    np.testing.assert_array_equal(
        fields["northward_wind"], wind(1000)[0].reshape(NLEV, -1).T
    )


def test_several_files_are_read_one_after_the_other(dataset, write):
    first = write(dataset.isel(time=slice(2)), "a.nc")
    last = write(dataset.isel(time=slice(2, 3)), "b.nc")

    with open_file(first, last) as states:
        assert len(states) == NTIME
        np.testing.assert_array_equal(
            states.read(2)["eastward_wind"], wind(0)[2].transpose(1, 2, 0)
        )


def test_time_of_later_file_is_in_units_of_the_first(dataset, write):
    later = dataset.isel(time=slice(1))
    later["time"] = (
        "time",
        [12.0],
        {"units": "hours since 2000-02-01", "calendar": "standard"},
    )

    with open_file(write(dataset, "a.nc"), write(later, "b.nc")) as states:
        assert states.time(1) == 1.5
        assert states.time(3) == 31.5


def test_open_refuses_files_with_different_levels(dataset, write):
    other = dataset.copy()
    other["lev"] = ("lev", 2.0 * PRESSURE, dataset.lev.attrs)

    with pytest.raises(ContractError, match="other levels"):
        open_file(write(dataset, "a.nc"), write(other, "b.nc"))


def test_open_refuses_files_with_different_units(dataset, write):
    other = dataset.copy(deep=True)
    other.ps.attrs["units"] = "hPa"

    with pytest.raises(ContractError, match=r"ps in .*b\.nc\) in hPa is ps in Pa in"):
        open_file(write(dataset, "a.nc"), write(other, "b.nc"))


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
