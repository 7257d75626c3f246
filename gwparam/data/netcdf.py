"""netCDF files, one after the other: opened, put in order, read with checks."""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.assembled import Part, assemble, rename
from gwparam.data.dates import read_dates
from gwparam.data.netcdf_file import open_netcdf
from gwparam.data.places import Axes, check_alike, read_axes, without_seam
from gwparam.data.samples import check_samples
from gwparam.data.stored import decode, explain
from gwparam.data.tiles import Files, join_tiles
from gwparam.data.times import find_time_dimension, name_time
from gwparam.data.zarr_store import is_zarr, open_zarr
from gwparam.errors import ArgumentError, GwparamError, ModelFileError, NonFiniteError

Array = NDArray[Any]
Check = Callable[[xr.Dataset, str], None]
_TEXTS = {
    *("axis", "bounds", "calendar", "calendar_type", "coordinates", "formula_terms"),
    *("long_name", "positive", "standard_name", "units"),
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
            files = {
                name: without_seam(data, self.read_axes(data, name), name)
                for name, data in join_tiles(opened, axes).items()
            }
            self.dates = read_dates(files, by_name=by_name)
            self.datasets = self.bring_into_frame(
                {p: files[p] for p in self.dates.paths}
            )
            if self.dates.intervals is None:
                check_samples(self.datasets)
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
        time = find_time_dimension(files[first])
        for path in others:
            given_time = find_time_dimension(files[path])
            names = {given_time: time} if given_time and time else {}
            dataset = rename(files[path], names, path, first)
            given = self.read_axes(dataset, path)
            names = {
                its: mine
                for one, other in zip(axes, given, strict=False)
                for mine, its in zip(one.dimensions, other.dimensions, strict=False)
            }
            dataset = rename(dataset, names, path, first)
            given = self.read_axes(dataset, path)
            found = check_alike(axes, given, path, first)
            moved = {
                axis.dimensions[0]: where
                for axis, where in zip(axes, found, strict=True)
                if (np.diff(where) != 1).any()
            }
            sizes = {dim: where.size for dim, where in moved.items()}
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
    stored = open_zarr(path) if is_zarr(path) else open_netcdf(path)
    try:
        dataset = name_time(decode(_put_in_form(stored), path), path)
    except BaseException:
        stored.close()
        raise
    dataset.set_close(stored.close)
    return dataset


def _put_in_form(dataset: xr.Dataset) -> xr.Dataset:
    """Make texts of attributes that should be, and coordinates of those they name."""
    coordinates: list[str] = []
    for variable in dataset.variables.values():
        for key in _TEXTS & set(variable.attrs):
            variable.attrs[key] = str(variable.attrs[key])
        coordinates += variable.attrs.pop("coordinates", "").split()
    return dataset.set_coords([n for n in coordinates if n in dataset.variables])


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
        NaN where a value is missing; see `gwparam.data.stored`.

    Raises
    ------
    ModelFileError
        If the file cannot be read.
    ContractError
        If attributes that say how to decode it are no numbers.
    """
    try:
        values = np.asarray(variable.values)
    except GwparamError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"cannot read {name} in {path}: {error}") from None
    return values


def check_finite(
    values: Array, dims: Sequence[str], what: str, variable: xr.Variable | None = None
) -> None:
    """Check that values are neither NaN nor Inf.

    Parameters
    ----------
    values : ndarray
        Of a variable.
    dims : sequence of str
        Names of its axes.
    what : str
        The variable, its file and its time, for the message.
    variable : Variable, optional
        What was read, which tells why; see `gwparam.data.stored.explain`.

    Raises
    ------
    NonFiniteError
        If one is; the message names its indices along `dims`, after `what`.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        index = np.unravel_index(int(bad.argmax()), values.shape)
        where = ", ".join(f"{d} {i}" for d, i in zip(dims, index, strict=True))
        value = values[index]
        why = "" if variable is None else explain(variable, float(value))
        raise NonFiniteError(f"{what} is {value} at {where} (from 0){why}")


def _check_distinct(names: Sequence[str]) -> None:
    """Refuse a file given twice, under whatever name: its samples would count twice."""
    seen: dict[Path, str] = {}
    for name in names:
        file = Path(name).resolve()
        if file in seen:
            what = f"is {seen[file]}," if seen[file] != name else "is"
            raise ArgumentError(f"{name} {what} given twice, expected once")
        seen[file] = name
