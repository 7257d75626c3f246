"""Dimensions of fields whose CF standard names say what they are."""

from gwparam.units import conversion

_UNITS = {
    "eastward_wind": "m s-1",
    "northward_wind": "m s-1",
    "upward_air_velocity": "m s-1",
    "lagrangian_tendency_of_air_pressure": "Pa s-1",
    "air_temperature": "K",
    "air_potential_temperature": "K",
    "air_pressure": "Pa",
    "surface_air_pressure": "Pa",
    "air_density": "kg m-3",
    "specific_humidity": "1",
    "geopotential": "m2 s-2",
    "geopotential_height": "m",
    "altitude": "m",
    "height": "m",
    "surface_altitude": "m",
    "latitude": "degrees_north",
    "longitude": "degrees_east",
    "brunt_vaisala_frequency_in_air": "s-1",
    "square_of_brunt_vaisala_frequency_in_air": "s-2",
    "tendency_of_eastward_wind": "m s-2",
    "tendency_of_northward_wind": "m s-2",
    "tendency_of_air_temperature": "K s-1",
}
# What may follow a name: where it holds, and what makes the tendency.
_SUFFIXES = ("_at_half_levels", "_due_to_")


def check_units(name: str, units: str, where: str) -> None:
    """Check that a field has units of the dimension that its name says.

    Parameters
    ----------
    name : str
        Of the field; any units are right where the name is not known.
    units : str
        Its units.
    where : str
        What has them, for the message.

    Raises
    ------
    ContractError
        If they are of another dimension.
    """
    for suffix in _SUFFIXES:
        name = name.partition(suffix)[0]
    expected = _UNITS.get(name)
    if expected is not None:
        conversion(units, expected, where)
