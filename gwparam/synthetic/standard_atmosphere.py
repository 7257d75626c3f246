"""The U.S. Standard Atmosphere of 1976, by pressure and by height, up to 71 km."""

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY

Array = NDArray[np.float64]

_SEA_LEVEL_TEMPERATURE = 288.15  # K
# Table 4 of the source: bases of the layers [geopotential m] and their lapse [K m-1].
_BASE = np.array([0.0, 11e3, 20e3, 32e3, 47e3, 51e3, 71e3])
_LAPSE = np.array([-6.5e-3, 0.0, 1.0e-3, 2.8e-3, 0.0, -2.8e-3])
_TEMPERATURE = _SEA_LEVEL_TEMPERATURE + np.concatenate(
    [[0.0], np.cumsum(_LAPSE * np.diff(_BASE))]
)
# K m-1, with the constants of the source.
_G_OVER_R = STANDARD_GRAVITY * 0.0289644 / 8.31432


def _log_pressure(height: Array) -> Array:
    """Log of pressure over its sea-level value: exact at the bases of the layers."""
    layers = np.diff(_BASE)
    with np.errstate(divide="ignore", invalid="ignore"):
        drop = np.where(
            _LAPSE == 0.0,
            layers / _TEMPERATURE[:-1],
            np.log(_TEMPERATURE[1:] / _TEMPERATURE[:-1]) / _LAPSE,
        )
    base = -_G_OVER_R * np.concatenate([[0.0], np.cumsum(drop)])
    layer = np.clip(
        np.searchsorted(_BASE, height, side="right") - 1, 0, len(_LAPSE) - 1
    )
    above = height - _BASE[layer]
    lapse = _LAPSE[layer]
    safe = np.where(lapse == 0.0, 1.0, lapse)
    within = np.where(
        lapse == 0.0,
        above / _TEMPERATURE[layer],
        np.log1p(lapse * above / _TEMPERATURE[layer]) / safe,
    )
    result: Array = base[layer] - _G_OVER_R * within
    return result


_TABLE_HEIGHT = np.arange(-500.0, 71001.0, 100.0)
_TABLE_LOG_PRESSURE = _log_pressure(_TABLE_HEIGHT)


def pressure_at(height: Array) -> Array:
    """Pressure at a geopotential height.

    Parameters
    ----------
    height : ndarray, any shape
        Geopotential height [m], from -500 to 71000.

    Returns
    -------
    ndarray, same shape
        Pressure [Pa].

    Notes
    -----
    Source: NOAA, NASA and USAF (1976), U.S. Standard Atmosphere, eqs. 33a and 33b.
    """
    result: Array = SEA_LEVEL_PRESSURE * np.exp(_log_pressure(np.asarray(height)))
    return result


def temperature_at(pressure: Array) -> Array:
    """Temperature at a pressure.

    Parameters
    ----------
    pressure : ndarray, any shape
        Pressure [Pa]; above 71 km (3.96 Pa) the value there is kept.

    Returns
    -------
    ndarray, same shape
        Air temperature [K].

    Notes
    -----
    Source: NOAA, NASA and USAF (1976), U.S. Standard Atmosphere, eq. 23, with the
    height of a pressure from a table of every 100 m.
    """
    log_pressure = np.log(np.asarray(pressure) / SEA_LEVEL_PRESSURE)
    height = np.interp(-log_pressure, -_TABLE_LOG_PRESSURE, _TABLE_HEIGHT)
    # np.interp keeps the end value, so that below sea level needs its own slope.
    result: Array = np.interp(height, _BASE, _TEMPERATURE) + np.where(
        height < 0.0, _LAPSE[0] * height, 0.0
    )
    return result
