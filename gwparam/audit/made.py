"""States by formulas, on the levels of any network: for an audit without files."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.sample import Sample
from gwparam.audit.subject import State
from gwparam.constants import (
    GAS_CONSTANT,
    HALF_PRESSURE,
    KAPPA,
    POTENTIAL_PRESSURE,
    PRESSURE,
    STANDARD_GRAVITY,
)
from gwparam.contract import Contract, Field, Vertical
from gwparam.data import needs_pressure
from gwparam.errors import ContractError
from gwparam.grids import gaussian_latitudes, half_way
from gwparam.qbo.forcing import draw_forcing
from gwparam.synthetic.climatology import topography
from gwparam.synthetic.mean_state import draw_mean_states, log_pressure_height
from gwparam.synthetic.standard_atmosphere import pressure_at
from gwparam.synthetic.waves import draw_waves

Array = NDArray[np.float64]

_SEED = 19991215
_DAYS = (15.0, 105.0, 196.0, 288.0)
_GRID = (32, 8)
# The winds of a column of the tropics alone, whose places no input tells.
_TROPICS = 5.0


def make_sample(contract: Contract) -> Sample:
    """Make states for the inputs of a network, on its own levels.

    Jets, oscillations of the tropical stratosphere and waves are those of
    `gwparam.synthetic`, in four months, on the network's grid or 256 columns. The
    source of the one-dimensional testbed is drawn as there, with winds of the tropics;
    an input that is no field of the atmosphere has its mean and spread in training.

    Parameters
    ----------
    contract : Contract
        The network's.

    Raises
    ------
    ContractError
        If an input is not known, and the contract does not say what it was in training.
    """
    vertical = contract.vertical
    pressure = _top_down(vertical)
    image = contract.geometry.kind != "column"
    latitude, longitude = _places(contract)
    generator = np.random.default_rng(_SEED)
    days = _DAYS[:2] if image else _DAYS
    states = [
        _state(contract, pressure, latitude, longitude, generator, day) for day in days
    ]
    if image:
        places = (latitude, longitude)
    else:
        names = list(states[0])
        states = [{n: np.concatenate([s[n] for s in states]) for n in names}]
        places = None
    return Sample(
        "states by formulas", list(states), [{} for _ in states], pressure, places
    )


def _top_down(vertical: Vertical) -> Array:
    pressure = np.asarray(vertical.reference_pressure, np.float64)
    return pressure if vertical.order == "top_down" else pressure[::-1]


def _places(contract: Contract) -> tuple[Array, Array]:
    """Latitude and longitude of the columns, (nlat, nlon) or (column)."""
    geometry = contract.geometry
    if geometry.latitude is not None and geometry.longitude is not None:
        rows, around = np.sort(geometry.latitude), np.sort(geometry.longitude)
    else:
        rows = gaussian_latitudes(_GRID[0])
        around = np.linspace(0.0, 360.0, _GRID[1], endpoint=False)
        if _is_testbed(contract.inputs):
            rows = np.linspace(-_TROPICS, _TROPICS, _GRID[0])
    latitude, longitude = np.meshgrid(rows, around, indexing="ij")
    if geometry.kind == "column":
        return latitude.ravel(), longitude.ravel()
    return latitude, longitude


def _is_testbed(inputs: Sequence[Field]) -> bool:
    return "source_flux" in {field.name for field in inputs}


def _state(
    contract: Contract,
    pressure: Array,
    latitude: Array,
    longitude: Array,
    generator: np.random.Generator,
    day: float,
) -> State:
    """Make all that a network is given at one time."""
    shape = latitude.shape
    known = _weather(pressure, latitude.ravel(), longitude.ravel(), generator, day)
    # Every column of the tropics has a phase of its own.
    if _is_testbed(contract.inputs):
        known["eastward_wind"] = _oscillation(pressure, latitude.size, generator)
        source = draw_forcing(latitude.size, _SEED + int(day))
        known |= vars(source)
    names = [field.name for field in contract.inputs]
    if needs_pressure(contract):
        names += [PRESSURE, HALF_PRESSURE]
    fields = {field.name: field for field in contract.inputs}
    found = {}
    for name in dict.fromkeys(names):
        values = known.get(name)
        if values is None:
            values = _drawn(contract, fields[name], latitude.size, generator)
        found[name] = values.reshape(*shape, *values.shape[1:])
    return found


def _weather(
    pressure: Array,
    latitude: Array,
    longitude: Array,
    generator: np.random.Generator,
    day: float,
) -> dict[str, Array]:
    """Fields of the atmosphere in columns, by their names."""
    count = latitude.size
    state = np.zeros(count, np.intp)
    days = np.array([day])
    means, waves = draw_mean_states(generator, days), draw_waves(generator, days)
    height = np.broadcast_to(log_pressure_height(pressure), (count, pressure.size))
    full = np.broadcast_to(pressure, height.shape)
    eastward, northward, warmth = waves.fields(state, latitude, longitude, height)
    eastward += means.eastward_wind(state, latitude, height)
    temperature = means.temperature(state, latitude, height, full) + warmth
    surface = topography(latitude, longitude)
    half = half_way(pressure)
    # Upward where the wind blows poleward, as in waves that carry heat.
    upward = 2e-3 * northward * np.sign(latitude)[:, np.newaxis]
    density = full / (GAS_CONSTANT * temperature)
    surface_pressure = np.maximum(pressure_at(surface), half[-1])
    return {
        "eastward_wind": eastward,
        "northward_wind": northward,
        "air_temperature": temperature,
        "air_potential_temperature": temperature * (POTENTIAL_PRESSURE / full) ** KAPPA,
        "upward_air_velocity": upward,
        "lagrangian_tendency_of_air_pressure": -upward * density * STANDARD_GRAVITY,
        "geopotential_height": _heights(temperature, pressure),
        "surface_air_pressure": surface_pressure,
        "surface_altitude": surface,
        "latitude": latitude,
        "longitude": longitude,
        PRESSURE: full,
        HALF_PRESSURE: np.broadcast_to(half, (count, half.size)),
    }


def _heights(temperature: Array, pressure: Array) -> Array:
    """Geopotential height above the lowest level's log-pressure height [m]."""
    middle = 0.5 * (temperature[:, 1:] + temperature[:, :-1])
    layers = GAS_CONSTANT / STANDARD_GRAVITY * middle * np.diff(np.log(pressure))
    above = np.zeros_like(temperature)
    above[:, :-1] = np.cumsum(layers[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(above + log_pressure_height(pressure)[-1])


def _oscillation(pressure: Array, count: int, generator: np.random.Generator) -> Array:
    """Winds of a quasi-biennial oscillation at random phases, 0 at the lowest level.

    Standard deviations as in the control run of the testbed: 19, 34 and 47 m s-1 at 20,
    25 and 30 km.
    """
    height = log_pressure_height(pressure)
    above = np.clip((height - height[-1]) / 15e3, 0.0, 1.0)
    size = 62.0 * np.sqrt(above) * generator.uniform(0.7, 1.3, (count, 1))
    phase = generator.uniform(0.0, 2.0 * np.pi, (count, 1))
    depth = generator.uniform(18e3, 30e3, (count, 1))
    return np.asarray(size * np.sin(2.0 * np.pi * height / depth + phase))


def _drawn(
    contract: Contract, field: Field, count: int, generator: np.random.Generator
) -> Array:
    """Draw an input that no formula knows from its range in training."""
    seen = next((r for r in contract.training_range if r.name == field.name), None)
    if seen is None or seen.mean is None or seen.standard_deviation is None:
        raise ContractError(
            f"there is no formula for {field.name}, and the artefact does not say what "
            "it was in training, expected STATES that have it"
        )
    mean, spread = np.asarray(seen.mean), np.asarray(seen.standard_deviation)
    if field.levels == "full" and contract.vertical.order == "bottom_up":
        mean, spread = mean[::-1], spread[::-1]
    draw: Callable[..., Array] = generator.standard_normal
    size = (count, mean.size) if field.levels == "full" else (count,)
    values = mean + spread * draw(size)
    if seen.minimum is not None and seen.maximum is not None:
        low, high = np.asarray(seen.minimum), np.asarray(seen.maximum)
        turned = field.levels == "full" and contract.vertical.order == "bottom_up"
        values = np.clip(values, *((low[::-1], high[::-1]) if turned else (low, high)))
    return np.asarray(values)
