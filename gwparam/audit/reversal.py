"""Reversal: winds turned round, a symmetric source gives the drag turned round."""

import numpy as np

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.subject import WINDS, State
from gwparam.audit.trial import Trial

KEY, TITLE = "reversal", "Reversal of the wind"
MOST = 0.05
CRITERION = (
    f"at most {MOST:.0%} of the answer's energy stays where all winds change sign; "
    "judged unless the source is said to be asymmetric"
)


def reversal(trial: Trial, *, symmetric: bool = True) -> Finding:
    """Measure which share of the answer does not reverse with the wind.

    With ``d(u)`` the answer, ``e = (d(u) + d(-u)) / 2`` and ``o = (d(u) - d(-u)) / 2``,
    the number is ``sum(e**2) / (sum(e**2) + sum(o**2))``: 0 where the drag reverses, 1
    where the wind's sign is no matter. All winds turn that the subject sees, whichever
    of them it answers.

    Parameters
    ----------
    trial : Trial
        What is audited.
    symmetric : bool
        Whether the source sends as much to either side, so that it has to be 0.
    """
    winds = [f.name for f in trial.subject.inputs if any(w in f.name for w in WINDS)]
    if not winds:
        return not_applicable(KEY, TITLE, "it sees no wind", CRITERION)

    def turned(state: State) -> State:
        return {name: -state[name] for name in winds}

    reversed_ = trial.changed(turned)
    parts = []
    for answer in trial.answers:
        given = trial.columns(trial.baseline, answer.name)
        back = trial.columns(reversed_, answer.name)
        even, odd = 0.5 * (given + back), 0.5 * (given - back)
        parts.append(((even**2).mean(axis=0), (odd**2).mean(axis=0)))
    even, odd = np.array(parts).sum(axis=0)
    total = even.sum() + odd.sum()
    if not total > 0.0:
        said = "the answer is 0 everywhere"
        return not_applicable(KEY, TITLE, said, CRITERION)
    share = float(even.sum() / total)
    others = [f.name for f in trial.inputs() if f.name not in winds]
    said = f"{share:.2%} of the energy does not reverse"
    if not symmetric:
        said += ", with a source that is said to be asymmetric"
    by_answer = {
        a.name: float(e.sum() / (e.sum() + o.sum())) if (e + o).any() else None
        for a, (e, o) in zip(trial.answers, parts, strict=True)
    }
    return Finding(
        KEY,
        TITLE,
        verdict(share <= MOST) if symmetric else "not applicable",
        share,
        said,
        CRITERION,
        {
            "share_by_output": by_answer,
            "turned": winds,
            "kept_as_they_are": others,
        },
        {"even": np.sqrt(even), "odd": np.sqrt(odd)},
    )
