"""Zonal-mean states: jets that vary from state to state, and temperature in balance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import EARTH_RADIUS, GAS_CONSTANT
from gwparam.synthetic.standard_atmosphere import temperature_at

Array = NDArray[np.float64]
Index = NDArray[np.intp]

ROTATION_RATE = 7.292e-5  # s-1
SCALE_HEIGHT = 7000.0  # m, of log-pressure height
LOG_PRESSURE_BASE = 1.0e5  # Pa, where log-pressure height is 0

# Grid on which thermal-wind balance is integrated.
_LATITUDE = np.arange(-89.0, 90.0, 2.0)  # degrees_north
_HEIGHT = np.arange(-1.0e3, 75.1e3, 1.0e3)  # m, log-pressure


def log_pressure_height(pressure: Array) -> Array:
    """Log-pressure height [m] of a pressure [Pa]."""
    result: Array = SCALE_HEIGHT * np.log(LOG_PRESSURE_BASE / pressure)
    return result


def winter_weight(day: Array, hemisphere: float | Array) -> Array:
    """How much winter it is: 1 in mid-January in the north, in mid-July in the south.

    Parameters
    ----------
    day : ndarray, any shape
        Day of a year of 365 days.
    hemisphere : float or ndarray
        1 for the northern, -1 for the southern.

    Returns
    -------
    ndarray, same shape
        Weight [1], from 0 to 1.
    """
    result: Array = 0.5 + 0.5 * hemisphere * np.cos(2 * np.pi * (day - 15.0) / 365.0)
    return result


@dataclass(frozen=True)
class MeanStates:
    """Zonal-mean states of the atmosphere, each a sum of Gaussian jets.

    Attributes
    ----------
    day : ndarray, shape (nstate,)
        Day of the year.
    speed : ndarray, shape (nstate, njet)
        Eastward wind in the core of a jet [m s-1].
    latitude, width : ndarray, shape (nstate, njet)
        Latitude of the core [degrees_north], and its standard deviation [degrees].
    height, depth : ndarray, shape (nstate, njet)
        Log-pressure height of the core [m], and its standard deviation [m].
    qbo_phase, qbo_speed : ndarray, shape (nstate,)
        Phase [rad] and amplitude [m s-1] of the quasi-biennial oscillation.
    temperature_anomaly : ndarray, shape (nstate, nlat, nheight)
        Departure from the standard atmosphere [K], on an inner grid.
    """

    day: Array
    speed: Array
    latitude: Array
    width: Array
    height: Array
    depth: Array
    qbo_phase: Array
    qbo_speed: Array
    temperature_anomaly: Array

    def eastward_wind(self, state: Index, latitude: Array, height: Array) -> Array:
        """Zonal-mean eastward wind of columns.

        Parameters
        ----------
        state : ndarray, shape (ncol,)
            State of each column, from 0.
        latitude : ndarray, shape (ncol,)
            Latitude [degrees_north].
        height : ndarray, shape (ncol, nlev)
            Log-pressure height [m].

        Returns
        -------
        ndarray, shape (ncol, nlev)
            Eastward wind [m s-1].
        """
        wind = np.zeros_like(height)
        meridional = self._meridional(latitude[:, None], state)
        for jet in range(self.speed.shape[1]):
            offset = (height - self.height[state, jet, None]) / self.depth[
                state, jet, None
            ]
            wind += meridional[:, jet, None] * np.exp(-0.5 * offset**2)
        wind += (
            _qbo_meridional(latitude)[:, None]
            * self.qbo_speed[state, None]
            * _qbo_vertical(height, self.qbo_phase[state, None])
        )
        return wind

    def temperature(
        self, state: Index, latitude: Array, height: Array, pressure: Array
    ) -> Array:
        """Zonal-mean temperature of columns, in thermal-wind balance.

        Parameters
        ----------
        state, latitude, height : ndarray
            As for eastward_wind().
        pressure : ndarray, shape (ncol, nlev)
            Pressure [Pa].

        Returns
        -------
        ndarray, shape (ncol, nlev)
            Air temperature [K].
        """
        row, row_weight = _position(_LATITUDE, latitude)
        table = self.temperature_anomaly
        profile = (1 - row_weight)[:, None] * table[state, row] + row_weight[
            :, None
        ] * table[state, row + 1]
        level, level_weight = _position(_HEIGHT, height)
        column = np.arange(len(state))[:, None]
        anomaly = (1 - level_weight) * profile[column, level] + level_weight * profile[
            column, level + 1
        ]
        return temperature_at(pressure) + anomaly

    def _meridional(self, latitude: Array, state: Index) -> Array:
        """Speed of every jet in its core's height at a latitude (..., njet)."""
        offset = (latitude - self.latitude[state]) / self.width[state]
        # The cosine lets the wind vanish at the poles.
        taper = np.cos(np.deg2rad(latitude)) / np.cos(np.deg2rad(self.latitude[state]))
        result: Array = self.speed[state] * taper * np.exp(-0.5 * offset**2)
        return result


