"""A century of the testbed with a drag scheme, in members that differ in luck."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import Status, error_class
from gwparam.native.alexander_dunkerton_settings import MIMA_SETTINGS
from gwparam.qbo.column import Column
from gwparam.qbo.forcing import Forcing
from gwparam.qbo.host import Host, Spectrum
from gwparam.qbo.testbed import DAYS_A_YEAR, Testbed

Array = NDArray[np.float64]

SPECTRUM, TWO_WAVES, AD99 = "spectrum", "two-waves", "ad99"
NATIVE = (SPECTRUM, TWO_WAVES, AD99)
"""Words for native schemes; anything else is an artefact."""

TWO_WAVES_UPWELLING = 1e-5
"""That of the published figure of two waves [m s-1]."""
_AMPLITUDE_OF_TWO = 6e-4  # Pa, of each
_SPEED_OF_TWO = 32.0  # m s-1

# What a network may do that is no reason to end the command: it is what it was asked.
_OUTCOMES = (Status.ERR_NONFINITE, Status.ERR_RANGE, Status.ERR_INFERENCE)
# Of a message: the place and the steps until then, where a run has members and days.
_PLACE = re.compile(r" in column \d+(?= )| \(latitude [^()]*\)")


@dataclass(frozen=True)
class Run:
    """What came of one scheme.

    Attributes
    ----------
    name : str
        Of the scheme.
    column : Column
        In which it ran.
    wind : ndarray, shape (day, member, nlev)
        Eastward wind at the beginning of each day [m s-1], bottom first; NaN where the
        column had become unstable.
    unstable : tuple of int
        For each member the day, from 0, from which on there is no wind; -1: never.
    failures : tuple of str
        For each member why the drag could not be had on that day; empty if it could,
        and the wind left its limit.
    sees_waves : bool
        Whether the scheme depends on the source of the day.
    forcings : sequence of Forcing
        Of each member.
    """

    name: str
    column: Column
    wind: NDArray[np.floating]
    unstable: tuple[int, ...]
    failures: tuple[str, ...]
    sees_waves: bool
    forcings: Sequence[Forcing]


def two_waves_forcing(days: int) -> Forcing:
    """Give the source of the simplest case, 6e-4 Pa for each of two waves."""
    return Forcing(np.full(days, 2.0 * _AMPLITUDE_OF_TWO), np.full(days, _SPEED_OF_TWO))


def _drives(scheme: str | Path, threads: int) -> str:
    """Write what the coupling reads.

    A guard neither ends nor changes a run here: what becomes of it is the question.
    """
    if str(scheme) in NATIVE:
        return "&gwparam_nml mode = 'native' /"
    path = str(scheme).replace("'", "''")
    return (
        f"&gwparam_nml mode = 'ml', artefact = '{path}', threads = {threads}, "
        "on_limit = 'count', on_range = 'count', on_unphysical = 'count' /"
    )


def _native() -> str:
    """Write the settings of Alexander and Dunkerton's scheme: those of MiMA's run."""
    settings = ", ".join(
        f"ad99%{name} = {_value(value)}" for name, value in vars(MIMA_SETTINGS).items()
    )
    return f"&ad99_nml {settings} /"


def _value(value: float | bool) -> str:
    return f".{value}.".lower() if isinstance(value, bool) else repr(value)


def run(
    scheme: str | Path,
    column: Column,
    forcings: Sequence[Forcing],
    *,
    threads: int = 1,
    advance: Callable[[], None] | None = None,
    dtype: type[np.floating] = np.float32,
) -> Run:
    """Run a scheme in the Fortran host.

    Parameters
    ----------
    scheme : str or path
        A word of `NATIVE`, or an artefact.
    column : Column
        Where.
    forcings : sequence of Forcing
        Of each member, of one length: the days of the run.
    threads : int
        Of a network.
    advance : callable, optional
        Called once a year.
    dtype : type
        Of the wind that is kept; it is computed in float64.

    Returns
    -------
    Run
        The wind of each day.

    Raises
    ------
    GwparamError
        As `Host`, or if the run itself could not go on.
    """
    name = scheme if isinstance(scheme, str) else scheme.stem
    drives = _drives(scheme, threads)
    found = _together(name, column, forcings, drives, dtype, advance)
    if len(forcings) > 1 and any(found.failures):
        # All were refused for one: each has its own end only alone.
        found = _joined(
            [_together(name, column, [each], drives, dtype) for each in forcings]
        )
    return found


def _together(
    name: str,
    column: Column,
    forcings: Sequence[Forcing],
    drives: str,
    dtype: type[np.floating],
    advance: Callable[[], None] | None = None,
) -> Run:
    """Run members as columns of one call, until the drag of one cannot be had."""
    flux = np.stack([forcing.source_flux for forcing in forcings], axis=1)
    width = np.stack([forcing.spectral_width for forcing in forcings], axis=1)
    days, members = flux.shape
    wind = np.empty((days, members, len(column.height)), dtype)
    wind[0] = column.wind
    unstable = np.full(members, -1)
    failures = [""] * members
    with Host(column, members, drives, _native(), _waves(name)) as host:
        sees_waves = name == SPECTRUM or any(
            host.needs(field) for field in ("source_flux", "spectral_width")
        )
        for start in range(0, days - 1, DAYS_A_YEAR):
            part = slice(start, min(start + DAYS_A_YEAR, days - 1))
            span = host.run(flux[part], width[part])
            done = start + len(span.wind)
            wind[start + 1 : done + 1] = span.wind
            ended = -(-span.stopped // column.steps_a_day)
            unstable = np.where(ended > 0, ended, unstable)
            if span.status:
                if span.status not in _OUTCOMES:
                    raise error_class(span.status)(span.failure)
                for going in np.flatnonzero(unstable < 0):
                    unstable[going] = done + 1
                    failures[going] = _PLACE.sub("", span.failure)
            if advance is not None:
                advance()
            if (unstable >= 0).all():
                break
    for member, day in enumerate(unstable):
        if day >= 0:
            wind[day:, member] = np.nan
    ends = tuple(map(int, unstable))
    return Run(name, column, wind, ends, tuple(failures), sees_waves, forcings)


def _joined(runs: Sequence[Run]) -> Run:
    """Put members that ran alone side by side."""
    return replace(
        runs[0],
        wind=np.concatenate([each.wind for each in runs], axis=1),
        unstable=tuple(each.unstable[0] for each in runs),
        failures=tuple(each.failures[0] for each in runs),
        forcings=[each.forcings[0] for each in runs],
    )


def _waves(name: str) -> Spectrum:
    """Which waves the native scheme has."""
    if name != TWO_WAVES:
        return Spectrum()
    # Each has its own in Pa, over the density where it starts.
    return Spectrum(_SPEED_OF_TWO, _SPEED_OF_TWO, 1.0, 1.0, float(Testbed().density[0]))
