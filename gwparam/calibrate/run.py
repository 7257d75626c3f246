"""The loop: run members, compare, move them, and keep the state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.calibrate.inversion import update
from gwparam.calibrate.models import Model
from gwparam.calibrate.target import Wanted
from gwparam.errors import ArgumentError, ModelFileError, wrong_setting
from gwparam.qbo.statistics import statistic_names, statistics
from gwparam.qbo.testbed import Testbed
from gwparam.whole_files import replacement, writing

Array = NDArray[np.float64]

SPINUP_YEARS = 3
"""Years of a member that do not count."""
CHOICE_WINDOWS = 4
"""Length of the run that chooses among the means, in windows."""
SHOWN = (
    "period_at_25_km",
    "standard_deviation_at_20_km",
    "standard_deviation_at_25_km",
    "standard_deviation_at_30_km",
)
"""Statistics of the members that are kept for each iteration."""


@dataclass(frozen=True)
class Settings:
    """How long and how many.

    Attributes
    ----------
    members, iterations : int
        Of the ensemble.
    window_years : int
        Years of a member that count.
    seed : int
        Of the first members, and from which those of the sources follow.
    """

    members: int
    iterations: int
    window_years: int
    seed: int

    @property
    def months(self) -> int:
        """Length of a member's run."""
        return 12 * (SPINUP_YEARS + self.window_years)

    def source_seed(self, iteration: int) -> int:
        """Seed of the source of waves in one iteration."""
        return self.seed + 1 + iteration


@dataclass
class State:
    """What is known after some iterations.

    Attributes
    ----------
    parameters : ndarray, shape (member, parameter)
        Of the next iteration.
    means : list of ndarray, shape (parameter,)
        Mean of the members of each iteration, the first among them.
    misfit, misfit_of_mean, step : list of float
        Median over stable members, that of their mean, and the step taken.
    failed : list of int
        Unstable members.
    shown : list of ndarray, shape (member, 4)
        `SHOWN` of each member.
    """

    parameters: Array
    means: list[Array] = field(default_factory=list)
    misfit: list[float] = field(default_factory=list)
    misfit_of_mean: list[float] = field(default_factory=list)
    step: list[float] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    shown: list[Array] = field(default_factory=list)

    def save(self, path: Path, key: str) -> None:
        """Write it whole; `key` says what it belongs to."""
        arrays: dict[str, Any] = {
            name: np.array(its) for name, its in vars(self).items()
        }
        with writing(path), replacement(path) as partial, open(partial, "wb") as file:
            np.savez(file, key=np.array(key), **arrays)

    @staticmethod
    def load(path: Path, key: str) -> "State":
        """Read what `save` wrote.

        Raises
        ------
        ModelFileError
            If there is none, or it is damaged.
        ArgumentError
            If it belongs to something else.
        """
        try:
            # Opened here: numpy leaves a damaged file open.
            with open(path, "rb") as source, np.load(source) as file:
                found = {name: file[name] for name in file.files}
            known = str(found.pop("key"))
            parameters = found.pop("parameters")
            state = State(parameters, **{k: list(v) for k, v in found.items()})
            state._check_lengths()
        except Exception as error:  # numpy and zipfile raise what they like
            reason = getattr(error, "strerror", None) or error
            raise ModelFileError(
                f"cannot read {path}: {reason}, expected the state of a calibration"
            ) from None
        if known != key:
            raise ArgumentError(
                f"{path} is the state of {known}, expected {key}", settings=("go_on",)
            )
        return state

    def _check_lengths(self) -> None:
        """Check that each list has one value an iteration."""
        counts = {len(its) for name, its in vars(self).items() if name != "parameters"}
        if len(counts) > 1 or self.parameters.ndim != 2:
            raise ValueError("its parts have different lengths")


@dataclass(frozen=True)
class Result:
    """What became of it.

    Attributes
    ----------
    parameters : ndarray, shape (parameter,)
        The best mean.
    iteration : int
        Of which iteration it is, from 0: the start.
    misfits : tuple of float
        Of the mean of each iteration, in one run of the same source.
    state : State
        All of the rest.
    """

    parameters: Array
    iteration: int
    misfits: tuple[float, ...]
    state: State


