"""Coefficients of the hybrid levels in a file: pressure = a + b * surface pressure.

Sources: CF conventions 1.11, appendix D (formula terms); FMS (pk, bk); CAM (hyam, hybm
at levels, hyai, hybi between them, as shares of P0); ECHAM and GRIB files (the same
names, in Pa, along nhym and nhyi, which the level number counts from 1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.constants import REFERENCE_SURFACE_PRESSURE
from gwparam.data.netcdf import check_finite, read_values
from gwparam.errors import ContractError
from gwparam.units import conversion, is_number, is_pressure

# Names of a and b. CAM leaves P0 out where it is 1000 hPa.
FULL_NAMES = (("hyam", "hybm"), ("ap", "b"), ("a", "b"))
HALF_NAMES = (("pk", "bk"), ("hyai", "hybi"), ("ak", "bk"))
_OF_CAM = {"hyam", "hyai"}
_TERM = re.compile(r"(\w+)\s*:\s*(\S+)")
_OF_PRESSURE = "atmosphere_hybrid_sigma_pressure_coordinate"
_BASE_NAMES = ("P0", "p0")

Array = NDArray[Any]


@dataclass(frozen=True)
class Hybrid:
    """Levels, or half levels, at ``a + b * surface pressure``, in the file's order.

    Attributes
    ----------
    names : str
        The variables, for people.
    a, b : tuple of float
        Pa and 1.
    """

    names: str
    a: tuple[float, ...]
    b: tuple[float, ...]

    def pressure(self, surface: Array) -> Array:
        """Pressure at the levels, (..., nlev), of (...) at the surface."""
        wide = surface.astype(np.float64, copy=False)[..., np.newaxis]
        return np.asarray(np.asarray(self.a) + np.asarray(self.b) * wide)

    @property
    def reference(self) -> Array:
        """Pressure at the levels over a surface at 1000 hPa."""
        return self.pressure(np.asarray(REFERENCE_SURFACE_PRESSURE))

    def is_close(self, other: "Hybrid") -> bool:
        """Whether another file has the same levels, but for single precision."""
        return len(self.a) == len(other.a) and all(
            np.allclose(mine, yours, rtol=1e-6, atol=atol)
            for mine, yours, atol in (
                (self.a, other.a, 1e-8 * REFERENCE_SURFACE_PRESSURE),
                (self.b, other.b, 1e-8),
            )
        )

    def turned(self) -> "Hybrid":
        """Turn the levels upside down."""
        return Hybrid(self.names, self.a[::-1], self.b[::-1])


@dataclass(frozen=True)
class _Terms:
    """Variables of a formula: `a` in units of pressure, or as a share of `base`."""

    a: str
    b: str
    base: str | None = None


def read_full(dataset: xr.Dataset, dimension: str, path: str) -> Hybrid | None:
    """Read the hybrid coefficients of full levels; None if the file has none.

    Parameters
    ----------
    dataset : Dataset
        The file.
    dimension : str
        Dimension of the levels.
    path : str
        Name of the file, for messages.

    Raises
    ------
    ContractError
        If units are absent or wrong, or the numbers do not fit the levels.
    NonFiniteError
        If a coefficient is missing.
    """
    nlev = dataset.sizes[dimension]
    for terms in _candidates(dataset, FULL_NAMES):
        dims = dataset[terms.a].dims
        if dims == (dimension,):
            return _read(dataset, terms, path, slice(None))
        if len(dims) == 1 and (at := _numbers(dataset, dimension, dims[0])) is not None:
            return _read(dataset, terms, path, at)
        if len(dims) == 1 and dataset.sizes[dims[0]] == nlev:
            return _read(dataset, terms, path, slice(None))
    return None


def read_half(
    dataset: xr.Dataset, dimension: str, nlev: int, path: str
) -> Hybrid | None:
    """Read the hybrid coefficients between full levels; None if the file has none.

    Parameters
    ----------
    dataset, dimension, path
        As `read_full`.
    nlev : int
        Number of full levels.

    Raises
    ------
    ContractError
        If units are absent or wrong, or the numbers do not fit the levels.
    NonFiniteError
        If a coefficient is missing.
    """
    wanted = nlev + 1
    other: list[str] = []
    for terms in _candidates(dataset, HALF_NAMES):
        if dataset[terms.a].ndim != 1 or dataset[terms.a].dims == (dimension,):
            continue
        along = dataset[terms.a].dims[0]
        at: Array | slice | None = _numbers(dataset, dimension, along, halves=True)
        if at is None and dataset.sizes[along] == wanted:
            at = slice(None)
        if at is not None:
            return _read(dataset, terms, path, at)
        if (terms.a, terms.b) in HALF_NAMES:
            sizes = " and ".join(str(dataset[name].size) for name in (terms.a, terms.b))
            other.append(
                f"{terms.a} and {terms.b} in {path} have {sizes} values, "
                f"expected {wanted}, one more than full levels"
            )
    for terms in _candidates(dataset, FULL_NAMES):
        if dataset[terms.a].dims != (dimension,):
            continue
        bounds = _bounds(dataset, terms, dimension)
        if bounds is not None:
            return _read(dataset, bounds, path, slice(None))
    if other:
        raise ContractError(other[0])
    return None


def is_coefficient(dataset: xr.Dataset, name: str) -> bool:
    """Whether a variable is a or b, and no pressure of levels itself."""
    terms = [
        variable
        for found in formula_terms(dataset).values()
        for term, variable in found.items()
        if term in ("a", "ap", "b")
    ]
    return name in terms or any(name in pair for pair in (*FULL_NAMES, *HALF_NAMES))


def formula_terms(dataset: xr.Dataset) -> dict[str, dict[str, str]]:
    """Find the formula terms of every variable, as far as they are there."""
    found = {}
    for name, variable in dataset.variables.items():
        terms = _TERM.findall(str(variable.attrs.get("formula_terms", "")))
        found[str(name)] = {k: term for k, term in terms if term in dataset.variables}
    return found


def _candidates(
    dataset: xr.Dataset, names: tuple[tuple[str, str], ...]
) -> Iterator[_Terms]:
    """Give formula terms first, then usual names."""
    of_heights: set[str] = set()
    for name, terms in formula_terms(dataset).items():
        kind = dataset[name].attrs.get("standard_name", _OF_PRESSURE)
        if (kind.startswith("atmosphere_") and kind != _OF_PRESSURE) or "orog" in terms:
            of_heights |= set(terms.values())
            continue
        a = terms.get("ap", terms.get("a"))
        if a is not None and "b" in terms:
            yield _Terms(a, terms["b"], terms.get("p0"))
    for a, b in names:
        if not {a, b} & of_heights and {a, b} <= set(dataset.variables):
            yield _Terms(a, b)


def _numbers(
    dataset: xr.Dataset, dimension: str, along: Any, *, halves: bool = False
) -> Array | None:
    """Places of levels among coefficients, if the coordinate holds their numbers.

    They count from 1, and some files write them with a sign.
    """
    if dimension not in dataset.variables or along == dimension:
        return None
    coordinate = dataset[dimension]
    if is_pressure(str(coordinate.attrs.get("units", ""))):
        return None
    if coordinate.dtype.kind not in "iuf":
        return None
    numbers = np.abs(coordinate.values.astype(np.float64))
    highest = dataset.sizes[along] - halves
    if not (
        (numbers == np.round(numbers)) & (numbers >= 1) & (numbers <= highest)
    ).all():
        return None
    at = numbers.astype(int) - 1
    if not halves:
        return at
    if at.size == 1:
        return np.append(at, at + 1)
    if (np.diff(at) == 1).all():
        return np.append(at, at[-1] + 1)
    if (np.diff(at) == -1).all():
        return np.append(at + 1, at[-1])
    return None


def _bounds(dataset: xr.Dataset, terms: _Terms, dimension: str) -> _Terms | None:
    """Find the coefficients at the bounds of levels, (nlev, 2)."""
    bounds = dataset[dimension].attrs.get("bounds") if dimension in dataset else None
    given = formula_terms(dataset).get(str(bounds), {})
    found = []
    for term, name in (("a", terms.a), ("b", terms.b)):
        names = (
            given.get(term, given.get("ap") if term == "a" else None),
            dataset[name].attrs.get("bounds"),
            f"{name}_bnds",
            f"{name}_bounds",
        )
        usual = [n for n in names if n is not None and n in dataset.variables]
        if not usual or dataset[usual[0]].dims[:1] != (dimension,):
            return None
        if dataset[usual[0]].shape[1:] != (2,):
            return None
        found.append(usual[0])
    return _Terms(found[0], found[1], given.get("p0", terms.base))


def _read(dataset: xr.Dataset, terms: _Terms, path: str, at: Any) -> Hybrid:
    a, b = _read_a(dataset, terms, path), _read_b(dataset, terms.b, path)
    if a.ndim == 2:
        what = f"{terms.a} and {terms.b} in {path}"
        a, b = _join(a, what), _join(b, what)
    if a.shape != b.shape:
        raise ContractError(
            f"{terms.a} and {terms.b} in {path} have {a.size} and {b.size} values, "
            "expected as many"
        )
    names = f"{terms.a} + {terms.b} * surface pressure"
    return Hybrid(names, tuple(a[at].tolist()), tuple(b[at].tolist()))


def _read_a(dataset: xr.Dataset, terms: _Terms, path: str) -> Array:
    """Read a [Pa]."""
    values, units = read_numbers(dataset, terms.a, path)
    what = f"{terms.a} in {path}"
    if units and is_pressure(units):
        return conversion(units, "Pa", what)(values)
    if not values.any() and not units:
        return values
    if units and not is_number(units):
        raise ContractError(
            f'{what} has units "{units}", expected those of a pressure, or "1" for a '
            "share of P0"
        )
    if not units and np.abs(values).max() > 1.0:
        raise ContractError(
            f"{what} has no units and values up to {np.abs(values).max():g}, expected "
            'those of a pressure, or "1" for a share of P0'
        )
    share = conversion(units, "1", what)(values) if units else values
    return share * _base_pressure(dataset, terms, path)


def _base_pressure(dataset: xr.Dataset, terms: _Terms, path: str) -> float:
    """Pressure that a is a share of [Pa]."""
    usual = next((name for name in _BASE_NAMES if name in dataset.variables), None)
    name = terms.base or usual
    if name is not None:
        return read_pressure(dataset, name, path)
    if terms.a in _OF_CAM:
        return REFERENCE_SURFACE_PRESSURE
    raise ContractError(
        f"{terms.a} in {path} is no pressure, expected one, or a variable P0 that it "
        "is a share of"
    )


def read_pressure(dataset: xr.Dataset, name: str, path: str) -> float:
    """Read a pressure that is one number [Pa].

    Raises
    ------
    ContractError
        If it is not one, or has no units of pressure.
    NonFiniteError
        If it is missing.
    """
    values, units = read_numbers(dataset, name, path)
    if values.size != 1:
        raise ContractError(f"{name} in {path} has {values.size} values, expected 1")
    if not units:
        raise ContractError(f'{name} in {path} has no units, expected "Pa"')
    pressure: float = conversion(units, "Pa", f"{name} in {path}")(values).item()
    return pressure


def _read_b(dataset: xr.Dataset, name: str, path: str) -> Array:
    values, units = read_numbers(dataset, name, path)
    return conversion(units or "1", "1", f"{name} in {path}")(values)


def read_numbers(dataset: xr.Dataset, name: str, path: str) -> tuple[Array, str]:
    """Read a variable on no columns, in float64, and its units, which may be empty."""
    variable = dataset[name].variable
    values = read_values(variable, name, path).astype(np.float64)
    dims = [str(dim) for dim in variable.dims]
    check_finite(values, dims, f"{name} in {path}", variable)
    return values, str(variable.attrs.get("units", "")).strip()


def _join(bounds: Array, what: str) -> Array:
    """Make nlev + 1 values of bounds, (nlev, 2), that meet."""
    for turned in (bounds, bounds[:, ::-1]):
        if np.allclose(turned[1:, 0], turned[:-1, 1], rtol=1e-6, atol=1e-9):
            return np.append(turned[:, 0], turned[-1, 1])
    raise ContractError(f"{what} leave gaps between levels, expected bounds that meet")
