"""What does not change in a column of the equator: air, grid, and how it is stepped."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.qbo.testbed import DAY, TEMPERATURE, Testbed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """Profiles are of shape (nlev,), the bottom first.

    Attributes
    ----------
    height : ndarray
        [m].
    pressure, temperature : ndarray
        [Pa], [K].
    wind : ndarray
        Eastward, at the start [m s-1]; it stays at both ends and below `lowest`.
    upwelling : ndarray
        Vertical wind w [m s-1].
    diffusivity : ndarray
        kappa [m2 s-1].
    relaxation : ndarray
        Rate towards the wind at the start [s-1].
    half_pressure : ndarray, shape (nlev + 1,), optional
        Of the boundaries, the first that of the surface [Pa].
    lowest : int
        Level, from 0, of the lowest wind that is free.
    step : float
        Of time, a whole part of a day [s].
    leaps : bool
        Whether the drag leaps over two steps, as in the testbed; else steps go forward.
    semiannual : float
        Amplitude of the semi-annual forcing above 28 km [m s-1].
    has_own_waves : bool
        Whether the native scheme is the testbed's; else Alexander and Dunkerton's.
    """

    height: Array
    pressure: Array
    temperature: Array
    wind: Array
    upwelling: Array
    diffusivity: Array
    relaxation: Array
    half_pressure: Array | None = None
    lowest: int = 1
    step: float = DAY
    leaps: bool = True
    semiannual: float = 0.0
    has_own_waves: bool = True

    @property
    def steps_a_day(self) -> int:
        """Steps of time in a day."""
        return round(DAY / self.step)


def column_of(testbed: Testbed) -> Column:
    """Give the testbed's column."""
    height = testbed.height
    return Column(
        height=height,
        pressure=testbed.pressure,
        temperature=np.full_like(height, TEMPERATURE),
        wind=testbed.initial_wind,
        upwelling=np.full_like(height, testbed.upwelling),
        diffusivity=np.full_like(height, testbed.diffusivity),
        relaxation=np.zeros_like(height),
        step=testbed.time_step,
        semiannual=testbed.semiannual,
    )
