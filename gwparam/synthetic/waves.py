"""Departures from the zonal mean: waves in the wind and temperature, and noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import EARTH_RADIUS, GAS_CONSTANT
from gwparam.synthetic.mean_state import ROTATION_RATE, SCALE_HEIGHT, winter_weight

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class _Family:
    """What waves of one kind are drawn from."""

    count: int
    wavenumbers: tuple[int, int]
    latitude: tuple[float, float]  # absolute, degrees
    width: tuple[float, float]  # degrees
    height: tuple[float, float]  # m, of the largest amplitude
    depth: float  # m, above and below that
    speed: float  # m s-1, standard deviation of the northward wind's amplitude
    vertical_wavelength: tuple[float, float]  # m
    winter_share: float  # 1: in winter only, 0: in all seasons


_FAMILIES = (
    # Planetary waves, which reach the stratosphere in winter's westerlies only
    # (Charney and Drazin, 1961, J. Geophys. Res. 66, 83-109).
    _Family(4, (1, 3), (50, 70), (11, 18), (30e3, 55e3), 14e3, 22.0, (30e3, 90e3), 0.9),
    # Synoptic waves of the storm tracks, largest at the tropopause.
    _Family(6, (4, 9), (35, 60), (7, 12), (8e3, 11e3), 5.5e3, 17.0, (25e3, 80e3), 0.3),
    # Equatorial waves of the lower and middle stratosphere.
    _Family(3, (1, 6), (0, 10), (7, 12), (16e3, 38e3), 9e3, 5.0, (6e3, 15e3), 0.0),
    # Long waves and tides of the upper stratosphere and lower mesosphere.
    _Family(4, (1, 4), (0, 60), (14, 22), (52e3, 66e3), 9e3, 12.0, (18e3, 40e3), 0.2),
)


@dataclass(frozen=True)
class Waves:
    """Waves of many states, given by their streamfunction.

    Each is ``A exp(-(z-z0)^2 / 2D^2) cos(phi) exp(-(phi-phi0)^2 / 2d^2)
    cos(k lambda + m z + alpha)``.

    Attributes
    ----------
    wavenumber : ndarray, shape (nstate, nwave)
        Number of waves around a circle of latitude, k.
    latitude, width : ndarray, shape (nstate, nwave)
        Latitude of the largest amplitude and its standard deviation, phi0 and d [rad].
    height, depth : ndarray, shape (nstate, nwave)
        The same in log-pressure height, z0 and D [m].
    speed : ndarray, shape (nstate, nwave)
        Largest northward wind [m s-1]; the amplitude A is this times a / k.
    vertical_wavenumber : ndarray, shape (nstate, nwave)
        Vertical wavenumber, m [rad m-1].
    phase : ndarray, shape (nstate, nwave)
        Phase, alpha [rad].
    """

    wavenumber: Array
    latitude: Array
    width: Array
    height: Array
    depth: Array
    speed: Array
    vertical_wavenumber: Array
    phase: Array

    def fields(
        self, state: Index, latitude: Array, longitude: Array, height: Array
    ) -> tuple[Array, Array, Array]:
        """Wind and temperature of the waves in columns.

        Parameters
        ----------
        state : ndarray, shape (ncol,)
            State of each column, from 0.
        latitude, longitude : ndarray, shape (ncol,)
            Latitude [degrees_north] and longitude [degrees_east].
        height : ndarray, shape (ncol, nlev)
            Log-pressure height [m].

        Returns
        -------
        eastward, northward : ndarray, shape (ncol, nlev)
            Wind [m s-1], without divergence.
        temperature : ndarray, shape (ncol, nlev)
            Temperature [K], in balance with the wind.

        Notes
        -----
        Wind from the streamfunction; temperature from ``T = (H / R) d(f psi)/dz``:
        Holton and Hakim (2013), An Introduction to Dynamic Meteorology, section 6.
        """
        phi = np.deg2rad(latitude)[:, None]
        rotation = 2 * ROTATION_RATE * np.sin(phi)
        eastward, northward, temperature = (np.zeros_like(height) for _ in range(3))
        for wave in range(self.speed.shape[1]):

            def of(parameter: Array, wave: int = wave) -> Array:
                values: Array = parameter[state, wave]
                return values[:, None]

            offset = phi - of(self.latitude)
            meridional = of(self.speed) * np.exp(-0.5 * (offset / of(self.width)) ** 2)
            along = of(self.wavenumber) * np.deg2rad(longitude)[:, None]
            above = (height - of(self.height)) / of(self.depth)
            angle = along + of(self.vertical_wavenumber) * height + of(self.phase)
            vertical = np.exp(-0.5 * above**2)
            cosine, sine = vertical * np.cos(angle), vertical * np.sin(angle)
            northward -= meridional * sine
            slope = np.cos(phi) * offset / of(self.width) ** 2 + np.sin(phi)
            eastward += meridional / of(self.wavenumber) * slope * cosine
            amplitude = meridional * np.cos(phi) * EARTH_RADIUS / of(self.wavenumber)
            temperature -= (SCALE_HEIGHT / GAS_CONSTANT * rotation * amplitude) * (
                above / of(self.depth) * cosine + of(self.vertical_wavenumber) * sine
            )
        return eastward, northward, temperature


def draw_waves(generator: np.random.Generator, day: Array) -> Waves:
    """Draw the waves of states.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    day : ndarray, shape (nstate,)
        Day of a year of 365 days.

    Returns
    -------
    Waves
        17 waves for each day.
    """
    families = [_draw_family(generator, day, family) for family in _FAMILIES]
    return Waves(
        *(np.concatenate(part, axis=1) for part in zip(*families, strict=True))
    )


def _draw_family(
    generator: np.random.Generator, day: Array, family: _Family
) -> list[Array]:
    """Draw the waves of one family, in the order of the attributes of `Waves`."""
    shape = (len(day), family.count)

    def uniform(limits: tuple[float, float]) -> Array:
        return generator.uniform(*limits, shape)

    hemisphere = generator.choice([-1.0, 1.0], shape)
    winter = winter_weight(day[:, None], hemisphere)
    return [
        generator.integers(*family.wavenumbers, shape, endpoint=True).astype(float),
        np.radians(hemisphere * uniform(family.latitude)),
        np.radians(uniform(family.width)),
        uniform(family.height),
        family.depth * np.exp(generator.normal(0.0, 0.15, shape)),
        family.speed * (1 - family.winter_share * (1 - winter)) * uniform((0.0, 1.7)),
        # Phase lines tilt westward with height, as for waves that travel upward.
        2 * np.pi / uniform(family.vertical_wavelength),
        uniform((0.0, 2 * np.pi)),
    ]


def vertical_noise(
    generator: np.random.Generator, height: Array, deviation: float, growth: float
) -> Array:
    """Draw noise that is alike at neighbouring levels and grows with height.

    It stands for what the waves above leave out, such as inertia-gravity waves.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    height : ndarray, shape (ncol, nlev)
        Log-pressure height [m], top first.
    deviation : float
        Standard deviation at height 0, in the unit of the result.
    growth : float
        Height over which the standard deviation grows by a factor of e [m].

    Returns
    -------
    ndarray, shape (ncol, nlev)
        Noise with a correlation of ``exp(-(dz / 3 km)^2 / 2)``.
    """
    levels = height.mean(axis=0)
    distance = (levels[:, None] - levels[None, :]) / 3.0e3
    values, vectors = np.linalg.eigh(np.exp(-0.5 * distance**2))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    white = generator.standard_normal(height.shape)
    result: Array = (white @ root.T) * deviation * np.exp(height / growth)
    return result
