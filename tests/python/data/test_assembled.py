import numpy as np
import pytest
import xarray as xr
from wind_states import NLAT, NLEV, NLON, NTIME, wind, wind_states

from gwparam.data.assembled import Part, assemble
from gwparam.data.netcdf import open_dataset

ROWS, COLUMNS = np.array([2, 0, 3, 1]), np.array([5, 3, 1, 0, 2, 4])


def shuffled():
    """The states with rows and columns in another order: entry i is of place i."""
    return wind_states().isel(lat=np.argsort(ROWS), lon=np.argsort(COLUMNS))


@pytest.fixture
def lazy(write):
    """The states out of a shuffled file, nothing of it read yet."""
    with open_dataset(str(write(shuffled()))) as opened:
        # Where entry i of the file goes: the inverse of the inverse.
        where = {"lat": np.argsort(ROWS), "lon": np.argsort(COLUMNS)}
        yield assemble([Part(opened, where)], {"lat": NLAT, "lon": NLON})


def test_order_is_restored_everywhere(lazy):
    xr.testing.assert_identical(lazy.load(), wind_states())


@pytest.mark.parametrize(
    "key",
    [
        {"time": 1},
        {"time": 2, "lev": 3},
        {"time": slice(1, 3), "lat": 2},
        {"lon": slice(1, 5, 2), "lev": slice(None, None, -1)},
        {"lat": [3, 0], "lon": 4},
        {"time": 0, "lev": 0, "lat": 1, "lon": 2},
    ],
)
def test_any_part_can_be_asked_for(lazy, key):
    expected = xr.Variable(("time", "lev", "lat", "lon"), wind(0)).isel(key)

    np.testing.assert_array_equal(lazy.u.variable.isel(key).values, expected.values)


@pytest.mark.parametrize(
    "dims", [("lat", "lon", "time", "lev"), ("lon", "lev", "time", "lat")]
)
def test_dimensions_may_have_any_order(write, dims):
    path = write(shuffled().transpose(*dims))
    where = {"lat": np.argsort(ROWS), "lon": np.argsort(COLUMNS)}

    with open_dataset(str(path)) as opened:
        found = assemble([Part(opened, where)], {"lat": NLAT, "lon": NLON})
        assert found.u.dims == dims
        one = found.u.variable.isel(time=1)

    expected = wind_states().u.isel(time=1).transpose(*one.dims)
    np.testing.assert_array_equal(one.values, expected.values)


def test_parts_are_put_beside_one_another(write):
    whole = wind_states()
    paths = [
        write(whole.isel(lat=lat, lon=lon), f"{number}.nc")
        for number, (lat, lon) in enumerate(
            [
                (slice(1), slice(4)),
                (slice(1), slice(4, 6)),
                (slice(1, 4), slice(4)),
                (slice(1, 4), slice(4, 6)),
            ]
        )
    ]
    parts = []
    for path in paths:
        opened = open_dataset(str(path))
        where = {
            "lat": np.flatnonzero(np.isin(whole.lat, opened.lat)),
            "lon": np.flatnonzero(np.isin(whole.lon, opened.lon)),
        }
        parts.append(Part(opened, where))

    found = assemble(parts, {"lat": NLAT, "lon": NLON})

    assert found.u.shape == (NTIME, NLEV, NLAT, NLON)
    xr.testing.assert_identical(found.load(), whole)


def test_variable_that_a_part_lacks_is_left_out(write):
    with (
        open_dataset(str(write(wind_states().isel(lat=slice(2)), "a.nc"))) as one,
        open_dataset(
            str(write(wind_states().isel(lat=slice(2, 4)).drop_vars("v"), "b.nc"))
        ) as other,
    ):
        parts = [
            Part(one, {"lat": np.arange(2)}),
            Part(other, {"lat": np.arange(2, 4)}),
        ]
        found = assemble(parts, {"lat": NLAT})

        assert set(found.data_vars) == {"u", "ps"}