def calibrate(
    model: Model,
    wanted: Wanted,
    settings: Settings,
    testbed: Testbed,
    *,
    state_path: str | PathLike[str],
    key: str,
    resume: bool = False,
    advance: Callable[[], None] = lambda: None,
    report: Callable[[State], None] = lambda state: None,
) -> Result:
    """Calibrate a model.

    Parameters
    ----------
    model : Model
        What is calibrated.
    wanted : Wanted
        Which statistics it should have.
    settings : Settings
        How long and how many.
    testbed : Testbed
        Where the levels are.
    state_path : path-like
        Gets the state after each iteration.
    key : str
        What the state belongs to.
    resume : bool
        Go on from the state.
    advance : callable
        Called after each month; what it raises ends the work between two of them.
    report : callable
        Called after each iteration.

    Raises
    ------
    ArgumentError
        If too few members are stable; if the state is of something else or of more
        iterations, or is there and nobody asked to go on.
    ModelFileError
        If the state cannot be read.
    """
    path = Path(state_path)
    if resume:
        state = State.load(path, key)
        _check_iterations(path, state, settings)
    else:
        _check_new(path)
        drawn = np.random.default_rng(settings.seed).standard_normal(
            (settings.members, len(model.start))
        )
        # Their mean is the start, which is run beside them.
        state = State(model.start + model.spread * (drawn - drawn.mean(axis=0)))
    for iteration in range(len(state.misfit), settings.iterations):
        _iterate(model, wanted, settings, testbed, state, iteration, advance)
        state.save(path, key)
        report(state)
    means = np.array([*state.means, state.parameters.mean(axis=0)])
    misfits = _misfit_of_means(model, wanted, settings, testbed, means, advance)
    best = int(misfits.argmin())
    if not np.isfinite(misfits[best]):
        raise ArgumentError(
            "the mean of the members is unstable in all iterations, expected one that "
            "is not: go on with more iterations, or try another spread",
            settings=("go_on", "iterations", "spread"),
        )
    return Result(means[best], best, tuple(misfits.tolist()), state)


def _check_iterations(path: Path, state: State, settings: Settings) -> None:
    done = len(state.misfit)
    if done > settings.iterations:
        raise wrong_setting(
            "iterations", settings.iterations, f"at least the {done} of {path}"
        )


def _check_new(path: Path) -> None:
    """Check that no work of somebody would be written over."""
    if path.exists():
        raise ArgumentError(
            f"{path} is the state of a calibration that did not end, expected none: go "
            "on with it, or delete it to begin anew",
            settings=("go_on",),
        )


def _iterate(
    model: Model,
    wanted: Wanted,
    settings: Settings,
    testbed: Testbed,
    state: State,
    iteration: int,
    advance: Callable[[], None],
) -> None:
    """Run all members and their mean, and move the members."""
    mean = state.parameters.mean(axis=0)
    columns = np.concatenate((state.parameters, mean[np.newaxis]))
    source = settings.source_seed(iteration)
    months = model.run(columns, source, settings.months, advance)
    every = statistics(months[12 * SPINUP_YEARS :], testbed)
    given = every[:, wanted.places]
    misfit = wanted.target.misfit(given)
    generator = np.random.default_rng([settings.seed, iteration])
    moved = update(state.parameters, given[:-1], wanted.target, generator)
    names = statistic_names()
    state.means.append(mean)
    state.misfit.append(float(np.median(misfit[:-1][np.isfinite(misfit[:-1])])))
    state.misfit_of_mean.append(float(misfit[-1]))
    state.step.append(moved.step)
    state.failed.append(moved.redrawn)
    state.shown.append(every[:-1, [names.index(name) for name in SHOWN]])
    state.parameters = moved.parameters


def _misfit_of_means(
    model: Model,
    wanted: Wanted,
    settings: Settings,
    testbed: Testbed,
    means: Array,
    advance: Callable[[], None],
) -> Array:
    """Hold the means of all iterations against the target, in one longer run."""
    window = 12 * settings.window_years
    length = 12 * SPINUP_YEARS + CHOICE_WINDOWS * window
    source = settings.source_seed(settings.iterations)
    months = model.run(means, source, length, advance)[12 * SPINUP_YEARS :]
    each = [
        statistics(months[start : start + window], testbed)[:, wanted.places]
        for start in range(0, len(months), window)
    ]
    # What is not finite in one window is not in the mean.
    return wanted.target.misfit(np.mean(each, axis=0))
