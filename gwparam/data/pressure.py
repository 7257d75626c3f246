"""Pressures of a file's levels, from the coefficients of its hybrid coordinate."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.constants import REFERENCE_SURFACE_PRESSURE
from gwparam.contract import Contract, Field, Vertical
from gwparam.data.levels import Levels
from gwparam.errors import ContractError
from gwparam.networks.vertical import reference_pressure
from gwparam.units import conversion, is_pressure

PRESSURE = Field("air_pressure", "Pa", "full", "float64")
SURFACE_PRESSURE = Field("surface_air_pressure", "Pa", "surface", "float64")
HALF_PRESSURE = "air_pressure_at_half_levels"

# Names of a and b in p = a + b ps at half levels: FMS, then CAM, whose a is a share of
# the pressure P0.
_COEFFICIENTS = (("pk", "bk"), ("hyai", "hybi"))

Array = NDArray[Any]


@dataclass(frozen=True)
class HalfLevels:
    """Half levels at ``a + b * surface pressure``, in the file's order.

    Attributes
    ----------
    names : str
        The variables, for people.
    a, b : tuple of float
        Pa and 1.
    top_down : bool
        Whether index 0 is the top.
    """

    names: str
    a: tuple[float, ...]
    b: tuple[float, ...]
    top_down: bool

    def pressure(self, surface: Array) -> Array:
        """Pressure at the half levels, (..., nlev + 1), of (...) at the surface."""
        wide = surface.astype(np.float64, copy=False)[..., np.newaxis]
        return np.asarray(np.asarray(self.a) + np.asarray(self.b) * wide)

    def full_pressure(self, half: Array) -> Array:
        """Pressure at the full levels between half levels, both in the file's order.

        The mean of ln p over the layer. Source: Simmons and Burridge (1981), Mon.
        Weather Rev. 109, 758-766.
        """
        down = half if self.top_down else half[..., ::-1]
        p_ln_p = down * np.log(np.where(down > 0.0, down, 1.0))
        full = np.exp(np.diff(p_ln_p) / np.diff(down) - 1.0)
        return full if self.top_down else full[..., ::-1]


def needs_pressure(contract: Contract) -> bool:
    """Whether the library asks for pressures beside the contract's inputs."""
    return contract.vertical.kind != "host" or bool(contract.flux)


def read_half_levels(dataset: xr.Dataset, levels: Levels, path: str) -> HalfLevels:
    """Read the half levels of a file.

    Parameters
    ----------
    dataset : Dataset
        The file.
    levels : Levels
        Its full levels.
    path : str
        Its name, for messages.

    Raises
    ------
    ContractError
        If it has no coefficients, or they do not belong to the full levels.
    """
    expected = len(levels.pressure) + 1
    for names in _COEFFICIENTS:
        if not set(names) <= set(dataset.variables):
            continue
        a, b = (dataset[name].values.astype(np.float64) for name in names)
        if a.shape != (expected,) or b.shape != (expected,):
            raise ContractError(
                f"{' and '.join(names)} in {path} have {a.size} and {b.size} values, "
                f"expected {expected}, one more than full levels"
            )
        units = str(dataset[names[0]].attrs.get("units", "1"))
        if is_pressure(units):
            a = conversion(units, "Pa", names[0])(a)
        else:
            a = a * _base_pressure(dataset)
        pressure = a + b * REFERENCE_SURFACE_PRESSURE
        top_down = bool(pressure[0] < pressure[-1])
        if top_down != (levels.order == "top_down"):
            a, b, top_down = a[::-1], b[::-1], not top_down
        what = f"{names[0]} + {names[1]} * surface pressure"
        return HalfLevels(what, tuple(a.tolist()), tuple(b.tolist()), top_down)
    looked = ", or ".join(" and ".join(names) for names in _COEFFICIENTS)
    raise ContractError(
        f"{path} has no half levels: looked for coefficients {looked} of "
        "p = a + b * surface pressure, of which a network on levels of its own and the "
        "drag of fluxes need the pressures"
    )


def _base_pressure(dataset: xr.Dataset) -> float:
    if "P0" not in dataset.variables:
        return REFERENCE_SURFACE_PRESSURE
    return float(dataset["P0"].values)


def pressures_over(
    vertical: Vertical, horizontal: tuple[int, ...], full: Array | None
) -> dict[str, Array]:
    """Make up pressures for states that hold none of a surface.

    Parameters
    ----------
    vertical : Vertical
        A network's levels, top first.
    horizontal : tuple of int
        Extents of the columns.
    full : ndarray, shape (`horizontal`..., nlev), or None
        Pressure at the levels [Pa], where it is known. Else that of `vertical` over a
        surface at 1000 hPa is taken.

    Returns
    -------
    dict of str to ndarray
        Pressures at the surface, at full levels and at half levels [Pa], by name. A
        half level lies in the middle between two levels.

    Raises
    ------
    ContractError
        If the lowest level does not depend on the surface pressure.
    """
    hybrid = vertical.a is not None and vertical.b is not None
    a, b = np.asarray(vertical.a), np.asarray(vertical.b)
    if full is None:
        surface = np.full(horizontal, REFERENCE_SURFACE_PRESSURE)
    elif not hybrid:
        surface = _below(full)
    elif b[-1] > 0.0:
        surface = (full[..., -1] - a[-1]) / b[-1]
    else:
        raise ContractError("vertical.b of the lowest level is 0")
    if hybrid:
        full = a + b * surface[..., None]
    elif full is None or vertical.pressure is not None:
        known = np.asarray(reference_pressure(vertical))
        full = np.broadcast_to(known, (*horizontal, vertical.nlev))
        surface = np.maximum(surface, _below(full))
    half = np.zeros((*horizontal, vertical.nlev + 1))
    half[..., 1:-1] = 0.5 * (full[..., 1:] + full[..., :-1])
    half[..., -1] = surface
    return {SURFACE_PRESSURE.name: surface, PRESSURE.name: full, HALF_PRESSURE: half}


def _below(full: Array) -> Array:
    """Make up a pressure below the lowest level: half the last step down."""
    if full.shape[-1] == 1:
        return np.asarray(1.1 * full[..., -1])
    return np.asarray(1.5 * full[..., -1] - 0.5 * full[..., -2])
