"""Vertical regions: the levels between two pressures, under a name."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError, wrong_setting

ALL_LEVELS = "all levels"

_SAME = 2e-7  # relative, of pressures


@dataclass(frozen=True)
class Layer:
    """A vertical region.

    Attributes
    ----------
    name : str
        For people.
    top, bottom : float
        Pressures [Pa]; a level on the top belongs to it, one on the bottom does not.
    """

    name: str
    top: float
    bottom: float

    def levels(self, pressure: NDArray[np.float64]) -> NDArray[np.intp]:
        """Numbers of its levels, of those at some nominal pressures [Pa]."""
        # What is written in hPa and in Pa, in single precision too, is the same.
        top, bottom = (edge * (1.0 - _SAME) for edge in (self.top, self.bottom))
        return np.flatnonzero((top <= pressure) & (pressure < bottom))


ATMOSPHERE = (
    Layer("mesosphere", 0.0, 1e2),
    Layer("upper stratosphere", 1e2, 1e3),
    Layer("lower stratosphere", 1e3, 1e4),
    Layer("troposphere", 1e4, math.inf),
)
"""By pressure alone: the tropopause itself is between 70 and 300 hPa."""

# Prithvi WxC was pre-trained on 14 levels of MERRA-2, nominally 48 to 985 hPa, both of
# them among these: Schmude et al. (2024), arXiv:2409.13598.
_MERRA2 = (4.8e3, 9.85e4 * (1.0 + 2.0 * _SAME))
PRETRAINED: Mapping[str, tuple[Layer, ...]] = {
    "prithvi_gw": (
        Layer("above the pre-training", 0.0, _MERRA2[0]),
        Layer("inside the pre-training", *_MERRA2),
        Layer("below the pre-training", _MERRA2[1], math.inf),
    )
}
"""What the pre-training of a network saw and what not, by its architecture."""


def choose_layers(
    pressure: NDArray[np.float64],
    architectures: Iterable[str] = (),
    given: Sequence[Layer] = (),
) -> tuple[Layer, ...]:
    """Choose the vertical regions of an evaluation.

    Parameters
    ----------
    pressure : ndarray, shape (level,)
        Nominal pressures of the levels that count [Pa].
    architectures : iterable of str
        Of the networks that are judged.
    given : sequence of Layer
        What the user asks for beside.

    Returns
    -------
    tuple of Layer
        From the top; those of the atmosphere first. Those without a level are left out.

    Raises
    ------
    ArgumentError
        If a region that the user asks for has no level, or its name is taken.
    """
    spans = [
        layer for a in sorted(set(architectures)) for layer in PRETRAINED.get(a, ())
    ]
    known = [layer for layer in (*ATMOSPHERE, *spans) if layer.levels(pressure).size]
    for layer in given:
        if not layer.levels(pressure).size:
            raise ArgumentError(
                f"no level lies in {layer.name}, {layer.top / 100.0:g} to "
                f"{layer.bottom / 100.0:g} hPa, expected some of "
                f"{pressure.min() / 100.0:g} to {pressure.max() / 100.0:g} hPa",
                settings=("layer",),
            )
        if layer.name in [ALL_LEVELS, *(other.name for other in known)]:
            raise wrong_setting("layer", layer.name, "a name of its own")
        known.append(layer)
    return tuple(known)


def read_layer(name: str, text: str) -> Layer:
    """Read a region from ``TOP:BOTTOM``, pressures [hPa] of which one may be absent.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    name = name.strip()
    top, colon, bottom = (part.strip() for part in text.partition(":"))
    try:
        ends = float(top or 0.0), float(bottom or math.inf)
    except ValueError:
        ends = (math.nan, math.nan)
    if not (name and colon and 0.0 <= ends[0] < ends[1]):
        raise wrong_setting("layer", f"{name}={text}", "NAME=TOP:BOTTOM in hPa")
    return Layer(name, 100.0 * ends[0], 100.0 * ends[1])
