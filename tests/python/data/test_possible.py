import numpy as np
import pytest
import xarray as xr
from wind_states import open_file

from gwparam.contract import Field
from gwparam.data import open_states
from gwparam.data.possible import check_possible
from gwparam.errors import NonFiniteError, RangeError


def check(field, value, units, usual):
    values = np.full((2, 3), usual)
    check_possible(field, values, units, ("lat", "lon"), "it")
    values[1, 2] = value
    check_possible(field, values, units, ("lat", "lon"), "it")


@pytest.mark.parametrize(
    ("field", "value", "units", "usual", "expected"),
    [
        ("latitude", 90.002, "degrees_north", 10.0, "at most 90.001 degrees_north"),
        ("latitude", -90.002, "degrees_north", 10.0, "at least -90.001 degrees_north"),
        ("latitude", 1.571, "radian", 0.1, "at most 90.001 degrees_north"),
        ("surface_air_pressure", 999.0, "Pa", 1e5, "at least 1000 Pa"),
        ("surface_air_pressure", 9.9, "hPa", 1e3, "at least 1000 Pa"),
        ("surface_air_pressure", -1.0, "Pa", 1e5, "at least 1000 Pa"),
        ("air_temperature", 49.0, "K", 250.0, "at least 50 K"),
        ("air_temperature", -224.0, "degC", -20.0, "at least 50 K"),
        ("air_potential_temperature", 0.3, "K", 300.0, "at least 50 K"),
        ("air_pressure", -1.0, "Pa", 100.0, "at least 0 Pa"),
        ("eastward_wind", -999.0, "m s-1", 5.0, "_FillValue"),
        ("northward_wind", -9999.0, "m s-1", 5.0, "_FillValue"),
        ("upward_air_velocity", 1e20, "m s-1", 0.1, "_FillValue"),
        ("eastward_wind", 9.96921e36, "m s-1", 5.0, "_FillValue"),
        ("eastward_wind", -1e15, "m s-1", 5.0, "_FillValue"),
        ("eastward_wind", 999.0, "m s-1", 5.0, "_FillValue"),
        ("northward_wind", 9999.0, "m s-1", 5.0, "at most 1000 m s-1, or _FillValue"),
        ("eastward_wind", -9.99e8, "m s-1", 5.0, "at least -1000 m s-1"),
        ("eastward_wind", 1e10, "cm s-1", 500.0, "at most 1000 m s-1"),
        ("upward_air_velocity", -1e10, "m s-1", 0.1, "at least -1000 m s-1"),
    ],
)
def test_impossible_value_is_refused_with_its_place(
    field, value, units, usual, expected
):
    with pytest.raises(RangeError) as caught:
        check(field, value, units, usual)

    assert str(caught.value).startswith(
        f"it is {value:g} {units} at lat 1, lon 2 (from 0), expected "
    )
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "units", "usual"),
    [
        ("latitude", 90.0009, "degrees_north", 10.0),
        ("latitude", -1.5708, "radian", 0.1),
        ("surface_air_pressure", 10.1, "hPa", 1e3),
        ("air_temperature", 51.0, "K", 250.0),
        ("air_temperature", 2000.0, "K", 250.0),
        ("air_temperature", -200.0, "degC", -20.0),
        ("eastward_wind", -998.9, "m s-1", 5.0),
        ("northward_wind", 999.5, "m s-1", 5.0),
        ("air_temperature", 999.0, "K", 250.0),
        ("eastward_wind", 99999.0, "cm s-1", 500.0),
        ("geopotential_height", -999.0, "m", 5e3),
        ("air_pressure", 0.0, "Pa", 100.0),
    ],
)
def test_possible_value_is_taken(field, value, units, usual):
    check(field, value, units, usual)


def test_single_value_and_none_are_checked():
    check_possible("latitude", np.zeros((0,)), "degrees_north", ("lat",), "it")
    with pytest.raises(RangeError, match="at its one place"):
        check_possible("latitude", np.array(91.0), "degrees_north", (), "it")


def test_wind_below_ground_is_refused_with_file_time_and_place(dataset, write):
    dataset.u[2, 4, 1, 3] = -999.0

    with open_file(write(dataset)) as states:
        states.read(1)
        with pytest.raises(
            RangeError,
            match=r"eastward_wind \(u in .*states.nc\) at time 2 is -999 m s-1 "
            r"at lev 4, lat 1, lon 3 \(from 0\)",
        ):
            states.read(2)


def test_surface_pressure_in_hpa_that_says_pa_is_refused(dataset, write):
    dataset.ps[:] = np.linspace(700.0, 1030.0, dataset.ps.size).reshape(
        dataset.ps.shape
    )

    with (
        open_file(write(dataset)) as states,
        pytest.raises(RangeError, match=r"is 700 Pa at lat 0, lon 0 .* least 1000 Pa"),
    ):
        states.read(0)


def test_latitude_beyond_the_pole_is_refused(dataset, write):
    dataset = dataset.assign_coords(
        lat=("lat", [-60.0, 0.0, 60.0, 91.0], dataset.lat.attrs)
    )

    with (
        open_file(write(dataset)) as states,
        pytest.raises(RangeError, match="lat 3"),
    ):
        states.read(0)


def test_value_that_the_file_masks_is_no_value(dataset, write):
    """Masked where it would be impossible: it is missing, and said to be so."""
    dataset["temp"] = dataset.u * 0.0 + 250.0
    dataset.temp.attrs = {"standard_name": "air_temperature", "units": "K"}
    dataset.temp[0, 4, 1, 3] = -999.0
    path = write(dataset, encoding={"temp": {"_FillValue": np.float32(-999.0)}})
    field = Field("air_temperature", "K", "full", "float64")

    with xr.open_dataset(path, mask_and_scale=False) as raw:
        assert raw.temp.values[0, 4, 1, 3] == -999.0
    with (
        open_states([path], (field,)) as states,
        pytest.raises(NonFiniteError, match="is nan at lev 4, lat 1, lon 3"),
    ):
        states.read(0)
