"""Where the columns of a file are, and how those of another file lie to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.matching import find_variable
from gwparam.data.times import find_time_dimension
from gwparam.errors import ContractError
from gwparam.units import conversion

# Degrees: coordinates in single precision keep four digits after the point.
SAME_PLACE = 2e-4
_UNITS = {"latitude": "degrees_north", "longitude": "degrees_east"}

# In lower case: names that models give to dimensions of columns.
_HORIZONTAL = {
    *("lat", "latitude", "nlat", "rlat", "south_north", "grid_yt", "grid_y", "ydim"),
    *("lon", "longitude", "nlon", "rlon", "west_east", "grid_xt", "grid_x", "xdim"),
    *("x", "y", "i", "j", "ni", "nj", "xc", "yc", "face", "nf", "tile", "rgrid"),
    *("ncol", "ncols", "col", "column", "columns", "cell", "cells", "ncell", "ncells"),
    *("point", "points", "npoints", "values", "site", "station", "location", "node"),
    *("sample", "samples", "ncolumns"),
}
# Latitudes of a globe in radians end here, and its longitudes.
_NEAR_POLE = 1.2
_AROUND = 5.0

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Axis:
    """Coordinates along one dimension, or along several together.

    Attributes
    ----------
    dimensions : tuple of str
        Two or more where the grid is curvilinear.
    degrees : dict of str to ndarray
        ``latitude`` and ``longitude``, or one of them, with these dimensions [degrees].
    """

    dimensions: tuple[str, ...]
    degrees: dict[str, Array]

    @property
    def size(self) -> int:
        """Number of places."""
        return int(next(iter(self.degrees.values())).size)

    def __str__(self) -> str:
        ranges = (
            f"{name} {values.flat[0]:.6g} to {values.flat[-1]:.6g}"
            for name, values in self.degrees.items()
        )
        return f"{', '.join(ranges)} along {', '.join(self.dimensions)} ({self.size})"


Axes = tuple[Axis, ...]


def read_axes(dataset: xr.Dataset, path: str) -> Axes:
    """Read the coordinates of the columns of a file.

    Returns
    -------
    tuple of Axis
        One for latitude and longitude where they run along the same dimensions, else
        one each; none for what the file does not have.

    Raises
    ------
    ContractError
        If the units of a coordinate are no angle, or if the columns move.
    """
    axes: list[Axis] = []
    for name, units in _UNITS.items():
        variable = find_variable(dataset, path, name)
        if variable is None or not dataset[variable].dims:
            continue
        values = _still(dataset[variable].variable, variable, dataset, path)
        given = dataset[variable].attrs.get("units")
        degrees = values.values.astype(np.float64)
        # Whoever needs the field asks for units; places are compared without, too.
        if isinstance(given, str):
            degrees = conversion(given, units, f"{name} ({variable} in {path})")(
                degrees
            )
        dimensions = tuple(str(dim) for dim in values.dims)
        if axes and axes[-1].dimensions == dimensions:
            axes[-1].degrees[name] = np.asarray(degrees)
        else:
            axes.append(Axis(dimensions, {name: np.asarray(degrees)}))
    _check_degrees(axes, path)
    return tuple(axes)


def _check_degrees(axes: Sequence[Axis], path: str) -> None:
    """Refuse a globe in radians that says it is in degrees.

    A band of a few degrees around the equator has cells that are about as long as wide.
    """
    found = {name: values for axis in axes for name, values in axis.degrees.items()}
    latitude, longitude = (found.get(name) for name in _UNITS)
    if latitude is None or not latitude.size:
        return
    low, high = float(latitude.min()), float(latitude.max())
    half = 0.5 * np.pi + 1e-6
    if not (-half <= low < -_NEAR_POLE and _NEAR_POLE < high <= half):
        return
    if longitude is not None:
        around = float(np.ptp(longitude))
        rows, cells = (np.unique(v.round(4)).size for v in (latitude, longitude))
        as_long_as_wide = (high - low) / rows > 0.1 * around / cells
        if around < _AROUND or (around > 2.0 * np.pi and as_long_as_wide):
            return
    raise ContractError(
        f"latitude in {path} is {low:.4g} to {high:.4g} degrees, expected up to 90: "
        'units "radian"?'
    )


def without_seam(dataset: xr.Dataset, axes: Axes, path: str) -> xr.Dataset:
    """Leave out the meridian that a file holds twice, at both ends of its longitudes.

    Parameters
    ----------
    dataset : Dataset
        The file's.
    axes : tuple of Axis
        Where its columns are.
    path : str
        The file, for messages.

    Raises
    ------
    ContractError
        If another latitude or longitude comes twice: its columns would count twice.
    """
    for axis in axes:
        name, values = next(iter(axis.degrees.items()))
        if len(axes) == 1 and len(axis.degrees) == 1:
            continue  # columns of which the latitude is known alone
        if len(axis.degrees) > 1:
            if len(axis.dimensions) == 2 and _is_seam(axis):
                dataset = dataset.isel({axis.dimensions[-1]: slice(-1)})
            continue
        if np.isnan(values).any():
            continue  # refused with its place, where it is read
        numbers, _ = _numbers(name, values.ravel(), values[:0].ravel())
        if name == "longitude" and values.size > 2 and numbers[0] == numbers[-1]:
            dataset = dataset.isel({axis.dimensions[-1]: slice(-1)})
            numbers = numbers[:-1]
        found, first, count = np.unique(numbers, return_index=True, return_counts=True)
        if found.size < numbers.size:
            value = values.flat[first[count.argmax()]]
            raise ContractError(
                f"{name} {value:.6g} comes {count.max()} times along "
                f"{axis.dimensions[0]} in {path}, expected every place once"
            )
    return dataset


def _is_seam(axis: Axis) -> bool:
    """Whether the last column of a curvilinear grid is the first one again."""
    return axis.degrees["latitude"].shape[1] > 2 and all(
        bool((_apart(name, values[:, 0], values[:, -1]) <= SAME_PLACE).all())
        for name, values in axis.degrees.items()
    )


def horizontal_dimensions(dataset: xr.Dataset, axes: Axes) -> set[str]:
    """Find the dimensions of a file that are horizontal.

    By latitudes and longitudes along them, by the attributes of their coordinates, and
    by their names.
    """
    found = {dim for axis in axes for dim in axis.dimensions}
    for key in dataset.dims:
        dim = str(key)
        attrs = dataset[dim].attrs if dim in dataset.variables else {}
        if dim.lower() in _HORIZONTAL or attrs.get("axis") in ("X", "Y"):
            found.add(dim)
    return found


def _still(
    variable: xr.Variable, name: str, dataset: xr.Dataset, path: str
) -> xr.Variable:
    """Take a coordinate at the first time, once the others prove to be the same."""
    time = find_time_dimension(dataset)
    if time is None or time not in variable.dims or not variable.sizes[time]:
        return variable
    first = variable.isel({time: 0}).load()
    for at in range(1, variable.sizes[time]):
        if not np.array_equal(first.values, variable.isel({time: at}).values):
            raise ContractError(
                f"{name} in {path} at time {at} is not that of time 0, expected "
                "columns that stay where they are"
            )
    return first


def positions(expected: Axis, given: Axis) -> Array | None:
    """Find where the places of an axis are on another.

    Returns
    -------
    ndarray of int, shape (size,), or None
        Number on `expected` of each place of `given`; None if the places are not the
        same. Columns of a curvilinear grid must have the same order.
    """
    if given.size != expected.size or given.degrees.keys() != expected.degrees.keys():
        return None
    if _in_order(expected, given):
        return np.arange(given.size)
    if len(given.dimensions) > 1:
        return None
    numbers = [
        _numbers(name, expected.degrees[name], values)
        for name, values in given.degrees.items()
    ]
    order, other = (np.lexsort([pair[i] for pair in numbers]) for i in (0, 1))
    keys = np.stack([pair[0][order] for pair in numbers])
    same = all(np.array_equal(mine[order], its[other]) for mine, its in numbers)
    # A place that comes twice tells nothing.
    if not same or (np.diff(keys) == 0).all(axis=0).any():
        return None
    found = np.empty(given.size, dtype=np.intp)
    found[other] = order
    return found


def overlap(one: Axis, other: Axis) -> bool:
    """Whether two axes have a place in common."""
    if one.degrees.keys() != other.degrees.keys():
        return False
    pairs = [
        _numbers(name, values.ravel(), other.degrees[name].ravel())
        for name, values in one.degrees.items()
    ]
    mine, its = (set(zip(*[pair[i] for pair in pairs], strict=True)) for i in (0, 1))
    return bool(mine & its)


def check_alike(expected: Axes, given: Axes, path: str, whose: str) -> list[Array]:
    """Find where the places of a file are on the axes of another.

    Returns
    -------
    list of ndarray of int
        `positions` on every axis.

    Raises
    ------
    ContractError
        If the files do not have the same places.
    """
    found: list[Array] = []
    if [axis.dimensions for axis in expected] == [axis.dimensions for axis in given]:
        for mine, its in zip(expected, given, strict=True):
            where = positions(mine, its)
            if where is None:
                break
            found.append(where)
        else:
            return found
    wanted, other = _spell(expected), _spell(given)
    raise ContractError(
        f"{path} has another grid than {whose}: {other}, expected {wanted}"
        + (" in the same places" if wanted == other else "")
    )


def _in_order(expected: Axis, given: Axis) -> bool:
    return all(
        values.shape == expected.degrees[name].shape
        and bool((_apart(name, values, expected.degrees[name]) <= SAME_PLACE).all())
        for name, values in given.degrees.items()
    )


def _apart(name: str, one: Array, other: Array) -> Array:
    """Degrees between coordinates; a circle for longitudes."""
    difference: Array = np.abs(one - other)
    if name == "longitude":
        difference = np.mod(difference, 360.0)
        difference = np.minimum(difference, 360.0 - difference)
    return difference


def _numbers(name: str, one: Array, other: Array) -> tuple[Array, Array]:
    """Give coordinates numbers, the same where they are of the same place."""
    values = np.concatenate([one, other])
    if name == "longitude":
        values = np.mod(values, 360.0)
        values[values > 360.0 - SAME_PLACE] = 0.0
    order = np.argsort(values)
    number = np.empty(values.size, dtype=np.intp)
    number[order] = np.cumsum(np.diff(values[order], prepend=-np.inf) > SAME_PLACE)
    return number[: one.size], number[one.size :]


def _spell(axes: Sequence[Axis]) -> str:
    return " and ".join(map(str, axes)) or "no latitude and no longitude"
