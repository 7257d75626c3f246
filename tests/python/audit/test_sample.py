import numpy as np
import pytest
from wind_states import INPUTS, NLAT, NLEV, NLON, NTIME, PRESSURE, VERTICAL, wind_states

from gwparam.audit import sample
from gwparam.audit.sample import read_sample
from gwparam.data import open_states
from gwparam.errors import ContractError
from gwparam.grids import half_way

NAMES = [field.name for field in INPUTS]


@pytest.fixture
def read(tmp_path):
    """Read a damaged file of winds."""

    def reading(change=lambda file: file, kind="column", times=range(NTIME)):
        path = tmp_path / "states.nc"
        change(wind_states()).to_netcdf(path)
        with open_states(
            [path], INPUTS, VERTICAL, leave_out=kind == "column"
        ) as states:
            return read_sample(states, NAMES, {}, kind, times, states.levels.pressure)

    return reading


def test_columns_of_all_times_are_one_state(read):
    found = read()

    assert found.columns == NTIME * NLAT * NLON
    (state,) = found.states
    assert state["eastward_wind"].shape == (found.columns, NLEV)
    # The first column of the first time, top first.
    np.testing.assert_array_equal(
        state["eastward_wind"][0], np.arange(NLEV) * NLAT * NLON
    )
    np.testing.assert_allclose(found.pressure, 100.0 * PRESSURE)


def test_levels_are_turned_so_that_the_top_is_first(read):
    upward = read(lambda file: file.isel(lev=slice(None, None, -1)))

    expected = read()
    np.testing.assert_array_equal(upward.pressure, expected.pressure)
    for name in NAMES:
        np.testing.assert_array_equal(upward.states[0][name], expected.states[0][name])


def test_many_columns_are_drawn_and_said_to_be(read, monkeypatch):
    monkeypatch.setattr(sample, "MOST_COLUMNS", 10)

    found = read()

    assert found.columns == 10
    assert f"drawn from {NTIME * NLAT * NLON}" in found.description
    # Of one column, all fields.
    u, v = (found.states[0][name] for name in NAMES[:2])
    np.testing.assert_array_equal(v - u, 500.0)


def test_columns_without_values_are_left_out(read):
    def damage(file):
        file["u"][0, 0, 1, 2] = np.nan
        file["u"].attrs["_FillValue"] = np.float32(np.nan)
        return file

    assert read(damage).columns == NTIME * NLAT * NLON - 1


def test_images_keep_latitude_and_longitude_in_order(read):
    turned = read(lambda f: f.isel(lat=slice(None, None, -1)), "global", range(1))
    found = read(kind="global", times=range(1))

    (state,) = found.states
    assert state["eastward_wind"].shape == (NLAT, NLON, NLEV)
    assert np.all(np.diff(found.places[0], axis=0) > 0.0)
    assert np.all(np.diff(found.places[1], axis=1) > 0.0)
    for name in NAMES:
        np.testing.assert_array_equal(turned.states[0][name], state[name])


def test_neighbours_need_places(read):
    def placeless(file):
        return file.drop_vars("lon")

    with pytest.raises(ContractError, match="expected latitude and longitude"):
        read(placeless, "stencil")


def test_times_are_taken_evenly(read, monkeypatch):
    monkeypatch.setitem(sample._MOST_TIMES, "column", 2)

    found = read()

    assert "2 of 3 times" in found.description
    assert found.columns == 2 * NLAT * NLON


@pytest.mark.parametrize("turn", [1, -1])
def test_half_levels_are_those_of_the_file_top_first(read, turn):
    a, b = np.array([0.0, 3e2, 3e3, 1e4, 0.0, 0.0]), np.array([0, 0, 0, 0.2, 0.7, 1.0])

    def with_half_levels(file):
        file["pk"] = ("ilev", a, {"units": "Pa"})
        file["bk"] = ("ilev", b)
        return file.isel(lev=slice(None, None, turn), ilev=slice(None, None, turn))

    found = read(with_half_levels)

    np.testing.assert_allclose(found.half, a + 1e5 * b)
    np.testing.assert_array_equal(read().half, half_way(found.pressure))
    assert read().half_levels is None


def test_half_levels_that_are_those_of_other_levels_are_not_taken(read):
    def with_too_many(file):
        file["pk"] = ("ilev", np.zeros(NLEV + 3), {"units": "Pa"})
        file["bk"] = ("ilev", np.linspace(0.0, 1.0, NLEV + 3))
        return file

    assert read(with_too_many).half_levels is None


def test_the_level_of_a_pressure_is_the_nearest_in_its_logarithm(read):
    found = read()

    assert [found.level_at(p) for p in (1.0, 3e3, 3.3e3, 1e5)] == [0, 1, 2, 4]
