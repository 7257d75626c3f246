import numpy as np
import pytest
import xarray as xr
from wind_states import open_file

from gwparam.data.places import (
    SAME_PLACE,
    Axis,
    check_alike,
    overlap,
    positions,
    read_axes,
)
from gwparam.errors import ContractError

LAT = np.array([-60.0, -20.0, 20.0, 60.0])
LON = np.arange(6) * 60.0
PAIRS = {"latitude": np.repeat(LAT, 6), "longitude": np.tile(LON, 4)}


def rows(values):
    return Axis(("lat",), {"latitude": np.asarray(values, dtype=float)})


def around(values):
    return Axis(("lon",), {"longitude": np.asarray(values, dtype=float)})


def file(lat, lon, lat_units="degrees_north", lon_units="degrees_east"):
    return xr.Dataset(
        {
            "lat": (lat[0], lat[1], {"units": lat_units}),
            "lon": (lon[0], lon[1], {"units": lon_units}),
        }
    )


def test_rows_and_columns_are_axes_of_their_own():
    first, second = read_axes(file(("y", LAT), ("x", LON)), "a.nc")

    assert (first.dimensions, second.dimensions) == (("y",), ("x",))
    np.testing.assert_array_equal(first.degrees["latitude"], LAT)
    np.testing.assert_array_equal(second.degrees["longitude"], LON)


def test_columns_along_one_dimension_are_one_axis():
    (axis,) = read_axes(
        file(("ncol", PAIRS["latitude"]), ("ncol", PAIRS["longitude"])), "a.nc"
    )

    assert axis.size == 24
    assert list(axis.degrees) == ["latitude", "longitude"]


def test_radians_are_turned_into_degrees():
    data = file(("y", np.deg2rad(LAT)), ("x", np.deg2rad(LON)), "radian", "radian")

    first, second = read_axes(data, "a.nc")

    np.testing.assert_allclose(first.degrees["latitude"], LAT, rtol=1e-14)
    np.testing.assert_allclose(second.degrees["longitude"], LON, rtol=1e-14)


def test_what_a_file_lacks_is_no_axis():
    assert read_axes(xr.Dataset({"u": ("x", LON)}), "a.nc") == ()


@pytest.mark.parametrize("moves", [False, True])
def test_columns_that_move_are_refused(moves):
    lat = np.stack([LAT, LAT, LAT + moves])
    data = xr.Dataset({"lat": (("time", "y"), lat, {"units": "degrees_north"})})

    if not moves:
        assert read_axes(data, "a.nc")[0].dimensions == ("y",)
        return
    with pytest.raises(ContractError, match=r"lat in a.nc at time 2 is not that of"):
        read_axes(data, "a.nc")


@pytest.mark.parametrize(
    ("expected", "given", "where"),
    [
        (rows(LAT), rows(LAT[::-1]), [3, 2, 1, 0]),
        (around(LON), around(np.roll(LON, 2)), [4, 5, 0, 1, 2, 3]),
        (around(LON), around([-180, -120, -60, 0, 60, 120]), [3, 4, 5, 0, 1, 2]),
        (around([-120.0, 0.0, 120.0]), around([0.0, 120.0, 240.0]), [1, 2, 0]),
        # Within a rounding of the meridian, on either side.
        (around([0.0, 120.0, 240.0]), around([120, 240, 360 - 1e-5]), [1, 2, 0]),
        (rows(LAT), rows(LAT + 0.9 * SAME_PLACE), [0, 1, 2, 3]),
        (rows(LAT), rows((LAT + 0.9 * SAME_PLACE)[::-1]), [3, 2, 1, 0]),
        (rows(LAT), rows(LAT + 1.1 * SAME_PLACE), None),
        (rows(LAT), rows([-60, -20, 20, 61]), None),
        (rows(LAT), rows(LAT[:3]), None),
        (rows(LAT), around(LAT), None),
        # A place that comes twice has no one place.
        (rows([-60, 20, 20, 60]), rows([60, 20, 20, -60]), None),
    ],
)
def test_positions_of_one_axis_on_another(expected, given, where):
    found = positions(expected, given)

    if where is None:
        assert found is None
    else:
        np.testing.assert_array_equal(found, where)


def test_positions_of_columns_in_any_order():
    order = np.random.default_rng(5).permutation(24)
    given = {name: values[order] for name, values in PAIRS.items()}

    found = positions(Axis(("ncol",), PAIRS), Axis(("ncol",), given))

    np.testing.assert_array_equal(found, order)


def test_curvilinear_columns_keep_their_order():
    grid = {name: values.reshape(4, 6) for name, values in PAIRS.items()}
    flipped = {name: values[::-1] for name, values in grid.items()}
    axis = Axis(("y", "x"), grid)

    np.testing.assert_array_equal(positions(axis, axis), np.arange(24))
    assert positions(axis, Axis(("y", "x"), flipped)) is None


