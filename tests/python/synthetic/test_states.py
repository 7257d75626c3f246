from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from gwparam.errors import ArgumentError, ModelFileError
from gwparam.evaluate.grid import LatLonGrid
from gwparam.synthetic.climatology import draw_columns
from gwparam.synthetic.columns import Columns, read_columns
from gwparam.synthetic.states import (
    CELLS,
    GRID,
    NLAT,
    NLON,
    Grid,
    count_states,
    draw_states,
    write_states,
)
from gwparam.synthetic.teacher import Drag, alexander_dunkerton


def _draw(count: int = 2, nlat: int = 4, nlon: int = 3) -> list[Columns]:
    generator = np.random.default_rng(5)
    return [draw_columns(generator, nlat, nlon) for _ in range(count)]


def _drag(path: Path, time: int) -> Drag:
    """Drag in a file, shape (ncol, nlev)."""
    with netCDF4.Dataset(path) as dataset:
        fields = (np.asarray(dataset[f"gwfcng_{axis}"][time]) for axis in "xy")
        return Drag(*(field.reshape(len(field), -1).T for field in fields))


@pytest.mark.parametrize("ncol", [1, CELLS, CELLS + 1])
def test_columns_are_drawn_by_full_grids(ncol: int) -> None:
    states = list(draw_states(ncol, seed=3))
    assert len(states) == count_states(ncol)
    assert (len(states) - 1) * CELLS < ncol <= len(states) * CELLS
    assert {len(columns) for columns in states} == {CELLS}


def test_more_columns_of_a_seed_begin_with_the_same() -> None:
    (few,), (first, second) = draw_states(1, 3), draw_states(2 * CELLS, 3)
    assert np.array_equal(few.eastward_wind, first.eastward_wind)
    assert not np.array_equal(first.eastward_wind, second.eastward_wind)


def test_columns_lie_on_the_grid() -> None:
    (columns,) = draw_states(1, seed=0)
    assert np.array_equal(columns.latitude, np.repeat(GRID.latitude, NLON))
    grid = LatLonGrid(columns.latitude, np.tile(GRID.longitude, NLAT))
    assert grid.shape == (NLAT, NLON)


@pytest.mark.parametrize("on_grid", [True, False])
def test_file_holds_the_drag_of_the_values_in_it(tmp_path: Path, on_grid: bool) -> None:
    states = _draw()
    path = tmp_path / "states.nc"
    grid = Grid(states[0].latitude[::3], np.array([0.0, 120.0, 240.0]))

    count = write_states(
        path, states, alexander_dunkerton, grid=grid if on_grid else None
    )

    assert count == 24
    for time, columns in enumerate(read_columns([path])):
        for name, values in vars(columns).items():
            assert getattr(states[time], name) == pytest.approx(values, rel=1e-7)
        expected = alexander_dunkerton(columns)
        assert np.abs(expected.eastward).max() > 1e-6
        for found, wanted in zip(_drag(path, time), expected, strict=True):
            # A last bit of pressure may decide on the rounding to single precision.
            assert found == pytest.approx(wanted, rel=2e-7, abs=1e-12)


def test_file_knows_where_its_source_is_set_up(tmp_path: Path) -> None:
    (columns,) = _draw(1)
    moved = replace(columns, setup_latitude=columns.setup_latitude + 1.0)
    write_states(tmp_path / "states.nc", [moved], alexander_dunkerton)
    (found,) = read_columns([tmp_path / "states.nc"])
    assert np.array_equal(found.setup_latitude, moved.setup_latitude)


def test_pressure_is_that_of_the_columns_and_not_of_nominal_levels(
    tmp_path: Path,
) -> None:
    (columns,) = _draw(1)
    seen = []

    def teacher(given: Columns) -> Drag:
        seen.append(given.pressure)
        return alexander_dunkerton(given)

    other = replace(columns, pressure=1.05 * columns.pressure)
    write_states(tmp_path / "states.nc", [other], teacher)
    assert seen[0] == pytest.approx(other.pressure, rel=1e-7)


def test_times_can_have_dates(tmp_path: Path) -> None:
    path = tmp_path / "states.nc"
    write_states(path, _draw(), alexander_dunkerton, days=(15.0, 197.0))
    with netCDF4.Dataset(path) as dataset:
        assert dataset["time"].units == "days since 0001-01-01 00:00:00"
        assert dataset["time"][:].tolist() == [15.0, 197.0]


def _broken() -> Iterator[Columns]:
    yield _draw(1)[0]
    raise ModelFileError("cannot read the second time")


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ([], "no column given, expected at least one"),
        ([_draw(1)[0], _draw(1, 3, 4)[0]], "of time 1 are at other latitudes"),
        (_broken(), "cannot read the second time"),
    ],
)
def test_what_cannot_be_written_leaves_an_older_file(
    tmp_path: Path, states: list[Columns], message: str
) -> None:
    path = tmp_path / "states.nc"
    path.write_text("older")
    with pytest.raises((ArgumentError, ModelFileError), match=message):
        write_states(path, states, alexander_dunkerton)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_is_absent_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "states.nc"
    with pytest.raises(ModelFileError, match=f"cannot write {path}"):
        write_states(path, _draw(), alexander_dunkerton)
