import pytest

from gwparam.errors import ContractError
from gwparam.standard_names import check_units


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("eastward_wind", "km/h"),
        ("air_pressure_at_half_levels", "hPa"),
        ("tendency_of_eastward_wind_due_to_gravity_wave_drag", "m s-1 day-1"),
        ("latitude", "radian"),
        ("specific_humidity", "g kg-1"),
        ("source_flux", "anything"),
    ],
)
def test_units_of_the_dimension_of_the_name(name: str, units: str) -> None:
    check_units(name, units, name)


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("tendency_of_eastward_wind_due_to_gravity_wave_drag", "kg"),
        ("tendency_of_northward_wind", "m s-1"),
        ("air_pressure_at_half_levels", "m"),
        ("latitude", "1"),
        ("eastward_wind", "m s-2"),
    ],
)
def test_other_dimensions_are_refused(name: str, units: str) -> None:
    with pytest.raises(ContractError, match=f'inputs.x has units "{units}"'):
        check_units(name, units, "inputs.x")
