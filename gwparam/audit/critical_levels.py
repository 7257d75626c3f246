"""Critical levels: drag pulls the wind towards the phase speeds that it meets."""

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.subject import Answer, component
from gwparam.audit.trial import Trial

Array = NDArray[np.float64]

KEY, TITLE = "critical_levels", "Critical levels"
LEAST = 0.8
TOP = 1000.0
"""Above this pressure [Pa] waves break before the wind meets their phase speed."""
CRITERION = (
    "where the wind first meets phase speeds on its way up from the source, below "
    f"{TOP / 100:g} hPa, the drag is on the side of these waves: alignment at least "
    f"{LEAST:g}, from −1 to 1, in every component"
)
SOURCE_PRESSURE = 3.0e4
"""Where waves start, unless the levels begin above it [Pa]."""


def critical_levels(trial: Trial, source_pressure: float = SOURCE_PRESSURE) -> Finding:
    """Measure whether the drag is on the side of the waves that meet their speed.

    Going up from the source, the wind at a level is either within what it was below or
    beyond it. Where it goes beyond, by ``du``, waves with phase speeds in ``du`` that
    came up to here have their critical level and leave their momentum: with a source
    of many phase speeds the drag has the sign of ``du`` there, relative to the wind at
    the source. The number is ``sum(du d) / sum(|du| |d|)``, d the drag over its
    root mean square at the level, so that every level counts the same. Every component
    counts by itself, and the least is judged.

    Parameters
    ----------
    trial : Trial
        What is audited.
    source_pressure : float
        Where the waves start [Pa]; at the lowest level, if that is above.

    Notes
    -----
    Source: Booker and Bretherton (1967), J. Fluid Mech. 27, 513-539, for what happens
    at the level; Lindzen and Holton (1968), J. Atmos. Sci. 25, 1095-1107, and Alexander
    and Dunkerton (1999), J. Atmos. Sci. 56, 4167-4182, for a spectrum of speeds.
    """
    components = [a for a in trial.answers if a.wind and a.units == "m s-2"]
    pressure = trial.sample.pressure
    source = trial.sample.level_at(source_pressure)
    levels = np.arange(source - 1, -1, -1)
    levels = levels[pressure[levels] >= TOP]
    if not components or not levels.size:
        said = (
            "it gives no drag on a wind that it sees"
            if not components
            else f"it has no levels between the source and {TOP / 100:g} hPa"
        )
        return not_applicable(KEY, TITLE, said, CRITERION)
    found = {a.name: _aligned(trial, a, source) for a in components}
    by_answer = {
        name: _ratio(along[:, levels].sum(), np.abs(along[:, levels]).sum())
        for name, (along, _) in found.items()
    }
    known = {name: ratio for name, ratio in by_answer.items() if ratio is not None}
    if not known:
        said = "the wind meets no new phase speeds, or there is no drag"
        return not_applicable(KEY, TITLE, said, CRITERION)
    worst = min(known, key=lambda name: known[name])
    value, (along, column) = known[worst], found[worst]
    size = np.abs(along).sum(axis=0)
    profile = np.full(size.shape, np.nan)
    np.divide(along.sum(axis=0), size, out=profile, where=size > 0.0)
    most = int(np.abs(along[:, levels]).sum(axis=1).argmax())
    return Finding(
        KEY,
        TITLE,
        verdict(value >= LEAST),
        value,
        f"alignment {value:.2f} with the waves that meet their phase speed, "
        f"{component(worst)}",
        CRITERION,
        {
            "alignment_by_output": by_answer,
            "source_pressure": float(pressure[source]),
            "levels": int(levels.size),
        },
        {
            "alignment": profile,
            "judged": np.isin(np.arange(pressure.size), levels),
            "example": tuple(values[most] for values in column),
        },
    )


def _aligned(
    trial: Trial, answer: Answer, source: int
) -> tuple[Array, tuple[Array, Array, Array]]:
    """Multiply new speeds and drag (column, level); wind, both of them beside."""
    assert answer.wind is not None
    wind = trial.columns(trial.sample.states, answer.wind)
    met, rms = new_speeds(wind, source), trial.rms(answer)
    drag = trial.columns(trial.baseline, answer.name)
    drag = drag * np.where(trial.matters(answer), 1.0 / np.maximum(rms, 1e-300), 0.0)
    return met * drag, (wind, met, drag)


def new_speeds(wind: Array, source: int) -> Array:
    """How far the wind goes at each level beyond what it was from the source to there.

    Parameters
    ----------
    wind : ndarray, shape (column, level)
        Top first [m s-1].
    source : int
        Level of the source.

    Returns
    -------
    ndarray, shape (column, level)
        Positive where it is the largest so far, negative where the least, else 0; 0 at
        the source and below.
    """
    up = wind[:, source::-1]
    highest = np.maximum.accumulate(up, axis=1)[:, :-1]
    lowest = np.minimum.accumulate(up, axis=1)[:, :-1]
    beyond = np.maximum(up[:, 1:] - highest, 0.0) + np.minimum(up[:, 1:] - lowest, 0.0)
    found = np.zeros_like(wind)
    found[:, :source] = beyond[:, ::-1]
    return found


def _ratio(above: float, below: float) -> float | None:
    return float(above / below) if below > 0.0 else None