def draw_mean_states(generator: np.random.Generator, day: Array) -> MeanStates:
    """Draw zonal-mean states for given days of the year.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    day : ndarray, shape (nstate,)
        Day of a year of 365 days.

    Returns
    -------
    MeanStates
        One state a day.

    Notes
    -----
    Positions, strengths and seasons of the jets follow the zonal means of the COSPAR
    reference atmosphere (Fleming et al., 1990, Adv. Space Res. 10(12), 11-59), the
    quasi-biennial oscillation Baldwin et al. (2001), Rev. Geophys. 39, 179-229, and the
    semiannual one Garcia et al. (1997), J. Geophys. Res. 102, 26019-26032. The spread
    around them, which includes a polar vortex that is absent or reversed as after a
    sudden warming, is wide on purpose: a network learns only what it is shown.
    """
    nstate = len(day)

    def spread(deviation: float) -> Array:
        return generator.normal(0.0, deviation, nstate)

    jets: list[tuple[Array, Array, Array, Array, Array]] = []

    def add(
        speed: Array, latitude: Array, width: float, height: float, depth: float
    ) -> None:
        vary = np.exp(spread(0.15))
        jets.append(
            (
                speed,
                latitude,
                width * np.exp(spread(0.15)),
                height + 0.15 * depth * generator.standard_normal(nstate),
                depth * vary,
            )
        )

    for side in (1.0, -1.0):
        winter = winter_weight(day, side)
        summer = 1.0 - winter
        # Subtropical jet: stronger and nearer the equator in winter.
        add(
            (22 + 22 * winter) * (1 + spread(0.25)),
            side * (31 + 10 * summer + spread(4)),
            9.0, 11.5e3, 5.0e3,
        )  # fmt: skip
        # Westerlies of the storm tracks, down to the ground.
        add(12 * (1 + spread(0.4)), side * (48 + spread(5)), 9.0, 7.0e3, 6.0e3)
        # Trade winds.
        add(-8 * (1 + spread(0.3)), side * (13 + spread(3)), 8.0, 0.0, 3.5e3)
        # Polar-night jet, from strong to reversed; its upper part nearer the equator.
        vortex = winter**1.3 * generator.uniform(-0.3, 1.6, nstate)
        add(45 * vortex, side * (62 + spread(5)), 12.0, 40.0e3, 13.0e3)
        add(55 * vortex, side * (45 + spread(6)), 14.0, 56.0e3, 12.0e3)
        # Easterlies of the summer stratosphere and mesosphere.
        add(
            -62 * summer**1.3 * (1 + spread(0.2)),
            side * (33 + spread(7)),
            17.0, 58.0e3, 15.0e3,
        )  # fmt: skip
    # Easterlies of the tropical upper stratosphere, and the semiannual oscillation.
    semiannual = np.cos(4 * np.pi * (day - 100.0) / 365.0)
    add(-12 + 28 * semiannual + spread(12), spread(4), 13.0, 48.0e3, 7.0e3)

    speed, latitude, width, height, depth = (
        np.stack(part, axis=1) for part in zip(*jets, strict=True)
    )
    states = MeanStates(
        day=day,
        speed=speed,
        latitude=latitude,
        width=width,
        height=height,
        depth=depth,
        qbo_phase=generator.uniform(0.0, 2 * np.pi, nstate),
        qbo_speed=24 * (1 + spread(0.2)),
        temperature_anomaly=np.empty((0,)),
    )
    return MeanStates(
        **{**vars(states), "temperature_anomaly": _balanced_temperature(states)}
    )


def _balanced_temperature(states: MeanStates) -> Array:
    """Temperature in gradient-wind balance with the jets, without its global mean.

    Andrews, Holton and Leovy (1987), Middle Atmosphere Dynamics, eq. 3.4.1, in
    log-pressure height: (f + 2 u tan(phi) / a) du/dz = -(R / (a H)) dT/dphi.
    """
    radians = np.deg2rad(_LATITUDE)
    meridional = states._meridional(
        _LATITUDE[:, None], np.arange(len(states.day))[:, None]
    )
    offset = (_HEIGHT - states.height[..., None]) / states.depth[..., None]
    vertical = np.exp(-0.5 * offset**2)
    slope = -offset / states.depth[..., None] * vertical
    qbo = _qbo_meridional(_LATITUDE)[None, :, None] * states.qbo_speed[:, None, None]
    phase = states.qbo_phase[:, None, None]
    wind = meridional @ vertical + qbo * _qbo_vertical(_HEIGHT, phase)
    shear = meridional @ slope + qbo * np.gradient(
        _qbo_vertical(_HEIGHT, phase), _HEIGHT, axis=-1
    )
    rotation = 2 * ROTATION_RATE * np.sin(radians)[:, None]
    curvature = 2 * np.tan(radians)[:, None] / EARTH_RADIUS
    gradient = (
        -(EARTH_RADIUS * SCALE_HEIGHT / GAS_CONSTANT)
        * (rotation + wind * curvature)
        * shear
    )
    step = 0.5 * np.diff(radians)[:, None] * (gradient[:, 1:] + gradient[:, :-1])
    anomaly = np.zeros_like(gradient)
    anomaly[:, 1:] = np.cumsum(step, axis=1)
    area = np.cos(radians)[:, None] / np.cos(radians).sum()
    result: Array = anomaly - (area * anomaly).sum(axis=1, keepdims=True)
    return result


def _qbo_meridional(latitude: Array) -> Array:
    """Shape of the quasi-biennial oscillation over latitude: half width 12 degrees."""
    result: Array = np.exp(-np.log(2.0) * (latitude / 12.0) ** 2)
    return result


def _qbo_vertical(height: Array, phase: Array) -> Array:
    """Shape of the quasi-biennial oscillation over height: descending shear zones."""
    envelope = np.exp(-0.5 * ((height - 27.0e3) / 6.0e3) ** 2)
    result: Array = envelope * (np.sin(2 * np.pi * height / 22.0e3 + phase) - 0.25)
    return result


def _position(grid: Array, value: Array) -> tuple[Index, Array]:
    """Index of the cell of an even grid that holds a value, and the place in it."""
    place = np.clip((value - grid[0]) / (grid[1] - grid[0]), 0.0, len(grid) - 1.0)
    cell = np.minimum(place.astype(np.intp), len(grid) - 2)
    return cell, place - cell
