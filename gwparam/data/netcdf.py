"""netCDF files, one after the other: opened, put in order, read with checks."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import Any, Self

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.assembled import Part, assemble
from gwparam.data.dates import read_dates
from gwparam.data.places import Axes, check_alike, read_axes
from gwparam.data.tiles import Files, join_tiles
from gwparam.data.zarr_store import is_zarr, open_zarr
from gwparam.errors import ArgumentError, ModelFileError, NonFiniteError

Array = NDArray[Any]
Check = Callable[[xr.Dataset, str], None]
_TEXTS = {
    *("axis", "bounds", "calendar", "calendar_type", "formula_terms", "long_name"),
    *("positive", "standard_name", "units"),
}


class OpenFiles:
    """netCDF files that stay open, their times counted through all; a context manager.

    Parameters
    ----------
    paths : sequence of path-like
        At least one.
    what : str
        What the files are, for messages.
    by_name : bool
        Put files whose times are no dates in the order of their names, 2 before 10.
        Otherwise they stay as given.
    check : callable, optional
        Is called with each dataset and its path, and raises an error if it is wrong.

    Attributes
    ----------
    datasets : dict of str to Dataset
        By path, in order; tiles of one run are one, and all have the columns of the
        first in its order.
    dates : Dates
        When the times are. Files with dates come in the order of these.

    Raises
    ------
    ArgumentError
        If there is no file, a file or a time comes twice, or as
        `gwparam.data.dates.read_dates`.
    ModelFileError
        If a file cannot be read.
    ContractError
        If a file has other columns than the first, or tiles do not fill a grid.
    """

    def __init__(
        self,
        paths: Sequence[str | PathLike[str]],
        what: str = "state",
        *,
        by_name: bool = False,
        check: Check | None = None,
    ) -> None:
        names = [str(path) for path in paths]
        if not names:
            raise ArgumentError(f"no {what} file given, expected at least one")
        _check_distinct(names)
        self._opened = opened = dict[str, xr.Dataset]()
        try:
            for name in names:
                opened[name] = open_dataset(name)
                if check is not None:
                    check(opened[name], name)
            axes = {name: self.read_axes(data, name) for name, data in opened.items()}
            files = join_tiles(opened, axes)
            self.dates = read_dates(files, by_name=by_name)
            self.datasets = self.bring_into_frame(
                {p: files[p] for p in self.dates.paths}
            )
        except BaseException:
            self.close()
            raise

    def read_axes(self, dataset: xr.Dataset, path: str) -> Axes:
        """Read where the columns of a file are; see `gwparam.data.places`."""
        return read_axes(dataset, path)

    def bring_into_frame(self, files: Files) -> Files:
        """Bring the columns of all files to the order of the first."""
        first, *others = files
        framed = {first: files[first]}
        axes = self.read_axes(files[first], first)
        for path in others:
            given = self.read_axes(files[path], path)
            found = check_alike(axes, given, path, first)
            moved = {
                axis.dimensions[0]: where
                for axis, where in zip(axes, found, strict=True)
                if (np.diff(where) != 1).any()
            }
            sizes = {dim: where.size for dim, where in moved.items()}
            dataset = files[path]
            framed[path] = assemble([Part(dataset, moved)], sizes) if moved else dataset
        return framed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for dataset in self._opened.values():
            dataset.close()

    def __len__(self) -> int:
        """Count the times in all files together."""
        return len(self.dates)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files in order."""
        return self.dates.paths

    @property
    def first(self) -> xr.Dataset:
        """The first file."""
        return self.datasets[self.paths[0]]

    def locate(self, index: int) -> tuple[xr.Dataset, str, int]:
        """File of a time, its path, and the number of the time in it."""
        path, at = self.dates.locate(index)
        return self.datasets[path], path, at


def open_dataset(path: str) -> xr.Dataset:
    """Open a netCDF file or a zarr store, times not decoded and nothing read.

    Where all variables are in one group of the file, it is that group. Attributes that
    are texts by convention are texts, whatever the file made of them.

    Raises
    ------
    ModelFileError
        If it is absent, is no netCDF file that can be read, or has its variables in
        several groups.
    """
    dataset = open_zarr(path) if is_zarr(path) else _open_netcdf(path)
    for variable in dataset.variables.values():
        for key in _TEXTS & set(variable.attrs):
            if not isinstance(variable.attrs[key], str):
                variable.attrs[key] = str(variable.attrs[key])
    return dataset


