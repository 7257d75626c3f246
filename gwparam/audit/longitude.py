"""Networks of the globe: longitude has no beginning."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.subject import State
from gwparam.audit.trial import Trial
from gwparam.evaluate.ladder import variance_ratio

Array = NDArray[np.float64]

ROLL, ROLL_TITLE = "roll", "Roll in longitude"
SEAM, SEAM_TITLE = "seam", "Seam at the prime meridian"
MOST_CHANGE = 0.05
MOST_JUMP = 0.25
_LON = 1  # of (lat, lon, ...)
_SHARES = (0.25, 0.5, 0.75)
_EDGES = [-3, -2, -1, 0, 1]

ROLL_CRITERION = (
    f"rolled by 1/4, 1/2 and 3/4 of the circle, the answer rolled back differs by at "
    f"most {MOST_CHANGE:.0%} (rms, of the answer's own)"
)
SEAM_CRITERION = (
    "the jumps from meridian to meridian, across the seam and beside it, differ by at "
    f"most {MOST_JUMP:.0%} (rms) from those at the same places when these lie within "
    "the image"
)


def longitude(trial: Trial) -> tuple[Finding, Finding]:
    """Roll the globe, and look at the seam.

    Everything that a state holds is rolled, but where the columns are. What is rolled
    back has to be the same, since waves do not know where longitudes begin. At the seam
    a network that does not close shows as jumps from one meridian to the next, which
    are compared with those at the same places of the world when a roll has them within
    the image. Four rolls put four places at the seam.
    """
    if trial.subject.kind != "global":
        why = "it does not see the globe at once"
        return (
            not_applicable(ROLL, ROLL_TITLE, why, ROLL_CRITERION),
            not_applicable(SEAM, SEAM_TITLE, why, SEAM_CRITERION),
        )
    nlon = next(iter(trial.sample.states[0].values())).shape[_LON]
    shifts = sorted({round(share * nlon) for share in _SHARES})
    rolled = {shift: trial.changed(partial(roll, shift=shift)) for shift in shifts}
    return _roll(trial, rolled, nlon), _seam(trial, rolled)


def roll(state: State, shift: int) -> State:
    """Roll the weather of a state eastward by so many cells."""
    return {
        name: np.roll(values, shift, axis=_LON)
        for name, values in state.items()
        if name not in ("latitude", "longitude")
    }


Rolled = Mapping[int, list[dict[str, Array]]]


def _roll(trial: Trial, rolled: Rolled, nlon: int) -> Finding:
    numbers: list[dict[str, Any]] = []
    largest = 0.0
    for shift, found in rolled.items():
        error, size, variances = 0.0, 0.0, {}
        for answer in trial.answers:
            own = np.stack([given[answer.name] for given in trial.baseline])
            back = np.stack([np.roll(g[answer.name], -shift, _LON) for g in found])
            error += float(((back - own) ** 2).sum())
            size += float((own**2).sum())
            variances[answer.name] = variance_ratio(back, own)
        change = float(np.sqrt(error / size)) if size else 0.0
        largest = max(largest, change)
        numbers.append(
            {
                "cells": shift,
                "degrees": 360.0 * shift / nlon,
                "relative_change": change,
                "variance_ratio": variances,
                **_beside_reference(trial, found, shift),
            }
        )
    ratios = [r for n in numbers for r in n["variance_ratio"].values()]
    spans = [r for r in ratios if np.isfinite(r)]  # where there is an answer at all
    said = f"changes by {largest:.2%}"
    if spans:
        said += f", the variance to {min(spans):.3f} to {max(spans):.3f} times"
    return Finding(
        ROLL,
        ROLL_TITLE,
        verdict(largest <= MOST_CHANGE),
        largest,
        said,
        ROLL_CRITERION,
        {"rolls": numbers},
        {
            "variance": _variance_by_longitude(trial, rolled),
            "map": _map(trial, rolled),
        },
    )


def _beside_reference(
    trial: Trial, found: list[dict[str, Array]], shift: int
) -> dict[str, dict[str, float]]:
    """Give the variance ratios to a reference, as it is and rolled."""
    before, after = {}, {}
    for answer in trial.answers:
        name = answer.name
        if name not in trial.sample.references[0]:
            continue
        truth = np.stack([r[name] for r in trial.sample.references])
        before[name] = variance_ratio([g[name] for g in trial.baseline], truth)
        after[name] = variance_ratio([g[name] for g in found], truth)
    if not before:
        return {}
    return {
        "variance_ratio_to_reference": before,
        "variance_ratio_to_reference_rolled": after,
    }


def _map(trial: Trial, rolled: Rolled) -> Array:
    """Map what a roll by half changes, over all levels (rms, of the answer's own)."""
    half = sorted(rolled)[len(rolled) // 2]
    off, whole = np.zeros(()), 0.0
    for answer in trial.answers:
        for given, found in zip(trial.baseline, rolled[half], strict=True):
            own = given[answer.name]
            back = np.roll(found[answer.name], -half, _LON)
            off = off + ((back - own) ** 2).sum(axis=-1)
            whole += float((own**2).sum(axis=-1).mean())
    return np.asarray(np.sqrt(off / (whole or 1.0)))


def _variance_by_longitude(trial: Trial, rolled: Rolled) -> dict[str, Array]:
    """Root mean square by longitude as it is, and rolled by half and back."""
    half = sorted(rolled)[len(rolled) // 2]
    rows = {}
    for label, found, shift in (
        ("as it is", trial.baseline, 0),
        ("rolled by half, and back", rolled[half], half),
    ):
        squares = sum(
            _by_longitude(np.roll(given[a.name], -shift, _LON) ** 2)
            for given in found
            for a in trial.answers
        )
        rows[label] = np.sqrt(np.asarray(squares) / (len(found) * len(trial.answers)))
    return rows


def _by_longitude(values: Array) -> Array:
    """Mean over all but longitude."""
    axes = tuple(i for i in range(values.ndim) if i != _LON)
    return np.asarray(values.mean(axis=axes))


def _seam(trial: Trial, rolled: Rolled) -> Finding:
    """Compare the jumps at the edge of the image with those at the same places within.

    The last jump of a row is the one across the seam.
    """
    runs = [(0, trial.baseline), *rolled.items()]
    names = [answer.name for answer in trial.answers]
    off, within, across = np.zeros((3, trial.baseline[0][names[0]].shape[_LON]))
    for answer in trial.answers:
        rms = trial.rms(answer)
        weight = np.where(trial.matters(answer), 1.0 / np.maximum(rms, 1e-300), 0.0)
        # By the place in the world: what a roll has at the seam, others have within.
        worlds = [_jumps(found, answer.name, shift) * weight for shift, found in runs]
        for number, (shift, _) in enumerate(runs):
            own = worlds[number]
            # One of the others may have its own seam there: the median passes it over.
            others = np.median(worlds[:number] + worlds[number + 1 :], axis=0)
            off = off + _at(own - others, shift)
            within = within + _at(others, shift)
            across = across + _at(own, shift)
    if not np.min(within) > 0.0:
        said = "the answer is the same at all longitudes"
        return not_applicable(SEAM, SEAM_TITLE, said, SEAM_CRITERION)
    change = np.sqrt(off / within)
    value = float(np.sqrt(np.sum(off[_EDGES]) / np.sum(within[_EDGES])))
    return Finding(
        SEAM,
        SEAM_TITLE,
        verdict(value <= MOST_JUMP),
        value,
        f"jumps at the seam are {value:.1%} off those at the same places within",
        SEAM_CRITERION,
        {
            "jump_across_over_jumps_elsewhere": float(
                np.sqrt(across[-1] / across[:-1].mean())
            ),
            "change_elsewhere": float(np.median(change)),
        },
        {"change": change},
    )


def _jumps(found: list[dict[str, Array]], name: str, shift: int) -> Array:
    """Jumps from each meridian to the next of a rolled answer, rolled back."""
    back = np.stack([np.roll(given[name], -shift, axis=_LON) for given in found])
    return np.asarray(np.roll(back, -1, axis=1 + _LON) - back)


def _at(jumps: Array, shift: int) -> Array:
    """Mean squares by the place in the image, of jumps by the place in the world."""
    squares = (jumps**2).mean(axis=(0, 1, 3))
    return np.roll(squares, shift)
