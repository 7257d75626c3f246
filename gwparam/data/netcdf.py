"""netCDF files, one after the other: opened, put in order, read with checks."""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.dates import Dates, count_times, read_dates
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
    by_date : bool
        Put the files in the order of their times, or of their names where times are no
        dates, and refuse a file that is given twice. Otherwise they stay as given.
    check : callable, optional
        Is called with each dataset and its path, and raises an error if it is wrong.

    Attributes
    ----------
    datasets : dict of str to Dataset
        By path, in order.
    dates : Dates
        Counts of times; when they are is read only with `by_date`.

    Raises
    ------
    ArgumentError
        If there is no file; with `by_date`, as `gwparam.data.dates.read_dates` too.
    ModelFileError
        If a file cannot be read.
    """

    def __init__(
        self,
        paths: Sequence[str | PathLike[str]],
        what: str = "state",
        *,
        by_date: bool = False,
        check: Check | None = None,
    ) -> None:
        names = [str(path) for path in paths]
        if not names:
            raise ArgumentError(f"no {what} file given, expected at least one")
        if by_date:
            names.sort()
            _check_distinct(names)
        self.datasets: dict[str, xr.Dataset] = {}
        try:
            for name in names:
                if name not in self.datasets:
                    self.datasets[name] = open_dataset(name)
                if check is not None:
                    check(self.datasets[name], name)
            if by_date:
                self.dates = read_dates(self.datasets)
                self.datasets = {p: self.datasets[p] for p in self.dates.paths}
            else:
                counts = tuple(count_times(self.datasets[name]) for name in names)
                self.dates = Dates(tuple(names), counts)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for dataset in self.datasets.values():
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
    seen: set[Path] = set()
    for name in names:
        file = Path(name).resolve()
        if file in seen:
            raise ArgumentError(f"{name} is given twice, expected once")
        seen.add(file)