def _open_netcdf(path: str) -> xr.Dataset:
    try:
        dataset = _open(path, None)
        if dataset.data_vars:
            return dataset
        groups = _groups(path)
        if not groups:
            return dataset
        dataset.close()
        if len(groups) > 1:
            raise ModelFileError(
                f"{path} has its variables in the groups {', '.join(groups)}, "
                "expected them in one"
            )
        return _open(path, groups[0])
    except FileNotFoundError:
        raise ModelFileError(f"cannot read {path}: no such file") from None
    except ModelFileError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"cannot read {path} as netCDF: {error}") from None


def _open(path: str, group: str | None) -> xr.Dataset:
    """Open the root of a file or a group, with the coordinates above the group."""
    dataset = xr.open_dataset(
        path, engine="netcdf4", group=group, decode_times=False, cache=False
    )
    if group is None:
        return dataset
    above = _open(path, group.rpartition("/")[0] or None)
    inherited = {
        name: variable
        for name, variable in above.variables.items()
        if name not in dataset.variables
    }
    if not inherited:
        above.close()
        return dataset
    merged = dataset.assign_coords(inherited)
    files = ExitStack()
    for part in (dataset, above):
        files.callback(part.close)
    merged.set_close(files.close)
    return merged


def _groups(path: str) -> list[str]:
    """Paths of the groups of a file that hold data, and not coordinates alone."""
    with netCDF4.Dataset(path) as file:
        found, waiting = [], list(file.groups.values())
        while waiting:
            group = waiting.pop(0)
            waiting += group.groups.values()
            if any(name not in group.dimensions for name in group.variables):
                found.append(group.path.lstrip("/"))
        return found


def read_values(variable: xr.Variable, name: str, path: str) -> Array:
    """Read a variable, or a part of one.

    Parameters
    ----------
    variable : Variable
        What is read.
    name, path : str
        Of the variable and its file, for the message.

    Returns
    -------
    ndarray
        NaN where a value is missing: where it is that of ``_FillValue`` or
        ``missing_value``, was never written, or is outside the valid range.

    Raises
    ------
    ModelFileError
        If the file cannot be read.
    """
    try:
        values = np.asarray(variable.values)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"cannot read {name} in {path}: {error}") from None
    if values.dtype.kind != "f":
        return values
    missing = _is_missing(values, variable)
    return np.where(missing, np.nan, values) if missing.any() else values


def _is_missing(values: Array, variable: xr.Variable) -> NDArray[np.bool_]:
    """Find what is not NaN yet, for xarray knows declared fill values alone."""
    missing = np.zeros(values.shape, bool)
    fill = netCDF4.default_fillvals.get(values.dtype.str[1:])
    if fill is not None:
        missing |= values == values.dtype.type(fill)
    lowest, highest = _valid_range(variable)
    if lowest is not None:
        missing |= values < lowest
    if highest is not None:
        missing |= values > highest
    return missing


def _valid_range(variable: xr.Variable) -> tuple[float | None, float | None]:
    """Range of valid values, of the packed ones where the variable is packed."""
    attrs, encoding = variable.attrs, variable.encoding
    given = (attrs.get("valid_min"), attrs.get("valid_max"))
    both = np.ravel(attrs.get("valid_range", ()))
    if both.size == 2:
        given = (both[0], both[1])
    scale, offset = encoding.get("scale_factor", 1.0), encoding.get("add_offset", 0.0)
    found = [None if end is None else float(end) * scale + offset for end in given]
    # Unpacked values are off by a rounding.
    packed = (scale, offset) != (1.0, 0.0)
    margin = 0.5 * abs(scale) if packed else 0.0
    ends = found if scale > 0.0 else found[::-1]
    lowest, highest = ends
    return (
        None if lowest is None else lowest - margin,
        None if highest is None else highest + margin,
    )


def check_finite(values: Array, dims: Sequence[str], what: str) -> None:
    """Check that values are neither NaN nor Inf.

    Raises
    ------
    NonFiniteError
        If one is; the message names its indices along `dims`, after `what`.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        index = np.unravel_index(int(bad.argmax()), values.shape)
        where = ", ".join(f"{d} {i}" for d, i in zip(dims, index, strict=True))
        raise NonFiniteError(f"{what} is {values[index]} at {where} (from 0)")


def _check_distinct(names: Sequence[str]) -> None:
    """Refuse a file given twice, under whatever name: its samples would count twice."""
    seen: dict[Path, str] = {}
    for name in names:
        file = Path(name).resolve()
        if file in seen:
            what = f"is {seen[file]}," if seen[file] != name else "is"
            raise ArgumentError(f"{name} {what} given twice, expected once")
        seen[file] = name
