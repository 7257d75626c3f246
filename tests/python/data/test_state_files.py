import numpy as np
import pytest
from wind_states import NLAT, NLON, NTIME, open_file, wind


def test_file_without_time_is_one_state(dataset, write):
    with open_file(write(dataset.isel(time=1, drop=True))) as states:
        assert len(states) == 1
        assert states.time(0) is None
        np.testing.assert_array_equal(
            states.read(0)["eastward_wind"], wind(0)[1].transpose(1, 2, 0)
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


def test_dates_are_said_to_the_second(dataset, write):
    with open_file(write(dataset)) as states:
        assert states.date(1) == "2000-01-02 12:00:00"


def test_numbers_that_are_no_dates_have_none(dataset, write):
    dataset["time"] = ("time", np.arange(NTIME), {"units": "hourly timestep"})

    with open_file(write(dataset)) as states:
        assert states.time(2) == 2.0
        assert states.date(2) is None


def test_time_beyond_the_files_is_refused(dataset, write):
    with (
        open_file(write(dataset)) as states,
        pytest.raises(IndexError, match=f"time {NTIME} of {NTIME}"),
    ):
        states.read(NTIME)


def test_columns_are_those_of_one_time(dataset, write):
    with open_file(write(dataset)) as states:
        assert states.columns == NLAT * NLON
        assert states.layout == ("time", "lev", "lat", "lon")
