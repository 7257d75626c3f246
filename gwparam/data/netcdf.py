"""netCDF files, one after the other: opened, put in order, read with checks."""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.assembled import Part, assemble
from gwparam.data.dates import read_dates
from gwparam.data.places import Axes, check_alike, read_axes
from gwparam.data.tiles import Files, join_tiles
from gwparam.errors import ArgumentError, ModelFileError, NonFiniteError

Array = NDArray[Any]
Check = Callable[[xr.Dataset, str], None]


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
    """Open a netCDF file, times not decoded and nothing read.

    Raises
    ------
    ModelFileError
        If it is absent, or is no netCDF file that can be read.
    """
    try:
        return xr.open_dataset(path, engine="netcdf4", decode_times=False, cache=False)
    except FileNotFoundError:
        raise ModelFileError(f"cannot read {path}: no such file") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"cannot read {path} as netCDF: {error}") from None


def read_values(variable: xr.Variable, name: str, path: str) -> Array:
    """Read a variable, or a part of one.

    Parameters
    ----------
    variable : Variable
        What is read.
    name, path : str
        Of the variable and its file, for the message.

    Raises
    ------
    ModelFileError
        If the file cannot be read.
    """
    try:
        return np.asarray(variable.values)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"cannot read {name} in {path}: {error}") from None


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
