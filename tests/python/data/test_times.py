import numpy as np
import pytest
import xarray as xr
from wind_states import open_file, wind

from gwparam.data.netcdf import open_dataset
from gwparam.data.times import find_time_dimension
from gwparam.errors import ArgumentError

DATES = ["2000-01-01 12:00", "2000-01-02 12:00", "2000-01-03 12:00"]


def dates(paths):
    with open_file(*paths) as states:
        return [states.date(index) for index in range(len(states))]


@pytest.mark.parametrize("name", ["time", "valid_time", "t0"])
def test_time_of_a_file_of_one_state_is_a_time(dataset, write, name):
    dataset = dataset.rename(time=name)
    parts = [dataset.isel({name: at}) for at in (2, 0, 1)]
    paths = [write(part, f"{n}.nc") for n, part in enumerate(parts)]

    assert dates(paths) == [f"{date}:00" for date in DATES]
    with open_file(*paths) as states:
        assert states.layout[0] == name
        np.testing.assert_array_equal(
            states.read(1)["eastward_wind"], wind(0)[1].transpose(1, 2, 0)
        )


def test_state_of_the_same_time_twice_is_refused(dataset, write):
    paths = [write(dataset.isel(time=1), name) for name in ("a.nc", "b.nc")]

    with pytest.raises(ArgumentError, match="overlap at 2000-01-02 12:00:00"):
        dates(paths)


@pytest.mark.parametrize("name", ["Time", "t", "T", "TIME"])
def test_dimension_without_coordinate_is_known_by_its_name(dataset, write, name):
    path = write(dataset.drop_vars("time").rename(time=name))

    with open_file(path) as states:
        assert len(states) == 3
        assert states.horizontal == (4, 6)


def test_times_of_a_forecast_are_those_that_it_is_of(dataset, write):
    dataset = dataset.rename(time="step").assign_coords(
        step=("step", [12.0, 36.0, 60.0], {"units": "hours"}),
        valid_time=("step", dataset.time.values, dataset.time.attrs),
        time=((), 0.0, {"standard_name": "time", "units": "days since 2000-01-01"}),
    )

    assert dates([write(dataset)]) == [f"{date}:00" for date in DATES]


def test_places_with_a_time_each_are_columns(dataset, write):
    columns = dataset.isel(time=0).stack(ncol=("lat", "lon")).reset_index("ncol")
    columns = columns.drop_vars("time").assign_coords(
        when=("ncol", np.arange(24.0), {"units": "days since 2000-01-01"})
    )

    with open_file(write(columns)) as states:
        assert (len(states), states.columns) == (1, 24)


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text,
        lambda text: text.replace(" ", "T") + ":00Z",
        lambda text: text.replace(" ", "_") + ":00",
    ],
)
@pytest.mark.parametrize("dtype", ["S", "U"])
def test_dates_may_be_texts(dataset, write, spell, dtype):
    words = np.array([spell(text) for text in DATES], dtype)
    dataset = (
        dataset.drop_vars("time").rename(time="Time").assign(Times=("Time", words))
    )

    assert dates([write(dataset)]) == [f"{date}:00" for date in DATES]


@pytest.mark.parametrize("text", ["yesterday", "2000-02-30", "2000"])
def test_texts_that_are_no_dates_are_refused(dataset, write, text):
    dataset = dataset.drop_vars("time").assign_coords(time=["2000-01-01", text, "2001"])

    with pytest.raises(ArgumentError, match=f'time in .* is .*"{text}".*date'):
        open_dataset(str(write(dataset)))


def test_a_temperature_is_no_time(dataset, write):
    dataset = dataset.assign(t=((), 250.0, {"units": "K"}), T=dataset.u + 250.0)

    with open_dataset(str(write(dataset))) as opened:
        assert find_time_dimension(opened) == "time"
    assert find_time_dimension(xr.Dataset({"t": ((), 250.0)})) is None
