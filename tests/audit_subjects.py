"""Subjects and states of a few lines, with a known answer, for tests of checks."""

import numpy as np

from gwparam.audit.sample import Sample
from gwparam.audit.subject import Answer, Subject
from gwparam.audit.trial import Trial
from gwparam.contract import Field

NLEV, NCOL = 12, 400
PRESSURE = np.geomspace(1e3, 3e4, NLEV)
EAST = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
NORTH = EAST.replace("eastward", "northward")
WIND = "eastward_wind"
NORTHWARD_WIND = "northward_wind"
GRID = (4, 24)


class Written(Subject):
    """A subject whose answer is a function of the wind, or of the whole state."""

    name = "written"

    def __init__(self, function, kind="column", inputs=(), whole=False):
        self.kind, self._function, self._whole = kind, function, whole
        self.inputs = (Field(WIND, "m s-1", "full", "float64"), *inputs)

    def answer(self, state):
        return {EAST: self._function(state if self._whole else state[WIND])}


def shear_zones(count=NCOL):
    """Winds of jets at random heights and of both signs, calm at the lowest level."""
    generator = np.random.default_rng(7)
    height = -np.log(PRESSURE / PRESSURE[-1])
    middle = generator.uniform(1.0, 4.0, (count, 1))
    jet = generator.uniform(-40.0, 40.0, (count, 1))
    calm = np.exp(-(((0.0 - middle) / 1.2) ** 2))
    return jet * (np.exp(-(((height - middle) / 1.2) ** 2)) - calm)


class Pair(Subject):
    """A subject of two winds, whose answers are functions of both, or arrays."""

    name, kind = "pair", "column"
    inputs = tuple(
        Field(name, "m s-1", "full", "float64") for name in (WIND, NORTHWARD_WIND)
    )

    def __init__(self, answers):
        self._answers = answers

    def answer(self, state):
        winds = state[WIND], state[NORTHWARD_WIND]
        return {
            name: given(*winds) if callable(given) else given
            for name, given in self._answers.items()
        }


def pair(answers, *, references=None, northward=None):
    """Put functions of both winds on trial, by the component that they answer."""
    wind = shear_zones()
    other = wind[::-1] if northward is None else northward
    state = {WIND: wind, NORTHWARD_WIND: other}
    sample = Sample("states of a test", [state], [references or {}], PRESSURE)
    own = {EAST: WIND, NORTH: NORTHWARD_WIND}
    return Trial(
        Pair(answers), sample, [Answer(name, "m s-2", own[name]) for name in answers]
    )


def trial(
    function, *, reference=None, wind=None, more=None, half_levels=None, **subject
):
    """Put a function of the wind on trial."""
    state = {WIND: shear_zones() if wind is None else wind, **(more or {})}
    inputs = tuple(Field(name, "1", "surface", "float64") for name in more or {})
    references = {} if reference is None else {EAST: reference}
    sample = Sample(
        "states of a test", [state], [references], PRESSURE, half_levels=half_levels
    )
    written = Written(function, inputs=inputs, **subject)
    return Trial(written, sample, [Answer(EAST, "m s-2", WIND)])


def globe(function, *, reference=None):
    """Put a function of images of the wind (lat, lon, level) on trial."""
    waves = np.random.default_rng(3).standard_normal((*GRID, NLEV))
    smooth = sum(np.roll(waves, k, axis=1) for k in range(4))
    references = {} if reference is None else {EAST: reference(smooth)}
    sample = Sample("states of a test", [{WIND: smooth}], [references], PRESSURE)
    return Trial(Written(function, "global"), sample, [Answer(EAST, "m s-2", WIND)])
