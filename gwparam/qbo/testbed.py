"""Grid, air and settings of the testbed, as published (qbo1d; see ``docs/qbo.md``)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError

Array = NDArray[np.float64]

DAY = 86400.0
DAYS_A_MONTH = 30
DAYS_A_YEAR = 360
SPINUP_YEARS = 12
"""Years left out before statistics."""
YEARS = 108
"""Length of a published run, spin-up included."""

LARGEST_WIND = 300.0
"""Beyond it a column is unstable [m s-1]: three times what any wave of it is fast."""

GRAVITY = 9.8
GAS_CONSTANT = 287.04
TEMPERATURE = 204.0
REFERENCE_PRESSURE = 101325.0
STABILITY = 2.16e-2
"""Buoyancy frequency [s-1]."""
SOURCE_DENSITY = 0.1006
"""Density that the published code divides F_s by [kg m-3]."""


@dataclass(frozen=True)
class Testbed:
    """One column of air over the equator.

    Parameters
    ----------
    bottom, top, spacing : float
        Of the grid [m].
    time_step : float
        [s].
    upwelling : float
        Vertical wind w [m s-1].
    diffusivity : float
        kappa [m2 s-1].
    semiannual : float
        Amplitude G_sa of the semi-annual forcing [m s-1]; 0 leaves it out.
    """

    __test__ = False  # pytest takes it for tests by its name.

    bottom: float = 17e3
    top: float = 35e3
    spacing: float = 250.0
    time_step: float = DAY
    upwelling: float = 3e-4
    diffusivity: float = 0.3
    semiannual: float = 0.0

    @cached_property
    def height(self) -> Array:
        """Full levels [m], upwards, shape (nlev,)."""
        count = round((self.top - self.bottom) / self.spacing) + 1
        return self.bottom + self.spacing * np.arange(count, dtype=np.float64)

    @cached_property
    def pressure(self) -> Array:
        """Of an isothermal atmosphere [Pa], shape (nlev,)."""
        scale_height = GAS_CONSTANT * TEMPERATURE / GRAVITY
        return REFERENCE_PRESSURE * np.exp(-self.height / scale_height)

    @cached_property
    def density(self) -> Array:
        """[kg m-3], shape (nlev,)."""
        return self.pressure / (GAS_CONSTANT * TEMPERATURE)

    @cached_property
    def wave_damping(self) -> Array:
        """Rate alpha at which waves are damped [s-1], shape (nlev,)."""
        per_day = 1.0 / 21.0 + 2.0 / 21.0 * (self.height - 17e3) / 13e3
        return np.where(self.height <= 30e3, per_day, 1.0 / 7.0) / DAY

    @cached_property
    def initial_wind(self) -> Array:
        """Easterlies of at most 14 m s-1, 0 at both ends, shape (nlev,)."""
        return -14.0 / 81e6 * (self.height - self.bottom) * (self.height - self.top)

    def level(self, height: float) -> int:
        """Index of the level that is next to a height [m].

        Raises
        ------
        ArgumentError
            If the height is more than half a spacing outside the grid.
        """
        low, high = self.height[[0, -1]]
        half = 0.5 * self.spacing
        if not low - half <= height <= high + half:
            raise ArgumentError(
                f"height is {height:g} m, expected {low:g} to {high:g} m of the testbed"
            )
        return int(np.abs(self.height - height).argmin())

    def semiannual_forcing(self, step: int) -> Array:
        """G above 28 km after so many steps [m s-2], shape (nlev,)."""
        turn = 2.0 * np.pi / (180.0 * DAY)
        above = np.maximum(self.height - 28e3, 0.0) / 1e3
        season = np.sin(turn * step * self.time_step)
        push: Array = 2.0 * self.semiannual * turn * above * season
        return push


def statistics_period(days: int) -> slice:
    """Days that count of a run: those after the spin-up."""
    return slice(min(SPINUP_YEARS * DAYS_A_YEAR, days), days)
