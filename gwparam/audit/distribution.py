"""The distribution of the drag beside a reference: its tail, its spread, Hellinger."""

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.trial import Trial
from gwparam.evaluate.hellinger import Binning, count, hellinger, hellinger_printed
from gwparam.evaluate.ladder import QUANTILES, quantile_ladder, variance_ratio

Array = NDArray[np.float64]

TAIL, TAIL_TITLE = "tail", "Tail of the distribution"
VARIANCE, VARIANCE_TITLE = "variance", "Variance"
LEAST, MOST = 0.8, 1.25
_SPAN = f"from {LEAST:g} to {MOST:g}"
TAIL_CRITERION = (
    f"the quantiles P90, P99 and P99.9 of the magnitude are {_SPAN} times those of the "
    "reference"
)
VARIANCE_CRITERION = (
    f"the variance is {_SPAN} times that of the reference; the Hellinger distance "
    "stands beside and is not judged, for it can be fooled"
)
_ABSENT = "the states have no reference that varies"


def distribution(trial: Trial) -> tuple[Finding, Finding]:
    """Compare the distribution of the answer with that of a reference.

    All columns and levels of a component are pooled, as in ``gwparam evaluate``, whose
    bins the Hellinger distance has too.
    """
    known = [a.name for a in trial.answers if a.name in trial.sample.references[0]]
    pairs = {
        name: (
            trial.columns(trial.baseline, name),
            trial.columns(trial.sample.references, name),
        )
        for name in known
    }
    pairs = {name: pair for name, pair in pairs.items() if np.ptp(pair[1]) > 0.0}
    if not pairs:
        return (
            not_applicable(TAIL, TAIL_TITLE, _ABSENT, TAIL_CRITERION),
            not_applicable(VARIANCE, VARIANCE_TITLE, _ABSENT, VARIANCE_CRITERION),
        )
    return _tail(pairs), _variance(pairs)


Pairs = dict[str, tuple[Array, Array]]


def _tail(pairs: Pairs) -> Finding:
    ladders = {name: quantile_ladder(*pair) for name, pair in pairs.items()}
    rungs = np.stack(list(ladders.values()))
    worst = float(rungs.flat[int(np.abs(np.log(np.maximum(rungs, 1e-9))).argmax())])
    said = "; ".join(
        f"{_short(name)} {', '.join(f'{rung:.2f}' for rung in ladder)}"
        for name, ladder in ladders.items()
    )
    return Finding(
        TAIL,
        TAIL_TITLE,
        verdict(bool((rungs >= LEAST).all() and (rungs <= MOST).all())),
        worst,
        f"P90, P99, P99.9 of the reference's: {said}",
        TAIL_CRITERION,
        {"quantiles": QUANTILES, "ratios": ladders},
        {"pairs": {name: _exceedance(pair) for name, pair in pairs.items()}},
    )


def _variance(pairs: Pairs) -> Finding:
    ratios = {name: variance_ratio(*pair) for name, pair in pairs.items()}
    distances = {name: _hellinger(*pair) for name, pair in pairs.items()}
    worst = max(ratios.values(), key=lambda r: abs(np.log(max(r, 1e-9))))
    said = "; ".join(
        f"{_short(name)} {ratio:.2f} (Hellinger {distances[name][0]:.3f})"
        for name, ratio in ratios.items()
    )
    return Finding(
        VARIANCE,
        VARIANCE_TITLE,
        verdict(all(LEAST <= r <= MOST for r in ratios.values())),
        worst,
        f"variance over the reference's: {said}",
        VARIANCE_CRITERION,
        {
            "variance_ratio": ratios,
            "hellinger": {n: d[0] for n, d in distances.items()},
            "hellinger_printed": {n: d[1] for n, d in distances.items()},
        },
    )


def _hellinger(given: Array, truth: Array) -> tuple[float, float]:
    low, high = np.array([truth.min()]), np.array([truth.max()])
    (edges,) = Binning().find_edges(low, high)
    one = np.ones(1)
    p, q = (count(values, edges, one) for values in (truth, given))
    return float(hellinger(p, q)), float(hellinger_printed(p, q))


def _exceedance(pair: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Magnitudes of answer and reference that so large a share exceeds."""
    share = np.logspace(0.0, -4.0, 81)
    given, truth = (np.quantile(np.abs(x), 1.0 - share) for x in pair)
    return share, given, truth


def _short(name: str) -> str:
    return next((w for w in ("eastward", "northward") if w in name), name)
