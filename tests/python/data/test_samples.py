import numpy as np
import pytest
from wind_states import open_file

from gwparam.data.netcdf import OpenFiles
from gwparam.errors import ArgumentError

NO_CALENDAR = {"units": "days since 0000-00-00", "calendar": "NO_CALENDAR"}
MONTHS = {"units": "months since 2000-01-01"}


def numbered(dataset, numbers, attrs):
    """States whose times are numbers."""
    part = dataset.isel(time=numbers).drop_vars("time")
    if attrs is None:
        return part
    return part.assign_coords(time=("time", np.array(numbers, float), attrs))


@pytest.mark.parametrize("attrs", [NO_CALENDAR, MONTHS, {}, None])
def test_copy_of_a_file_is_refused(dataset, write, attrs):
    states = numbered(dataset, [0, 1, 2], attrs)
    paths = [write(states, name) for name in ("a.nc", "b.nc")]

    with pytest.raises(ArgumentError) as caught:
        open_file(*paths)

    assert str(caught.value) == (
        f"time 0 (from 0) of {paths[1]} holds the values of time 0 of {paths[0]}, "
        "expected every state once"
    )


def turned(states):
    return states.isel(lat=slice(None, None, -1)).transpose("lon", "lat", ...)


@pytest.mark.parametrize(
    "change", [lambda states: states, turned, lambda states: states[["u"]]]
)
@pytest.mark.parametrize(
    "parts", [([0, 1], [1, 2]), ([1, 2], [0, 1]), ([0, 1, 2], [2])]
)
def test_files_that_overlap_are_refused(dataset, write, parts, change):
    first, second = (numbered(dataset, part, MONTHS) for part in parts)
    paths = [write(first, "a.nc"), write(change(second), "b.nc")]

    with pytest.raises(ArgumentError, match=r"b\.nc holds the values of time . of "):
        OpenFiles(paths)


def test_copy_of_a_file_without_a_time_is_refused(dataset, write):
    state = dataset.isel(time=0, drop=True)

    with pytest.raises(ArgumentError, match="expected every state once"):
        open_file(write(state, "a.nc"), write(state, "b.nc"))
    with open_file(write(state, "a.nc"), write(state + 1.0, "b.nc")) as states:
        assert len(states) == 2


def test_times_that_come_again_in_a_file_are_looked_at_too(dataset, write):
    states = numbered(dataset, [0, 1, 2], MONTHS)
    again = states.isel(time=[0, 1, 2, 0])

    with pytest.raises(ArgumentError, match=r"time 3 \(from 0\) of .* of time 0 of"):
        open_file(write(again))


def test_other_states_at_the_same_numbers_are_others(dataset, write):
    """Files of a month each may count the hours of theirs."""
    states = numbered(dataset, [0, 1, 2], NO_CALENDAR)
    other = states.copy(deep=True)
    other.v[2, 0, 0, 0] += 1.0
    other.v[:2] += 1.0
    other.u[:, -1] = states.u[:, -1]

    with open_file(write(states, "a.nc"), write(other, "b.nc")) as opened:
        assert len(opened) == 6
