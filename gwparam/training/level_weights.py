"""Weights of the levels in a loss, from their pressure."""

import numpy as np

from gwparam.errors import ArgumentError, one_of, wrong_setting
from gwparam.networks.vertical import LEVELS

LEVEL_WEIGHTS = ("equal", "density", "mass")


def level_weights(
    kind: str, nlev: int, pressure: tuple[float, ...] | None
) -> tuple[float, ...]:
    """Weight of every level [1].

    Parameters
    ----------
    kind : str
        ``equal``: 1. ``density``: as the density of the air. ``mass``: as the mass of
        the level's layer.
    nlev : int
        Number of levels.
    pressure : tuple of float, or None
        At the levels over a surface of 1000 hPa, top first [Pa]; `equal` needs none.

    Returns
    -------
    tuple of float
        Top first, with mean 1.

    Raises
    ------
    ArgumentError
        If the kind is another one, or needs a pressure that is not known.

    Notes
    -----
    Density is taken as proportional to pressure, p / (R T) at one temperature for all
    levels: below the thermosphere T varies by a factor of about 2, p by 1e5. A layer's
    mass is its thickness in pressure over g; layers meet half way between levels, the
    highest begins at 0 Pa, the lowest ends half a step below its level. Levels that
    are a part of a column are weighted as if they were all of it.
    """
    if kind not in LEVEL_WEIGHTS:
        expected = one_of(LEVEL_WEIGHTS)
        raise wrong_setting("level_weights", kind, expected)
    if kind == "equal":
        return (1.0,) * nlev
    if pressure is None:
        raise ArgumentError(
            f"level_weights is {kind}, which needs the pressure of the levels, "
            f"expected {LEVELS.name}",
            settings=(LEVELS.name,),
        )
    weights = np.asarray(pressure, dtype=np.float64)
    if kind == "mass" and nlev > 1:
        middle = (weights[:-1] + weights[1:]) / 2.0
        bottom = weights[-1] + (weights[-1] - weights[-2]) / 2.0
        weights = np.diff(middle, prepend=0.0, append=bottom)
    return tuple((weights / weights.mean()).tolist())
