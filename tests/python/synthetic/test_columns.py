from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gwparam.errors import ArgumentError, ContractError
from gwparam.grids import full_levels, uneven_sigma
from gwparam.synthetic.columns import count_times, read_columns

NLAT, NLON, NLEV = 3, 2, 40
SETUP_LATITUDE = np.array([-41.0, 1.0, 39.0])


def _states(ntime: int = 2) -> xr.Dataset:
    """States whose every value tells where it is."""
    shape = (ntime, NLEV, NLAT, NLON)
    place = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    full = ("time", "lev", "lat", "lon")
    sigma = full_levels(uneven_sigma(NLEV))
    return xr.Dataset(
        {
            "u": (full, place, {"units": "m s-1"}),
            "v": (full, place + 0.25, {"units": "m s-1"}),
            "temp": (full, place + 100.5, {"units": "K"}),
            "zfull": (full, place + 0.75, {"units": "m"}),
            "ps": (
                ("time", "lat", "lon"),
                1000.0 + place[:, 0] / 100.0,
                {"units": "hPa"},
            ),
            "sigma_full": (("lev",), sigma, {"units": "1"}),
            "lat_cg_init": (("lat",), SETUP_LATITUDE, {"units": "degrees_north"}),
        },
        coords={
            "lev": (("lev",), 1000.0 * sigma, {"units": "hPa", "positive": "down"}),
            "lat": (("lat",), [-40.0, 0.5, 40.0], {"units": "degrees_north"}),
            "lon": (("lon",), [0.0, 180.0], {"units": "degrees_east"}),
        },
    )


def _write(states: xr.Dataset, path: Path) -> Path:
    states.to_netcdf(path)
    return path


def test_columns_of_a_file_keep_their_values_and_places(tmp_path: Path) -> None:
    states = _states()
    path = _write(states, tmp_path / "states.nc")
    _, second = read_columns([path])
    ilev, ilat, ilon = 7, 2, 1
    column = ilat * NLON + ilon
    where = {"time": 1, "lat": ilat, "lon": ilon}
    for name, values in (
        ("u", second.eastward_wind),
        ("v", second.northward_wind),
        ("temp", second.temperature),
        ("zfull", second.height),
    ):
        assert values[column, ilev] == float(states[name].isel(where | {"lev": ilev}))
    surface_pressure = 100.0 * float(states["ps"].isel(where))
    assert second.surface_pressure[column] == pytest.approx(surface_pressure)
    assert second.pressure[column, ilev] == pytest.approx(
        surface_pressure * float(states["sigma_full"][ilev])
    )
    assert second.latitude[column] == 40.0
    assert second.setup_latitude[column] == 39.0


def test_columns_of_a_file_from_the_bottom_up_are_the_same(tmp_path: Path) -> None:
    down = next(read_columns([_write(_states(), tmp_path / "down.nc")]))
    flipped = _states().isel(lev=slice(None, None, -1))
    up = next(read_columns([_write(flipped, tmp_path / "up.nc")]))
    for name, values in vars(down).items():
        assert np.array_equal(values, getattr(up, name)), name


def test_set_up_latitude_is_the_latitude_where_a_file_has_none(tmp_path: Path) -> None:
    states = _states().drop_vars("lat_cg_init")
    columns = next(read_columns([_write(states, tmp_path / "states.nc")]))
    assert np.array_equal(columns.setup_latitude, columns.latitude)


def test_file_without_sigma_is_refused(tmp_path: Path) -> None:
    states = _states().drop_vars("sigma_full")
    path = _write(states, tmp_path / "states.nc")
    with pytest.raises(ContractError, match=r"no sigma_full, expected sigma levels"):
        next(read_columns([path]))


def test_no_file_is_refused() -> None:
    with pytest.raises(ArgumentError, match="no state files given"):
        next(read_columns([]))


def test_times_of_several_files_come_in_the_order_of_the_files(
    tmp_path: Path,
) -> None:
    one = _write(_states(1), tmp_path / "one.nc")
    two = _write(_states(2), tmp_path / "two.nc")
    assert count_times([two, one]) == 3
    *both, single = read_columns([two, one])
    expected = list(read_columns([two]))
    for found, columns in zip(both, expected, strict=True):
        assert np.array_equal(found.height, columns.height)
    assert np.array_equal(single.height, expected[0].height)
