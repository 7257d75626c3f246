"""Quantiles of the magnitude of a field, by region, vertical region and level."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.evaluate.ladder import QUANTILES, Magnitudes

Array = NDArray[np.float64]


class Tails:
    """Histograms of magnitudes: every time, level and cell counts the same.

    The first region has one for each level; the others for their parts alone, which
    keeps memory small.

    Parameters
    ----------
    n_components, n_regions, n_levels : int
        Extents.
    parts : sequence of ndarray of int
        Levels of each vertical region.
    """

    def __init__(
        self,
        n_components: int,
        n_regions: int,
        n_levels: int,
        parts: Sequence[NDArray[np.intp]],
    ) -> None:
        self._parts = [np.arange(n_levels), *parts]
        self._levels = [
            [Magnitudes() for _ in range(n_levels)] for _ in range(n_components)
        ]
        self._others = [
            [[Magnitudes() for _ in self._parts] for _ in range(1, n_regions)]
            for _ in range(n_components)
        ]

    def add(self, component: int, region: int, values: NDArray[Any]) -> None:
        """Take in the cells of a region that count at one time: shape (level, cell)."""
        if region == 0:
            for found, level in zip(self._levels[component], values, strict=True):
                found.add(level)
            return
        for found, part in zip(
            self._others[component][region - 1], self._parts, strict=True
        ):
            found.add(values[part])

    @property
    def by_level(self) -> Array:
        """Of the first region, shape (component, level, quantile)."""
        return np.array([[_quantiles(m) for m in levels] for levels in self._levels])

    @property
    def by_part(self) -> Array:
        """Shape (component, region, 1 + part, quantile): all levels, then the parts."""
        found = []
        for levels, others in zip(self._levels, self._others, strict=True):
            whole = [
                Magnitudes.together([levels[k] for k in part]) for part in self._parts
            ]
            found.append([[_quantiles(m) for m in row] for row in (whole, *others)])
        return np.array(found)


def _quantiles(magnitudes: Magnitudes) -> Array:
    """Quantiles, NaN where no sample lies beyond: a largest value is no tail."""
    beyond = magnitudes.counts.sum() * (1.0 - np.asarray(QUANTILES))
    # Of the floating-point 1 - 0.999, a thousandth is enough.
    return np.where(beyond >= 1.0 - 1e-9, magnitudes.quantiles(), np.nan)
