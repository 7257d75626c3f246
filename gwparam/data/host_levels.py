"""Pressures of a file's levels, as a network is told them."""

from dataclasses import dataclass

import numpy as np

from gwparam.contract import Vertical
from gwparam.data.levels import Levels

# About 1 % of the mass lies above. Models differ there in where in a layer its full
# level is: the uppermost reaches to zero pressure, or nearly.
_TOP = 1000.0


@dataclass(frozen=True)
class HostLevels:
    """What a network is told of a file's levels.

    Attributes
    ----------
    pressure : tuple of float
        Reference pressures [Pa], in the file's order.
    note : str
        What is to be said of them; empty if nothing.
    """

    pressure: tuple[float, ...]
    note: str = ""


def host_levels(vertical: Vertical, levels: Levels) -> HostLevels:
    """Find the pressures to tell a network.

    Parameters
    ----------
    vertical : Vertical
        Levels of the network.
    levels : Levels
        Of the file.

    Returns
    -------
    HostLevels
        The file's pressures. Where a formula gives them, and they are beyond the
        network's tolerance at levels above 10 hPa alone, the network's own and a note:
        what a formula gives there depends on how a model defines a full level.
    """
    found = HostLevels(levels.pressure)
    if levels.formula is None or vertical.nominal_pressure is None:
        return found
    nominal = vertical.nominal_pressure
    if vertical.order != levels.order:
        nominal = nominal[::-1]
    own, expected = np.asarray(levels.pressure), np.asarray(nominal)
    if own.shape != expected.shape:
        return found
    relative = np.abs(own / expected - 1.0)
    beyond = relative > (vertical.nominal_tolerance or 0.0)
    if not beyond.any() or np.maximum(own, expected)[beyond].max() >= _TOP:
        return found
    worst = int(relative.argmax())
    return HostLevels(
        nominal,
        f"levels above {_TOP / 100.0:g} hPa at other pressures than the network's: "
        f"{beyond.sum()}, at worst level {worst} (from 0) at {own[worst]:.4g} Pa, the "
        f"network's {expected[worst]:.4g} Pa; taken as the same levels, since the file "
        f"works them out from a formula ({levels.formula})",
    )


def warning(note: str, label: str) -> list[str]:
    """Turn a note into lines for standard error."""
    return [f"gwparam: warning: {label}: {note}"] if note else []
