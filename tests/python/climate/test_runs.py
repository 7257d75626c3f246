import climate_runs
import numpy as np
import pytest
import xarray as xr
from climate_runs import LATITUDE, PRESSURE

from gwparam.climate.runs import open_run, read_run
from gwparam.errors import ContractError

FIELDS = ("eastward_wind", "air_temperature")


def read(*paths, **options):
    with open_run([str(path) for path in paths]) as states:
        return read_run(states, **options)


@pytest.fixture(scope="module")
def made():
    """Two years of days, with a warming."""
    return climate_runs.run(years=2, warmings=[(1981, 1, 10, 12)])


@pytest.fixture(scope="module")
def whole(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.nc"
    made.to_netcdf(path)
    return read(path)


def same(found, expected):
    np.testing.assert_allclose(found.pressure, expected.pressure, rtol=1e-6)
    np.testing.assert_allclose(found.latitude, expected.latitude, atol=1e-4)
    np.testing.assert_array_equal(found.month, expected.month)
    for name in FIELDS:
        np.testing.assert_allclose(found.fields[name], expected.fields[name], atol=1e-4)
    np.testing.assert_allclose(found.vortex, expected.vortex, atol=1e-4)
    np.testing.assert_array_equal(found.days.number, expected.days.number)


def test_months_are_the_means_of_their_days(made, whole):
    assert whole.month.tolist() == [12 * 1980 + k for k in range(24)]
    np.testing.assert_allclose(whole.pressure, 100.0 * PRESSURE)
    np.testing.assert_array_equal(whole.latitude, LATITUDE)
    january = made.ua.values[:31].mean(axis=0)
    np.testing.assert_allclose(whole.fields[FIELDS[0]][0], january, atol=1e-4)
    assert whole.span == "1980-01-01 to 1981-12-31"
    assert (whole.times, whole.step) == (730, 1.0)


def test_the_vortex_is_at_10_hpa_and_60_degrees_north(made, whole):
    log_p = np.log(PRESSURE)
    share = (np.log(10.0) - log_p[2]) / (log_p[3] - log_p[2])
    level = (1.0 - share) * made.ua.values[:, 2] + share * made.ua.values[:, 3]
    north = np.searchsorted(LATITUDE, 60.0)
    expected = 0.5 * (level[:, north - 1] + level[:, north])
    np.testing.assert_allclose(whole.vortex, expected, atol=1e-4)
    at = (whole.days.year == 1981) & (whole.days.month == 1) & (whole.days.day == 10)
    (place,) = np.flatnonzero(at)
    assert whole.vortex[place - 1] > 0.0 > whole.vortex[place]


def turned(made):
    return made.isel(lat=slice(None, None, -1), plev=slice(None, None, -1)).transpose(
        "lat", "time", "plev"
    )


def in_pascal(made):
    other = made.assign_coords(plev=100.0 * made.plev)
    other.plev.attrs = {"units": "Pa", "axis": "Z"}
    return other


def by_usual_names(made):
    other = made.rename(ua="U", ta="T", plev="lev")
    for name in ("U", "T"):
        del other[name].attrs["standard_name"]
    return other


@pytest.mark.parametrize("change", [turned, in_pascal, by_usual_names])
def test_layout_units_and_names_make_no_difference(made, whole, tmp_path, change):
    change(made).to_netcdf(tmp_path / "other.nc")

    same(read(tmp_path / "other.nc"), whole)


def test_longitudes_are_averaged(whole, tmp_path):
    wide = climate_runs.run(years=2, warmings=[(1981, 1, 10, 12)], longitudes=6)
    wide.to_netcdf(tmp_path / "wide.nc")

    same(read(tmp_path / "wide.nc"), whole)


def test_files_are_joined_in_the_order_of_their_dates(made, whole, tmp_path):
    """A month that two files share is whole."""
    made.isel(time=slice(400, None)).to_netcdf(tmp_path / "a.nc")
    made.isel(time=slice(400)).to_netcdf(tmp_path / "b.nc")

    same(read(tmp_path / "a.nc", tmp_path / "b.nc"), whole)


def test_several_times_of_a_day_are_averaged(made, whole, tmp_path):
    part = made.isel(time=slice(60))
    six_hourly = xr.concat(
        [
            (part + change).assign_coords(time=part.time + hour / 24.0)
            for hour, change in ((-12, -3.0), (-6, 0.0), (0, 1.0), (6, 2.0))
        ],
        "time",
    ).sortby("time")
    for name, variable in part.variables.items():
        six_hourly[name].attrs = variable.attrs
    six_hourly.to_netcdf(tmp_path / "often.nc")

    found = read(tmp_path / "often.nc")

    assert found.step == 0.25
    np.testing.assert_allclose(found.vortex, whole.vortex[:60], atol=1e-4)
    # February has 28 of its days; of March there is one.
    assert found.month.size == 2


def test_months_that_lack_days_are_left_out(made, tmp_path):
    made.isel(time=slice(14, 365)).to_netcdf(tmp_path / "late.nc")

    found = read(tmp_path / "late.nc")

    assert found.month.tolist() == [12 * 1980 + k for k in range(1, 12)]


def test_some_times_are_read_where_these_are_asked_for(made, whole, tmp_path):
    made.to_netcdf(tmp_path / "run.nc")

    found = read(tmp_path / "run.nc", times=range(365, 730))

    assert found.month.tolist() == whole.month[12:].tolist()
    np.testing.assert_allclose(found.vortex, whole.vortex[365:], atol=1e-4)


@pytest.mark.parametrize("calendar", ["noleap", "360_day", "standard"])
def test_monthly_files_have_no_days(calendar, tmp_path):
    made = climate_runs.run(years=3, monthly=True, calendar=calendar)
    made.to_netcdf(tmp_path / "monthly.nc")

    found = read(tmp_path / "monthly.nc")

    assert found.month.size == 36
    assert found.days is None
    assert found.vortex.size == 0


def test_monthly_times_at_the_end_of_their_month_are_of_that_month(tmp_path):
    made = climate_runs.run(years=3, monthly=True)
    lengths = np.tile([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], 3)
    ends = made.time.values[0] - 15.5 + np.cumsum(lengths)
    bounds = np.stack([ends - lengths, ends], axis=1)
    late = made.assign_coords(time=("time", ends, made.time.attrs))
    late["time_bnds"] = (("time", "bnds"), bounds)
    late.time.attrs["bounds"] = "time_bnds"
    late.to_netcdf(tmp_path / "late.nc")

    found = read(tmp_path / "late.nc")

    assert found.month.tolist() == [12 * 1980 + k for k in range(36)]


def test_missing_values_are_left_out(made, whole, tmp_path):
    """As below the ground on levels of pressure."""
    holed = made.copy(deep=True)
    holed.ua.values[:, -1, :3] = np.nan
    holed.ua.values[3, 0, 5] = np.nan
    holed.ua.encoding["_FillValue"] = np.float32(1e20)
    holed.to_netcdf(tmp_path / "holed.nc")

    found = read(tmp_path / "holed.nc")

    wind, expected = (run.fields["eastward_wind"] for run in (found, whole))
    assert np.isnan(wind[:, -1, :3]).all()
    days = np.delete(made.ua.values[:31, 0, 5], 3)
    np.testing.assert_allclose(wind[0, 0, 5], days.mean(), rtol=1e-5)
    np.testing.assert_allclose(wind[:, :-1, 6:], expected[:, :-1, 6:], rtol=1e-5)


def holed(made, tmp_path, lacks):
    """A run without some values of the wind, by place (time, level, row)."""
    part = made.copy(deep=True)
    part.ua.values[lacks] = np.nan
    part.ua.encoding["_FillValue"] = np.float32(1e20)
    part.to_netcdf(tmp_path / "holed.nc")
    return read(tmp_path / "holed.nc")


@pytest.mark.parametrize(("days", "is_there"), [(3, True), (4, False), (30, False)])
def test_a_month_needs_nine_tenths_of_its_days_at_each_place(
    made, tmp_path, days, is_there
):
    found = holed(made, tmp_path, (slice(days), 0, 5))

    wind = found.fields["eastward_wind"]
    assert np.isfinite(wind[0, 0, 5]) == is_there
    assert np.isnan(wind).sum() == (not is_there)


@pytest.mark.parametrize("hours", [1, 2, 3])
def test_a_day_needs_nine_tenths_of_its_times(made, tmp_path, hours):
    """Whether these are in no file, or have no value there."""
    part = made.isel(time=slice(60))
    often = xr.concat(
        [
            part.assign_coords(time=part.time + hour / 24.0 - 0.5)
            for hour in (0, 6, 12, 18)
        ],
        "time",
    ).sortby("time")
    for name, variable in part.variables.items():
        often[name].attrs = variable.attrs
    gone = np.arange(80, 80 + hours)

    lacking = holed(often, tmp_path, (gone,))
    often.drop_isel(time=gone).to_netcdf(tmp_path / "gap.nc")
    absent = read(tmp_path / "gap.nc")

    for found in (lacking, absent):
        assert np.flatnonzero(np.isnan(found.vortex)).tolist() == [20]


def test_scattered_columns_have_zonal_means(made, tmp_path):
    """Waves are not in them: on no day of easterlies but those of the mean."""
    k = np.arange(1200) + 0.5
    north = np.rad2deg(np.arcsin(1.0 - 2.0 * k / k.size))
    east = np.mod(k * 137.50776405, 360.0)
    wave = xr.DataArray(40.0 * np.cos(np.deg2rad(east)), dims="ncol")
    part = made[["ua"]].isel(time=slice(330, 390))
    columns = part.interp(lat=xr.DataArray(np.clip(north, -85, 85), dims="ncol"))
    columns["ua"] = (columns.ua + wave).astype(np.float32).assign_attrs(made.ua.attrs)
    columns["lat"] = ("ncol", north, {"units": "degrees_north"})
    columns["lon"] = ("ncol", east, {"units": "degrees_east"})
    columns.to_netcdf(tmp_path / "columns.nc")
    part.to_netcdf(tmp_path / "part.nc")

    found = read(tmp_path / "columns.nc")

    expected = read(tmp_path / "part.nc").vortex
    assert found.latitude.size == 15
    np.testing.assert_allclose(found.vortex, expected, atol=3.0)


def test_wind_alone_will_do(made, whole, tmp_path):
    made[["ua"]].to_netcdf(tmp_path / "wind.nc")

    found = read(tmp_path / "wind.nc")

    assert list(found.fields) == ["eastward_wind"]
    np.testing.assert_allclose(found.vortex, whole.vortex)


def test_a_grid_without_60_north_has_no_vortex(made, tmp_path):
    made.sel(lat=slice(-25, 25)).to_netcdf(tmp_path / "tropics.nc")

    found = read(tmp_path / "tropics.nc")

    assert found.days is not None
    assert found.vortex.size == 0


def without_dates(made):
    other = made.copy()
    other["time"] = ("time", np.arange(made.sizes["time"]), {"units": "days"})
    return other


def a_part_of_the_longitudes(made):
    other = made.expand_dims(lon=[0.0, 5.0, 10.0])
    other.lon.attrs["units"] = "degrees_east"
    return other


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_dates, "are no dates, expected dates in a calendar"),
        (lambda made: made[["ta"]], "has no variable for eastward_wind"),
        (lambda made: made.isel(lat=0, drop=True), "has no latitude of its columns"),
        (
            a_part_of_the_longitudes,
            "expected columns all around the globe for a zonal mean",
        ),
    ],
)
def test_files_that_tell_no_zonal_mean_are_refused(made, tmp_path, change, message):
    change(made.isel(time=slice(5))).to_netcdf(tmp_path / "bad.nc")

    with pytest.raises(ContractError, match=message):
        read(tmp_path / "bad.nc")
