"""Noise on the inputs: states of a model are never those of training to the digit."""

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.subject import COORDINATES, State
from gwparam.audit.trial import SEED, Trial

Array = NDArray[np.float64]

KEY, TITLE = "noise", "Noise on the inputs"
MOST = {0.01: 0.10, 0.05: 0.25}
"""Largest change of the answer, by the share of noise."""
CRITERION = (
    "Gaussian noise of 1% and 5% of the standard deviation of each input at each level "
    "changes the answer by at most 10% and 25% (rms, of the answer's own)"
)


def noise(trial: Trial) -> Finding:
    """Measure how noise on all weather changes the answer.

    Noise is independent in every value, of a share of the standard deviation of its
    input and level over the states. Where a column is stays known.
    """
    names = [f.name for f in trial.subject.inputs if f.name not in COORDINATES]
    size = _size(trial, [trial.columns(trial.baseline, a.name) for a in trial.answers])
    if not names or not size.any():
        said = "it has no weather among its inputs, or no answer"
        return not_applicable(KEY, TITLE, said, CRITERION)
    names = [name for name in names if trial.spread(name).any()]
    if not names:
        said = "its weather is the same in all columns"
        return not_applicable(KEY, TITLE, said, CRITERION)
    changes, profiles = {}, {}
    for share in MOST:
        found = _noisy(trial, names, share)
        change = _size(
            trial,
            [
                trial.columns(found, a.name) - trial.columns(trial.baseline, a.name)
                for a in trial.answers
            ],
        )
        changes[share] = float(np.sqrt((change**2).sum() / (size**2).sum()))
        profiles[share] = change
    worst = max(changes, key=lambda share: changes[share] / MOST[share])
    said = ", ".join(f"{s:.0%} noise changes {c:.1%}" for s, c in changes.items())
    return Finding(
        KEY,
        TITLE,
        verdict(changes[worst] <= MOST[worst]),
        changes[worst],
        said,
        CRITERION,
        {
            "relative_change": {f"{s:g}": c for s, c in changes.items()},
            "inputs": names,
        },
        {"change": profiles, "size": size},
    )


def _noisy(trial: Trial, names: list[str], share: float) -> list[dict[str, Array]]:
    generator = np.random.default_rng(SEED)
    spreads = {name: trial.spread(name) for name in names}

    def change(state: State) -> State:
        return {
            name: state[name]
            + share * spreads[name] * generator.standard_normal(state[name].shape)
            for name in names
        }

    return trial.changed(change)


def _size(trial: Trial, values: list[Array]) -> Array:
    """Root mean square of all components by level."""
    squares = np.sum([(v**2).mean(axis=0) for v in values], axis=0)
    return np.asarray(np.sqrt(squares))
