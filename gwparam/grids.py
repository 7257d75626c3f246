"""Grids of spectral models, from their formulas: Gaussian latitudes, sigma levels."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def gaussian_latitudes(nlat: int) -> Array:
    """Latitudes of a Gaussian grid.

    Parameters
    ----------
    nlat : int
        Number of latitude rows.

    Returns
    -------
    ndarray, shape (nlat,)
        Latitude [degrees_north], south to north.
    """
    nodes, _ = np.polynomial.legendre.leggauss(nlat)
    return np.rad2deg(np.arcsin(nodes))


def latitude_edges(nlat: int) -> Array:
    """Edges of the rows of a Gaussian grid: each row has its Gaussian weight as area.

    Parameters
    ----------
    nlat : int
        Number of latitude rows.

    Returns
    -------
    ndarray, shape (nlat + 1,)
        Latitude [degrees_north], south to north, from pole to pole.
    """
    _, weights = np.polynomial.legendre.leggauss(nlat)
    inner = np.rad2deg(np.arcsin(np.cumsum(weights)[:-1] - 1.0))
    return np.concatenate([[-90.0], inner, [90.0]])


def uneven_sigma(
    nlev: int,
    surf_res: float = 0.1,
    scale_heights: float = 7.9,
    exponent: float = 1.4,
) -> Array:
    """Half levels of the sigma grid that FMS calls ``uneven_sigma``.

    Parameters
    ----------
    nlev : int
        Number of full levels.
    surf_res, scale_heights, exponent : float
        Share of even spacing in log-pressure [1], depth of the grid in scale heights
        [1], and power of the uneven part [1]. The defaults are MiMA's.

    Returns
    -------
    ndarray, shape (nlev + 1,)
        Pressure divided by surface pressure [1], top first; the first is 0.
    """
    height = 1.0 - np.arange(nlev + 1) / nlev
    half = np.exp(
        -scale_heights * (surf_res * height + (1 - surf_res) * height**exponent)
    )
    half[0] = 0.0
    return half


def full_levels(half: Array) -> Array:
    """Full levels between half levels.

    Parameters
    ----------
    half : ndarray, shape (nlev + 1,)
        Pressure at half levels, top first, in any unit; only the first may be 0.

    Returns
    -------
    ndarray, shape (nlev,)
        Pressure at full levels, in the same unit.

    Notes
    -----
    The mean of ln p over the layer. Source: Simmons and Burridge (1981), Mon. Weather
    Rev. 109, 758-766.
    """
    p_ln_p = half * np.log(np.where(half > 0.0, half, 1.0))
    full: Array = np.exp(np.diff(p_ln_p) / np.diff(half) - 1.0)
    return full


def half_way(pressure: Array) -> Array:
    """Half levels half way between full levels, where nothing else is known of them.

    Parameters
    ----------
    pressure : ndarray, shape (..., nlev)
        Of the full levels, top first [Pa].

    Returns
    -------
    ndarray, shape (..., nlev + 1)
        The ends reach as far out as in, and not above 0 [Pa]; of a single level, a
        tenth of its pressure.
    """
    single = pressure.shape[-1] == 1
    step = 0.2 * pressure if single else np.diff(pressure, axis=-1)
    between = pressure[..., :-1] + 0.5 * np.diff(pressure, axis=-1)
    top = np.maximum(pressure[..., :1] - 0.5 * step[..., :1], 0.0)
    bottom = pressure[..., -1:] + 0.5 * step[..., -1:]
    return np.concatenate([top, between, bottom], axis=-1)
