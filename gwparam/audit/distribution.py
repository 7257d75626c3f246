"""The distribution of the drag beside a reference: its tail, its spread, Hellinger."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.reference import Beside, beside_reference
from gwparam.audit.subject import component
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
    "reference, and there is no drag in a component where the reference has none"
)
VARIANCE_CRITERION = (
    f"the variance is {_SPAN} times that of the reference, and there is none in a "
    "component where the reference has none; the Hellinger distance stands beside and "
    "is not judged, for it can be fooled"
)


def distribution(trial: Trial) -> tuple[Finding, Finding]:
    """Compare the distribution of the answer with that of a reference.

    All columns and levels of a component are pooled, as in ``gwparam evaluate``, whose
    bins the Hellinger distance has too. What is not defined, since the reference is 0
    there or does not vary, is left out and said.
    """
    beside = beside_reference(trial)
    if not beside.pairs:
        return (
            not_applicable(TAIL, TAIL_TITLE, beside.said, TAIL_CRITERION),
            not_applicable(VARIANCE, VARIANCE_TITLE, beside.said, VARIANCE_CRITERION),
        )
    return _tail(beside), _variance(beside)


def _tail(beside: Beside) -> Finding:
    ladders = {name: quantile_ladder(*pair) for name, pair in beside.pairs.items()}
    rungs = np.array([r for ladder in ladders.values() for r in ladder])
    said = [
        f"{component(name)} {', '.join(_rung(r) for r in ladder)}"
        for name, ladder in ladders.items()
    ]
    finding = _judged(
        (TAIL, TAIL_TITLE, TAIL_CRITERION), rungs, "P90, P99, P99.9", said, beside
    )
    return replace(
        finding,
        numbers={"quantiles": QUANTILES, "ratios": ladders, **finding.numbers},
        curves={"pairs": {n: _exceedance(pair) for n, pair in beside.pairs.items()}},
    )


def _variance(beside: Beside) -> Finding:
    ratios = {name: variance_ratio(*pair) for name, pair in beside.pairs.items()}
    distances = {
        name: _hellinger(*pair)
        for name, pair in beside.pairs.items()
        if np.isfinite(ratios[name])
    }
    said = [
        f"{component(name)} {ratios[name]:.2f} (Hellinger {distance[0]:.3f})"
        if (distance := distances.get(name)) is not None
        else f"{component(name)} none, for the reference does not vary"
        for name in ratios
    ]
    finding = _judged(
        (VARIANCE, VARIANCE_TITLE, VARIANCE_CRITERION),
        np.array(list(ratios.values())),
        "variance",
        said,
        beside,
    )
    numbers = {
        "variance_ratio": ratios,
        "hellinger": {n: d[0] for n, d in distances.items()},
        "hellinger_printed": {n: d[1] for n, d in distances.items()},
    }
    return replace(finding, numbers={**numbers, **finding.numbers})


def _judged(
    names: tuple[str, str, str],
    ratios: Array,
    what: str,
    said: list[str],
    beside: Beside,
) -> Finding:
    """Judge ratios to a reference, as far as they are defined."""
    check, title, criterion = names
    words = f"{what} over the reference's: {'; '.join(said)}"
    if beside.said:
        words += f"; {beside.said}"
    known = ratios[np.isfinite(ratios)]
    if not known.size and beside.silent:
        return not_applicable(check, title, words, criterion)
    good = bool(((known >= LEAST) & (known <= MOST)).all()) and beside.silent
    off = np.abs(np.log(np.maximum(known, 1e-9)))
    worst = float(known[off.argmax()]) if known.size else None
    numbers = {"share_where_the_reference_is_0": dict(beside.none)}
    return Finding(check, title, verdict(good), worst, words, criterion, numbers)


def _rung(ratio: float) -> str:
    return f"{ratio:.2f}" if np.isfinite(ratio) else "none (0 in the reference)"


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
