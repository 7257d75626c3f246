"""Training files of the testbed: its wind, its waves' source, and their drag."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike

import netCDF4
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gwparam.errors import wrong_setting
from gwparam.qbo.batch import Stepper
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.testbed import (
    DAY,
    DAYS_A_MONTH,
    DAYS_A_YEAR,
    SPINUP_YEARS,
    Testbed,
)
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes
from gwparam.whole_files import replacement, writing

Array = NDArray[np.float64]

WIND, FLUX, WIDTH = "eastward_wind", "source_flux", "spectral_width"
DRAG = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
TIME_STEP = "testbed_time_step"
"""Attribute of a file: seconds between two steps, all of which it holds."""

_FIELDS = {
    WIND: ("u", "m s-1", ("time", "lev", "column")),
    DRAG: ("gwfu", "m s-2", ("time", "lev", "column")),
    FLUX: (FLUX, "Pa", ("time", "column")),
    WIDTH: (WIDTH, "m s-1", ("time", "column")),
}
"""Variable, units and dimensions."""
_COORDINATES = {
    "time": {
        "units": "days since 0001-01-01 00:00:00",
        "calendar": "360_day",
        "standard_name": "time",
        "axis": "T",
    },
    "lev": {
        "standard_name": "air_pressure",
        "long_name": "pressure of full levels, bottom first",
        "units": "Pa",
        "positive": "down",
        "axis": "Z",
    },
    "height": {"standard_name": "height", "units": "m"},
    "lat": {"standard_name": "latitude", "units": "degrees_north"},
}


@dataclass(frozen=True)
class Period:
    """Which part of a run a file holds.

    Attributes
    ----------
    months : int
        Its length.
    skipped_years : int
        Years of the run before it.
    hours : int
        Of a time step; 24 in the published testbed.

    Raises
    ------
    ArgumentError
        If it has no month, or a day is no whole number of steps.
    """

    months: int
    skipped_years: int = SPINUP_YEARS
    hours: int = 24

    def __post_init__(self) -> None:
        if self.months < 1:
            raise wrong_setting("months", self.months, "at least 1")
        if self.skipped_years < 0:
            raise wrong_setting("skip_years", self.skipped_years, "at least 0")
        if self.hours < 1 or 24 % self.hours:
            raise wrong_setting("step_hours", self.hours, "1, 2, 3, 4, 6, 8, 12 or 24")

    @property
    def testbed(self) -> Testbed:
        """The control case with this time step."""
        return Testbed(time_step=self.hours * DAY / 24)

    @property
    def first(self) -> int:
        """Steps before it."""
        return self.skipped_years * DAYS_A_YEAR * (24 // self.hours)

    @property
    def steps(self) -> int:
        """Steps that it has."""
        return self.months * DAYS_A_MONTH * (24 // self.hours)


@dataclass(frozen=True)
class Step:
    """One step of the columns of a run.

    Attributes
    ----------
    number : int
        From 0, the start.
    wind, drag : Tensor, shape (column, nlev)
        [m s-1] and [m s-2], bottom first.
    source_flux, spectral_width : Tensor, shape (column,)
        F_s [Pa] and c_w [m s-1] of the day.
    """

    number: int
    wind: Tensor
    drag: Tensor
    source_flux: Tensor
    spectral_width: Tensor


def run_steps(period: Period, columns: int, seed: int) -> Iterator[Step]:
    """Run the control case, and give the steps that belong to a period.

    Parameters
    ----------
    period : Period
        What is given, and the time step.
    columns : int
        Runs side by side.
    seed : int
        Of the first one's sources, as `draw_forcing` takes it; the next has the next.
    """
    testbed, waves = period.testbed, spectrum()
    wave_drag, stepper = WaveDrag(testbed, waves), Stepper(testbed)
    a_day = 24 // period.hours
    last = period.first + period.steps
    drawn = [draw_forcing(-(-last // a_day), seed + c) for c in range(columns)]
    flux = torch.from_numpy(np.stack([its.source_flux for its in drawn], axis=1))
    width = torch.from_numpy(np.stack([its.spectral_width for its in drawn], axis=1))
    now = torch.from_numpy(testbed.initial_wind).repeat(columns, 1)
    before = now
    for number in range(last):
        day = number // a_day
        amplitudes = spectrum_amplitudes(waves, flux[day], width[day])
        drag = wave_drag(now, amplitudes)
        if number >= period.first:
            yield Step(number, now, drag, flux[day], width[day])
        before, now = now, stepper.step(before, now, drag, number)


def write_states(
    path: str | PathLike[str],
    period: Period,
    *,
    columns: int = 1,
    seed: int = 0,
    source: str = "gwparam.qbo.states",
    advance: Callable[[], None] = lambda: None,
) -> int:
    """Write a part of a run of the control case; every step of it is a time.

    Parameters
    ----------
    path : path-like
        The netCDF file; replaced when the new one is whole.
    period : Period
        Which part.
    columns, seed : int
        As `run_steps`.
    source : str
        What made it, for the file's attributes.
    advance : callable
        Told of every month that is written.

    Returns
    -------
    int
        Number of times in the file.

    Raises
    ------
    ArgumentError
        If there is no column, or the seed is negative.
    ModelFileError
        If the file cannot be written.
    """
    if columns < 1:
        raise wrong_setting("columns", columns, "at least 1")
    if seed < 0:
        raise wrong_setting("seed", seed, "at least 0")
    with (
        writing(path),
        replacement(path) as partial,
        netCDF4.Dataset(partial, "w") as dataset,
    ):
        _define(dataset, period, columns, seed, source)
        month = period.steps // period.months
        held: list[Step] = []
        for step in run_steps(period, columns, seed):
            held.append(step)
            if len(held) == month:
                _put(dataset, held, period.first)
                held.clear()
                advance()
    return period.steps


def _define(
    dataset: netCDF4.Dataset, period: Period, columns: int, seed: int, source: str
) -> None:
    """Write coordinates, and define the fields."""
    testbed = period.testbed
    dataset.setncatts(
        {
            "Conventions": "CF-1.8",
            "title": "One-dimensional testbed of the quasi-biennial oscillation",
            "source": f"{source}, seed {seed}",
            "comment": "Columns are runs of their own, with the seeds that follow.",
            TIME_STEP: testbed.time_step,
        }
    )
    sizes = {"time": period.steps, "lev": len(testbed.height), "column": columns}
    for name, size in sizes.items():
        dataset.createDimension(name, size)
    steps = period.first + np.arange(period.steps)
    values = {
        "time": ("time", steps * testbed.time_step / DAY),
        "lev": ("lev", testbed.pressure),
        "height": ("lev", testbed.height),
        "lat": ("column", np.zeros(columns)),
    }
    for name, (dimension, coordinate) in values.items():
        variable = dataset.createVariable(name, "f8", (dimension,))
        variable.setncatts(_COORDINATES[name])
        variable[:] = coordinate
    for standard_name, (name, units, dimensions) in _FIELDS.items():
        month = period.steps // period.months
        variable = dataset.createVariable(
            name,
            "f4",
            dimensions,
            zlib=True,
            shuffle=True,
            chunksizes=[month, *(sizes[dim] for dim in dimensions[1:])],
        )
        variable.setncatts({"units": units, "standard_name": standard_name})


def _put(dataset: netCDF4.Dataset, steps: list[Step], first: int) -> None:
    """Write steps that follow each other."""
    at = slice(steps[0].number - first, steps[-1].number - first + 1)
    found = {
        WIND: [step.wind.T for step in steps],
        DRAG: [step.drag.T for step in steps],
        FLUX: [step.source_flux for step in steps],
        WIDTH: [step.spectral_width for step in steps],
    }
    for field, values in found.items():
        dataset[_FIELDS[field][0]][at] = torch.stack(values).numpy()
