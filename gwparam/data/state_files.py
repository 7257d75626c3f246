"""States in files of any layout, one time after the other."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.contract import Field
from gwparam.data.dates import Dates, spell_date, time_value
from gwparam.data.levels import Levels
from gwparam.data.missing import State
from gwparam.data.netcdf import OpenFiles
from gwparam.data.times import find_time_dimension

Array = NDArray[Any]


@dataclass(frozen=True)
class Source:
    """The variable that a field is read from.

    Attributes
    ----------
    field : str
        Name of the field.
    variable, units : str
        Name in the file, and units there.
    levels : str
        ``full``, ``half`` or ``surface``.
    """

    field: str
    variable: str
    units: str
    levels: Literal["full", "half", "surface"]


class StateFiles(ABC):
    """States in one or several files of any layout; a context manager.

    Parameters
    ----------
    files : OpenFiles
        The files, which are closed with the states.

    Attributes
    ----------
    files : OpenFiles
        The files.
    dataset : xarray.Dataset
        Coordinates and attributes of the first file.
    dates : Dates
        Of the files, as they were opened.
    sources : dict of str to Source
        The fields that `read` returns.
    levels : Levels
        Reference pressures and order of the files' levels.
    dimensions : tuple of str
        Horizontal dimensions of every field, in the order of the first one.
    horizontal : tuple of int
        Their extents.
    layout : tuple of str
        Dimensions of the first field on levels, in the file's order.
    time_dimension : str or None
        None where the files hold one state without a time.
    knows_half_levels : bool
        Whether drag can be had from fluxes, for which half levels must be known.
    """

    knows_half_levels = True

    def __init__(self, files: OpenFiles) -> None:
        self.files = files
        self.sources: dict[str, Source] = {}
        self.dataset: xr.Dataset = files.first
        self.time_dimension = find_time_dimension(self.dataset)
        self.levels: Levels
        self.dimensions: tuple[str, ...]
        self.horizontal: tuple[int, ...]
        self.layout: tuple[str, ...]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self.files.close()

    def __len__(self) -> int:
        """Count the times in all files together."""
        return len(self.files)

    @property
    def dates(self) -> Dates:
        """Times of the files."""
        return self.files.dates

    @property
    def columns(self) -> int:
        """Columns of one time."""
        return int(np.prod(self.horizontal))

    @abstractmethod
    def find(self, field: str, also: Sequence[str] = ()) -> str | None:
        """Name of the variable of a field; None if there is none."""

    @abstractmethod
    def bind(self, field: Field, variable: str | None = None) -> Source:
        """Add a field to what `read` returns; see the class that does it."""

    @abstractmethod
    def bind_pressures(self) -> None:
        """Add the pressures at full and half levels to what `read` returns.

        Raises
        ------
        ContractError, ShapeError
            If the files do not tell them.
        """

    @abstractmethod
    def read(self, index: int, names: Sequence[str] | None = None) -> State:
        """Fields of one time, shape (`horizontal`..., nlev) or `horizontal`."""

    @abstractmethod
    def coordinates(self, index: int) -> tuple[Array | None, Array | None]:
        """Latitude and longitude of every column [degrees]; None if not there."""

    def time(self, index: int) -> float | None:
        """Value of the time coordinate, in the units of the first file."""
        if self.time_dimension is None or self.time_dimension not in self.dataset:
            return None
        dataset, path, at = self.files.locate(index)
        dim = self.time_dimension
        return time_value(dataset[dim], at, self.dataset[dim], path)

    def date(self, index: int) -> str | None:
        """Say when a time is, to the second; None where the files do not tell."""
        value = self.time(index)
        if value is None:
            return None
        return spell_date(value, self.dataset[self.time_dimension])
