"""Receptive field: the drag at a level has to know the wind between it and the source.

Source: Pahlavan, Hassanzadeh and Alexander (2025), Geophys. Res. Lett. 52,
e2024GL114136 (arXiv:2407.05224): networks with R2 of 0.99 whose receptive field is
smaller than the column are unstable in a model; this can be computed beforehand.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.critical_levels import SOURCE_PRESSURE
from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.sample import Sample
from gwparam.audit.subject import State
from gwparam.audit.trial import SEED, Trial

Array = NDArray[np.float64]

KEY, TITLE = "receptive_field", "Receptive field"
LEAST = 0.5
THRESHOLD = 1e-3
"""Share of the largest response to any level from which on a level is seen."""
CRITERION = (
    "levels in the upper half above the source see at least "
    f"{LEAST:.0%} of the levels from the source up to them: a response of more than "
    f"{THRESHOLD:g} of the largest"
)
STEP = 0.5
"""How far one level is moved, in standard deviations of the states."""
_MOST_COLUMNS = 256
_MOST_LEVELS_OF_IMAGES = 16


def receptive_field(trial: Trial, source_pressure: float = SOURCE_PRESSURE) -> Finding:
    """Move the wind at one level after the other, and see which levels answer.

    Every column is moved up or down by `STEP` standard deviations of its level, at
    random. The response of an output level to an input level is the root mean square
    over columns of what changes, over the step.

    Parameters
    ----------
    trial : Trial
        What is audited.
    source_pressure : float
        Where the waves start [Pa].
    """
    moved = {a.name: a.wind for a in trial.answers if a.wind is not None}
    if not moved:
        return not_applicable(KEY, TITLE, "it sees no wind", CRITERION)
    levels = _levels(trial, moved.values())
    if not levels.size:
        return not_applicable(KEY, TITLE, "its winds do not vary", CRITERION)
    response = _responses(trial, moved, levels)
    pressure = trial.sample.pressure
    if response.shape[0] != pressure.size:
        said = "it answers on levels of its own"
        return not_applicable(KEY, TITLE, said, CRITERION)
    seen = response > THRESHOLD * response.max(axis=1, keepdims=True)
    source = trial.sample.level_at(source_pressure)
    matters = np.any([trial.matters(a) for a in trial.answers], axis=0)
    upper = [k for k in range(source // 2) if matters[k]]
    if not upper:
        said = "it has no drag in the upper half above the source"
        return not_applicable(KEY, TITLE, said, CRITERION)
    between = [(levels >= k) & (levels <= source) for k in upper]
    reach = [
        seen[k, b].mean() if b.any() else 1.0
        for k, b in zip(upper, between, strict=True)
    ]
    value = float(np.mean(reach))
    depth = seen.sum(axis=1)[matters]
    middle = float(np.median(depth))
    return Finding(
        KEY,
        TITLE,
        verdict(value >= LEAST),
        value,
        f"sees {value:.0%} of the levels from the source up; a level sees "
        f"{middle:.0f} of {levels.size}",
        CRITERION,
        {
            "moved": sorted(moved.values()),
            "step_in_standard_deviations": STEP,
            "levels_moved": levels,
            "levels_seen_median": middle,
            "levels_seen_least": float(depth.min()),
            "levels_seen_most": float(depth.max()),
            "source_pressure": float(pressure[source]),
        },
        {"response": response, "levels": levels, "source": source},
    )


def _levels(trial: Trial, winds: Iterable[str]) -> NDArray[np.int64]:
    """Choose the levels to move: all, or some of an image."""
    nlev = trial.sample.pressure.size
    count = nlev if trial.subject.kind == "column" else _MOST_LEVELS_OF_IMAGES
    levels = np.linspace(0, nlev - 1, min(nlev, count)).round().astype(np.int64)
    # The ends of a column may be held: where nothing varies, nothing has to be seen.
    varies = np.any([trial.spread(wind) > 0.0 for wind in winds], axis=0)
    return np.asarray(levels[varies[levels]])


def _responses(
    trial: Trial, moved: Mapping[str, str], levels: NDArray[np.int64]
) -> Array:
    """Responses (output level, moved level) of answers to their own winds."""
    states = trial.sample.states[:1]
    if trial.subject.kind == "column":
        states = _fewer(trial.sample)
    steps = {wind: STEP * trial.spread(wind) for wind in moved.values()}
    horizontal = states[0][next(iter(steps))].shape[:-1]
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], horizontal)
    asked = trial.ask(states)
    rows = []
    for level in levels.tolist():
        found = trial.ask(_moved(states, steps, level, signs))
        squares = []
        for name, wind in moved.items():
            change = trial.columns(found, name) - trial.columns(asked, name)
            step = steps[wind][level]
            squares.append((change**2).mean(axis=0) / (step**2 if step else np.inf))
        rows.append(np.sqrt(np.sum(squares, axis=0)))
    return np.stack(rows, axis=1)


def _moved(
    states: list[State], steps: Mapping[str, Array], level: int, signs: Array
) -> Iterator[State]:
    for state in states:
        changed = dict(state)
        for name, step in steps.items():
            changed[name] = state[name].copy()
            changed[name][..., level] += step[level] * signs
        yield changed


def _fewer(sample: Sample) -> list[State]:
    """Take some of the columns, evenly."""
    (state,) = sample.states
    count = sample.columns
    some = np.unique(np.linspace(0, count - 1, min(count, _MOST_COLUMNS)).astype(int))
    return [{name: values[some] for name, values in state.items()}]
