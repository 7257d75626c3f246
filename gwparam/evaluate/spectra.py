"""Power by zonal wavenumber."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def zonal_power(field: NDArray[Any]) -> Array:
    """Power of every zonal wavenumber.

    Parameters
    ----------
    field : ndarray, shape (..., nlon)
        Values on evenly spaced longitudes around the globe.

    Returns
    -------
    ndarray, shape (..., nlon // 2 + 1)
        Share of wavenumber 0, 1, ... in the mean square over longitude [units of the
        field, squared]: the sum over all wavenumbers is that mean (Parseval), and a
        wave of amplitude A has A**2 / 2.
    """
    nlon = field.shape[-1]
    power: Array = np.abs(np.fft.rfft(field.astype(np.float64, copy=False))) ** 2
    power /= nlon**2
    # All but the mean and the shortest wave stand for two coefficients, k and -k.
    power[..., 1 : (nlon + 1) // 2] *= 2.0
    return power


def mean_zonal_power(field: NDArray[Any], rows: NDArray[Any]) -> Array:
    """Mean over latitude of `zonal_power`.

    Parameters
    ----------
    field : ndarray, shape (..., nlat, nlon)
        The field.
    rows : ndarray, shape (nlat,)
        Weights of the rows, which add up to 1.

    Returns
    -------
    ndarray, shape (..., nlon // 2 + 1)
        As `zonal_power`.
    """
    mean: Array = np.einsum("...yk,y->...k", zonal_power(field), rows)
    return mean
