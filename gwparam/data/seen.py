"""Which states the network was trained on."""

from collections.abc import Iterable, Sequence
from typing import Any

from gwparam.contract import TrainingDates


def seen_times(
    dates: Iterable[str | None], training: Sequence[TrainingDates] | None
) -> dict[str, Any] | None:
    """Count the times that are of days on which the network was trained.

    Parameters
    ----------
    dates : iterable of str or None
        When the states are, beginning with YYYY-MM-DD; None where they do not say.
    training : sequence of TrainingDates or None
        Of the contract.

    Returns
    -------
    dict or None
        ``training_dates``; ``seen``, ``unseen`` and ``undated`` numbers of times. None
        where the contract does not say it.
    """
    if not training:
        return None
    counts = {"seen": 0, "unseen": 0, "undated": 0}
    for date in dates:
        if date is None:
            counts["undated"] += 1
        elif any(period.first <= date[:10] <= period.last for period in training):
            counts["seen"] += 1
        else:
            counts["unseen"] += 1
    periods = [[period.first, period.last] for period in training]
    return {"training_dates": periods, **counts}


def describe_seen(found: dict[str, Any] | None) -> str:
    """Say it in a line, for people."""
    if found is None:
        return "trained on: the artefact does not say which dates"
    periods = found["training_dates"]
    spelled = ", ".join(f"{first} to {last}" for first, last in periods[:3])
    more = f" and {len(periods) - 3} more" if periods[3:] else ""
    seen, unseen, undated = found["seen"], found["unseen"], found["undated"]
    total = seen + unseen + undated
    what = f"trained on {spelled}{more}: "
    if seen:
        return (
            what + f"{seen} of {total} times are of these days; scores of states that "
            "the network has seen flatter it"
        )
    if undated:
        return (
            what + f"{undated} of {total} times have no date, so they may be of these"
        )
    return what + f"none of the {total} times is of these days"
