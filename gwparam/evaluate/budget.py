"""The momentum that drag or flux gives to the whole atmosphere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import REFERENCE_SURFACE_PRESSURE, STANDARD_GRAVITY
from gwparam.data import HALF_PRESSURE
from gwparam.errors import ContractError, ShapeError
from gwparam.evaluate.sources import FieldSource
from gwparam.grids import half_way

Array = NDArray[np.float64]


class MomentumBudget:
    """Weights that make a field a force on the globe.

    The drag is integrated over the mass of the layers, ``sum(drag dp / g dA)`` [N]; a
    flux over the area at its lowest level, ``sum(flux dA)`` [N], where u'omega' is
    first divided by g. No sign is changed.

    Parameters
    ----------
    truth : FieldSource
        Files with the pressures, quantity and grid.
    levels : slice
        Levels that count.

    Attributes
    ----------
    description : str
        What the numbers are.
    """

    def __init__(self, truth: FieldSource, levels: slice) -> None:
        self._states, self._levels = truth.states, levels
        self._areas = truth.grid.areas
        self._grid = truth.grid
        self._bottom_up = truth.states.levels.order == "bottom_up"
        self._drag = truth.quantity.kind == "drag"
        self._fixed: Array | None = None
        pressure = truth.pressure
        if not self._drag:
            self._fixed = self._lowest(pressure[levels].size, truth.quantity.units)
            return
        self.description = "sum over levels and cells of drag * mass of the layer"
        try:
            self._states.bind_pressures()
        except (ContractError, ShapeError) as error:
            self._fixed = self._nominal(pressure)
            self.description += (
                "; layers meet half way between the nominal pressures of the levels "
                f"and end at 0 and {REFERENCE_SURFACE_PRESSURE:g} Pa, because: {error}"
            )
        else:
            self.description += ", from the half levels of the files at every time"

    def weights(self, index: int) -> Array:
        """Weights of one time, shape (level, latitude, longitude)."""
        if self._fixed is not None:
            return self._fixed
        half = self._states.read(index, [HALF_PRESSURE])[HALF_PRESSURE]
        columns = self._grid.cells(half.reshape(-1, half.shape[-1]))
        return self._mass(columns[::-1] if self._bottom_up else columns)

    def _mass(self, half: NDArray[Any]) -> Array:
        thickness = np.diff(half, axis=0)[self._levels]
        mass: Array = thickness / STANDARD_GRAVITY * self._areas
        return mass

    def _nominal(self, pressure: Array) -> Array:
        half = half_way(pressure)
        half[0], half[-1] = 0.0, max(REFERENCE_SURFACE_PRESSURE, float(pressure[-1]))
        return self._mass(half[:, None, None])

    def _lowest(self, n_levels: int, units: str) -> Array:
        weights = np.zeros((n_levels, *self._areas.shape))
        divided = units == "Pa m s-2"
        weights[-1] = self._areas / STANDARD_GRAVITY if divided else self._areas
        self.description = "sum over cells of flux * area at the lowest level that " + (
            "counts, divided by g" if divided else "counts"
        )
        return weights
