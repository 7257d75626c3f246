"""What a calibration aims at: statistics of a run, or a table of observations."""

import csv
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gwparam.calibrate.inversion import Target
from gwparam.errors import ModelFileError
from gwparam.file_kinds import check_readable
from gwparam.qbo.statistics import read_statistics, statistic_names

COLUMNS = ["name", "value", "standard_error"]
"""Head of a table of observations."""


@dataclass(frozen=True)
class Wanted:
    """Statistics that a run should have.

    Attributes
    ----------
    names : tuple of str
        Which ones.
    places : ndarray of int, shape (statistic,)
        Where they stand among those of `statistic_names`.
    target : Target
        Their values and covariance.
    window_years : int or None
        Years that the covariance is of; None where errors are given.
    """

    names: tuple[str, ...]
    places: NDArray[np.intp]
    target: Target
    window_years: int | None

    def value(self, name: str) -> float | None:
        """Value of a statistic, if it is wanted."""
        if name not in self.names:
            return None
        return float(self.target.values[self.names.index(name)])


def read_wanted(path: str | PathLike[str]) -> Wanted:
    """Read a netCDF file of statistics, or a table that ends in .csv.

    Raises
    ------
    ModelFileError
        If it is neither, or holds what cannot be aimed at; the message names the line.
    """
    check_readable(Path(path))
    if Path(path).suffix.lower() == ".csv":
        names, values, errors = _read_table(path)
        return _wanted(names, values, np.diag(np.square(errors)), None)
    found = read_statistics(path)
    try:
        np.linalg.cholesky(found.covariance)
    except np.linalg.LinAlgError:
        raise ModelFileError(
            f"{path}: covariance is not positive definite, expected that of statistics"
        ) from None
    return _wanted(found.names, found.values, found.covariance, found.window_years)


def _wanted(
    names: tuple[str, ...],
    values: NDArray[np.float64],
    covariance: NDArray[np.float64],
    years: int | None,
) -> Wanted:
    known = statistic_names()
    places = np.array([known.index(name) for name in names])
    return Wanted(names, places, Target(values, covariance), years)


def _read_table(
    path: str | PathLike[str],
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    known = statistic_names()
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = [
                row for row in csv.reader(file) if row and not row[0].startswith("#")
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ModelFileError(f"cannot read {path}: {reason}") from None
    if not rows or [word.strip() for word in rows[0]] != COLUMNS:
        given = ",".join(rows[0]) if rows else "nothing"
        raise ModelFileError(
            f"{path} begins with {given}, expected {','.join(COLUMNS)}"
        )
    found: dict[str, tuple[float, float]] = {}
    for row in rows[1:]:
        name = row[0].strip()
        if name not in known:
            raise ModelFileError(
                f"{path}: name is {name}, expected one such as {known[0]} "
                "(gwparam calibrate --list has all)"
            )
        if name in found:
            raise ModelFileError(f"{path}: name has {name} twice, expected it once")
        try:
            value, error_of_it = map(float, row[1:])
        except ValueError:
            given = ",".join(row[1:])
            raise ModelFileError(
                f"{path}: {name} is {given}, expected a value and a standard_error"
            ) from None
        if not np.isfinite(value):
            raise ModelFileError(f"{path}: {name} is {value}, expected a finite value")
        if not 0.0 < error_of_it < float("inf"):
            raise ModelFileError(
                f"{path}: standard_error of {name} is {error_of_it}, expected more "
                "than 0"
            )
        found[name] = value, error_of_it
    if not found:
        raise ModelFileError(f"{path} has no statistic, expected at least 1")
    values, errors = np.array(list(found.values())).T
    return tuple(found), values, errors
