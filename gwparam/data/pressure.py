"""Pressures of a file's levels, from the coefficients of its hybrid coordinate."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam import constants
from gwparam.constants import REFERENCE_SURFACE_PRESSURE
from gwparam.contract import Contract, Field, Vertical
from gwparam.data.hybrid import HALF_NAMES, read_half
from gwparam.data.levels import HalfLevels, Levels, half_levels
from gwparam.errors import ContractError
from gwparam.grids import half_way

PRESSURE = Field(constants.PRESSURE, "Pa", "full", "float64")
SURFACE_PRESSURE = Field("surface_air_pressure", "Pa", "surface", "float64")
HALF_PRESSURE = constants.HALF_PRESSURE

Array = NDArray[Any]


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
    hybrid = read_half(dataset, levels.dimension, len(levels.pressure), path)
    if hybrid is None:
        raise ContractError(
            f"{path} has no half levels: looked for coefficients "
            f"{', or '.join(' and '.join(names) for names in HALF_NAMES)} of "
            "p = a + b * surface pressure, and for bounds of formula_terms, of which "
            "a network on levels of its own and the drag of fluxes need the pressures"
        )
    found = half_levels(hybrid)
    if found.top_down != (levels.order == "top_down"):
        found = HalfLevels(hybrid.turned(), not found.top_down)
    return found


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
        surface = half_way(full)[..., -1]
    elif b[-1] > 0.0:
        surface = (full[..., -1] - a[-1]) / b[-1]
    else:
        raise ContractError("vertical.b of the lowest level is 0")
    if hybrid:
        full = a + b * surface[..., None]
    elif full is None or vertical.pressure is not None:
        known = np.asarray(vertical.reference_pressure)
        full = np.broadcast_to(known, (*horizontal, vertical.nlev))
        surface = np.maximum(surface, half_way(full)[..., -1])
    half = half_way(np.asarray(full, np.float64))
    half[..., 0], half[..., -1] = 0.0, surface
    return {SURFACE_PRESSURE.name: surface, PRESSURE.name: full, HALF_PRESSURE: half}
