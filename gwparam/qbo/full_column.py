"""A whole column of the equator, surface to top, on the levels of a state file."""

from os import PathLike

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Field
from gwparam.data import HALF_PRESSURE, PRESSURE, open_states
from gwparam.errors import NonFiniteError, ShapeError
from gwparam.qbo.column import Column
from gwparam.qbo.testbed import DAY, GAS_CONSTANT, GRAVITY

Array = NDArray[np.float64]

EQUATOR = 5.0
"""Columns up to this latitude are averaged [degrees]."""
HELD = 17e3
"""The wind stays up to this height [m]: where the testbed begins."""
SPONGE_PRESSURE, SPONGE_DAYS = 50.0, 0.5
"""Relaxation above this pressure [Pa] and its time at no pressure [days]: Polvani and
Kushner (2002), GRL 29(7), doi:10.1029/2001GL014284."""
RELAXED = (35e3, 40e3)
"""Above the first height, where the testbed ends, the wind relaxes to that of the
states, above the second [m] at the full rate: it stands for all that moves it there
and is not in a column. It is ours, and of no paper."""
STEP = 10800.0
"""Of time [s]. Steps of an hour give the same periods and amplitudes to 0.1."""

_INPUTS = (
    Field("eastward_wind", "m s-1", "full", "float64"),
    Field("air_temperature", "K", "full", "float64"),
    Field("latitude", "degrees_north", "surface", "float64"),
)


def equatorial_column(
    path: str | PathLike[str],
    upwelling: float,
    diffusivity: float,
    relaxation_days: float,
    semiannual: float = 0.0,
    step: float = STEP,
) -> Column:
    """Average the columns of the equator over all times of a state file.

    Parameters
    ----------
    path : path-like
        States of a model, with eastward wind, temperature and surface pressure.
    upwelling : float
        Vertical wind where the wind is free [m s-1].
    diffusivity : float
        [m2 s-1].
    relaxation_days : float
        Time of relaxation above `RELAXED`; 0: none but that of the sponge.
    semiannual : float
        Amplitude of the semi-annual forcing above 28 km [m s-1].
    step : float
        Of time [s].

    Returns
    -------
    Column
        Heights are hydrostatic over a surface at 0 m.

    Raises
    ------
    GwparamError
        As `gwparam.data.open_states`.
    NonFiniteError
        If a column there lacks a value; others may.
    ShapeError
        If the file has no columns at the equator, or too few levels above `HELD`.
    """
    names = ("eastward_wind", "air_temperature", PRESSURE.name, HALF_PRESSURE)
    sums: dict[str, Array] = {}
    count = 0
    # Other columns may lack what is not needed of them.
    with open_states([path], _INPUTS, pressures=True, leave_out=True) as states:
        for time in range(len(states)):
            state = states.read(time)
            near = np.abs(np.asarray(state["latitude"])) <= EQUATOR
            count += int(near.sum())
            for name, lacking in state.missing.items():
                if lacking[near].any():
                    raise NonFiniteError(
                        f"{path} lacks {name} in {int(lacking[near].sum())} of "
                        f"{int(near.sum())} columns within {EQUATOR:g} degrees at time "
                        f"{time}, expected it in all"
                    )
            for name in names:
                part = np.asarray(state[name], np.float64)[near].sum(axis=0)
                sums[name] = sums.get(name, 0.0) + part
        upward = slice(None, None, -1 if states.levels.order == "top_down" else 1)
    if count == 0:
        raise ShapeError(
            f"{path} has no column within {EQUATOR:g} degrees, expected one"
        )
    wind, temperature, pressure, half = (sums[name][upward] / count for name in names)
    height = _heights(temperature, pressure, half)
    lowest = int(np.searchsorted(height, HELD, side="right"))
    if lowest < 1 or len(height) - lowest < 3:
        raise ShapeError(
            f"{path} has {len(height) - lowest} levels above {HELD / 1e3:g} km, "
            "expected at least 3, and one below"
        )
    return Column(
        height=height,
        pressure=pressure,
        temperature=temperature,
        wind=wind,
        upwelling=np.full_like(height, upwelling),
        diffusivity=np.full_like(height, diffusivity),
        relaxation=_relaxation(height, pressure, relaxation_days),
        half_pressure=half,
        lowest=lowest,
        step=step,
        leaps=False,
        semiannual=semiannual,
        has_own_waves=False,
    )


def _relaxation(height: Array, pressure: Array, days: float) -> Array:
    """Rates of the sponge and of the relaxation above the testbed [s-1]."""
    sponge = np.maximum(0.0, 1.0 - pressure / SPONGE_PRESSURE) ** 2
    rate: Array = sponge / (SPONGE_DAYS * DAY)
    if days:
        bottom, top = RELAXED
        above = np.clip((height - bottom) / (top - bottom), 0.0, 1.0)
        rate += above / (days * DAY)
    return rate


def _heights(temperature: Array, pressure: Array, half: Array) -> Array:
    """Integrate the hydrostatic equation from the surface: full levels [m]."""
    scale = GAS_CONSTANT * temperature / GRAVITY
    layers = scale[:-1] * np.log(half[:-2] / half[1:-1])
    below = np.concatenate(([0.0], np.cumsum(layers)))
    found: Array = below + scale * np.log(half[:-1] / pressure)
    return found
