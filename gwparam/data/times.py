"""The time coordinate of netCDF files."""

import cftime  # type: ignore[import-untyped]  # it ships no stubs
import xarray as xr


def find_time_dimension(dataset: xr.Dataset) -> str | None:
    """Find the dimension of time, which CF marks in several ways.

    Returns
    -------
    str or None
        None if there is none.
    """
    for dim in dataset.dims:
        attrs = dataset[dim].attrs if dim in dataset.variables else {}
        if (
            attrs.get("axis") == "T"
            or attrs.get("standard_name") == "time"
            or " since " in str(attrs.get("units", ""))
            or dim == "time"
        ):
            return str(dim)
    return None


def time_value(
    dataset: xr.Dataset, first: xr.Dataset, dimension: str, index: int
) -> float:
    """Value of the time coordinate in one file, in the units of another.

    Parameters
    ----------
    dataset : Dataset
        File that has the time, not decoded.
    first : Dataset
        File whose units and calendar are wanted.
    dimension : str
        Dimension of time, which has a coordinate in both.
    index : int
        Number of the time in `dataset`.
    """
    value = dataset[dimension].values[index]
    given, wanted = _calendar(dataset, dimension), _calendar(first, dimension)
    if given == wanted:
        return float(value)
    date = cftime.num2date(value, given[0], calendar=given[1])
    return float(cftime.date2num(date, wanted[0], calendar=wanted[1]))


def _calendar(dataset: xr.Dataset, dimension: str) -> tuple[str, str]:
    attrs = dataset[dimension].attrs
    return str(attrs.get("units", "")), str(attrs.get("calendar", "standard"))