@pytest.mark.parametrize(
    ("other", "common"), [([-60.0], True), ([-59.9], False), ([60.0, 90.0], True)]
)
def test_overlap_of_axes(other, common):
    assert overlap(rows(LAT), rows(other)) is common


def test_grid_that_is_another_is_refused_with_both():
    expected = read_axes(file(("lat", LAT), ("lon", LON)), "a.nc")
    given = read_axes(file(("lat", LAT + 1.0), ("lon", LON)), "b.nc")

    with pytest.raises(
        ContractError,
        match=r"b.nc has another grid than a.nc: latitude -59 to 61 along lat \(4\) "
        r"and longitude 0 to 300 along lon \(6\), expected latitude -60 to 60 ",
    ):
        check_alike(expected, given, "b.nc", "a.nc")


def test_grid_in_other_dimensions_is_refused():
    expected = read_axes(file(("lat", LAT), ("lon", LON)), "a.nc")
    given = read_axes(file(("y", LAT), ("x", LON)), "b.nc")

    with pytest.raises(ContractError, match=r"60 along y \(4\) and .* along x \(6\)"):
        check_alike(expected, given, "b.nc", "a.nc")
    with pytest.raises(ContractError, match="no latitude and no longitude, expected"):
        check_alike(expected, (), "b.nc", "a.nc")


def seamed(dataset, longitudes):
    """A file whose first meridian comes again at the end."""
    again = dataset.isel(lon=[*range(dataset.sizes["lon"]), 0])
    return again.assign_coords(lon=("lon", longitudes, dataset.lon.attrs))


@pytest.mark.parametrize("start", [0.0, -180.0])
def test_cyclic_meridian_is_left_out(dataset, write, start):
    path = write(seamed(dataset, np.arange(7) * 60.0 + start))

    with open_file(path) as states:
        assert states.horizontal == (4, 6)
        np.testing.assert_array_equal(
            states.read(1)["eastward_wind"], dataset.u[1].transpose("lat", "lon", "lev")
        )


def test_cyclic_column_of_a_curvilinear_grid_is_left_out(dataset, write):
    cyclic = seamed(dataset, np.arange(7) * 60.0)
    grid = np.meshgrid(cyclic.lat, cyclic.lon, indexing="ij")
    cyclic = cyclic.drop_vars(["lat", "lon"]).rename(lat="y", lon="x")
    for name, values in zip(("latitude", "longitude"), grid, strict=True):
        cyclic[name] = (("y", "x"), values, {"units": "degrees"})

    with open_file(write(cyclic)) as states:
        assert states.horizontal == (4, 6)


@pytest.mark.parametrize(("dim", "name"), [("lat", "latitude"), ("lon", "longitude")])
def test_place_that_comes_twice_is_refused(dataset, write, dim, name):
    twice = dataset.isel({dim: [0, 1, 2, 2, 3]})
    value = float(dataset[dim][2])

    with pytest.raises(
        ContractError, match=f"{name} {value:g} comes 2 times along {dim} in .*states"
    ):
        open_file(write(twice))


def globe(rows, scale=1.0, around=1.0, step=3.0):
    """Coordinates of a global grid, perhaps in other units than they say."""
    lat = np.linspace(-90 + 90 / rows, 90 - 90 / rows, rows) * scale
    lon = np.arange(0.0, 360.0, 180 / rows) * around
    return xr.Dataset(
        coords={
            "lat": ("lat", lat, {"units": "degrees_north"}),
            "lon": ("lon", lon, {"units": "degrees_east"}),
        }
    )


RADIAN = np.pi / 180.0


@pytest.mark.parametrize("rows", [8, 16, 64, 180])
@pytest.mark.parametrize("around", [1.0, RADIAN])
@pytest.mark.parametrize("alone", [False, True])
def test_globe_in_radians_that_says_degrees_is_refused(rows, around, alone):
    read_axes(globe(rows), "a.nc")
    wrong = globe(rows, RADIAN, around)
    wrong = wrong.drop_vars("lon") if alone else wrong

    with pytest.raises(ContractError, match=r"latitude in a.nc is -1\.\d+ to 1\."):
        read_axes(wrong, "a.nc")


def test_band_at_the_equator_is_in_degrees():
    band = globe(8).assign_coords(lat=("lat", np.linspace(-1.5, 1.5, 8)))
    fine = band.assign_coords(lon=("lon", np.arange(0.0, 360.0, 0.5)))
    part = band.assign_coords(lon=("lon", np.arange(0.0, 4.0, 0.5)))

    for dataset in (fine, part):
        dataset.lat.attrs["units"] = dataset.lon.attrs["units"] = "degrees"
        assert len(read_axes(dataset, "a.nc")) == 2
