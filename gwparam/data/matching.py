"""Which variable of a netCDF file is a field of a contract."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from gwparam.errors import ContractError

# Names that models give to the fields of a contract: CMIP, CAM and FMS, in this order,
# then ERA5 and ECHAM.
USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "eastward_wind": ("ua", "u", "U", "ucomp"),
    "northward_wind": ("va", "v", "V", "vcomp"),
    "air_temperature": ("ta", "temp", "T", "t"),
    "air_potential_temperature": ("theta", "thetao"),
    "upward_air_velocity": ("wa", "w", "W"),
    "lagrangian_tendency_of_air_pressure": ("wap", "omega", "OMEGA"),
    "air_pressure": ("pfull", "PMID", "pres_full"),
    "surface_air_pressure": ("ps", "PS", "sp", "aps"),
    "geopotential_height": ("zg", "zfull", "Z3"),
    "surface_altitude": ("orog", "zsurf"),
    "latitude": ("lat",),
    "longitude": ("lon",),
    "tendency_of_eastward_wind_due_to_gravity_wave_drag": (
        "utendnogw",
        "UTGWSPEC",
        "gwfcng_x",
        "gwfu_cgwd",
    ),
    "tendency_of_northward_wind_due_to_gravity_wave_drag": (
        "vtendnogw",
        "VTGWSPEC",
        "gwfcng_y",
        "gwfv_cgwd",
    ),
}
# Fields that models keep as a logarithm: its standard name, then names.
LOGARITHMS: dict[str, tuple[str, ...]] = {
    "surface_air_pressure": ("logarithm_of_surface_pressure", "lnsp", "LNSP"),
}
_AXES = ("latitude", "longitude")


def nonorographic(field: str) -> tuple[str, ...]:
    """Give the standard name of the drag of non-orographic waves alone."""
    return (field.replace("_gravity_", "_nonorographic_gravity_"),)


def find_variable(
    dataset: xr.Dataset, path: str, field: str, also: Sequence[str] = ()
) -> str | None:
    """Find the variable of a field: by standard name, by name, or as a logarithm.

    Parameters
    ----------
    dataset : Dataset
        The file.
    path : str
        Its name, for messages.
    field : str
        Name of the field, which is the standard name that is looked for.
    also : sequence of str
        Further standard names and names, in order of preference.

    Returns
    -------
    str or None
        Name of the variable; None if none fits.

    Raises
    ------
    ContractError
        If several variables could be it.
    """
    names = _names(field, also)
    # An axis of levels is no field, though it may have the name of one.
    variables = {
        str(name): variable
        for name, variable in dataset.variables.items()
        if field in _AXES or variable.dims != (name,)
    }
    marked = {n: v.attrs.get("standard_name") for n, v in variables.items()}
    named = [name for name in names if name in variables and not marked[name]]
    for standard_name in [field, *also]:
        found = [name for name in variables if marked[name] == standard_name]
        if found:
            return _only([*found, *named], dataset, path, field)
    # A name alone counts less than what a variable says of itself.
    named = named or [name for name in names if name in variables]
    # What has to be worked out counts least.
    named = named or [n for n in variables if is_logarithm(dataset, n, field)]
    return _only(named, dataset, path, field) if named else None


def is_logarithm(dataset: xr.Dataset, name: str, field: str) -> bool:
    """Whether a variable is the logarithm of a field, by standard name or by name."""
    standard_name, *names = LOGARITHMS.get(field, (None,))
    marked = dataset[name].attrs.get("standard_name", "unknown")
    return marked == standard_name or (name in names and marked == "unknown")


def _only(names: Sequence[str], dataset: xr.Dataset, path: str, field: str) -> str:
    """Take the one variable of several that a field can be.

    Those with less dimensions than others are parts, as at the surface; those that hold
    the same coordinates are one.
    """
    extents = {
        name: sum(n > 1 for n in dataset[name].shape) for name in dict.fromkeys(names)
    }
    found = [name for name, n in extents.items() if n == max(extents.values())]
    first = dataset[found[0]]
    same = field in _AXES and all(
        first.dims == dataset[name].dims and np.array_equal(first, dataset[name])
        for name in found
    )
    if len(found) > 1 and not same:
        setting = "reference" if field.startswith("tendency_of_") else "variable"
        raise ContractError(
            f"{path} has several variables for {field}: {', '.join(found)}, expected "
            "one",
            settings=(setting,),
        )
    return found[0]


def name_variable(
    dataset: xr.Dataset,
    path: str,
    field: str,
    chosen: str | None = None,
    also: Sequence[str] = (),
) -> str:
    """Name the variable of a field, which must be there.

    Parameters
    ----------
    dataset, path, field, also
        As `find_variable`.
    chosen : str, optional
        The variable, where the caller knows it.

    Raises
    ------
    ContractError
        If there is no such variable, or as `find_variable`.
    """
    name = chosen or find_variable(dataset, path, field, also)
    if name is None:
        raise _absent(dataset, path, field, also)
    if name not in dataset.variables:
        raise ContractError(
            f"{path} has no variable {name} for {field}; "
            f"it has {', '.join(map(str, dataset.variables))}"
        )
    return name


def _absent(
    dataset: xr.Dataset, path: str, field: str, also: Sequence[str]
) -> ContractError:
    """Error that says what was looked for and what there is; arguments as above."""
    found = [
        f"{name} ({variable.attrs['standard_name']})"
        if "standard_name" in variable.attrs
        else str(name)
        for name, variable in dataset.variables.items()
    ]
    return ContractError(
        f"{path} has no variable for {field}: looked for standard_name "
        f"{' or '.join([field, *also])} and names {', '.join(_names(field, also))}; "
        f"it has {', '.join(found) or 'none'}"
    )


def _names(field: str, also: Sequence[str]) -> list[str]:
    return [field, *also, *USUAL_NAMES.get(field, ())]
