"""Which components of an answer have a reference, and which of these is 0."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.subject import component
from gwparam.audit.trial import LEAST, Trial

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Beside:
    """An answer beside its reference.

    Attributes
    ----------
    pairs : mapping of str to tuple of ndarray
        Answer and reference (column, level), of components whose reference is not 0.
    none : mapping of str to float
        Components whose reference is 0 everywhere while another's is not: the answer
        over the largest reference (both rms).
    said : str
        What is to be said of references that are 0; empty if nothing.
    """

    pairs: Mapping[str, tuple[Array, Array]]
    none: Mapping[str, float]
    said: str

    @property
    def silent(self) -> bool:
        """Whether there is no answer to speak of where the reference is 0."""
        return all(share <= LEAST for share in self.none.values())


def beside_reference(trial: Trial) -> Beside:
    """Put every component beside its reference, for all checks that compare.

    A reference that is 0 everywhere is an answer like any other where another component
    has drag. Where none has, the files hold no drag, and nothing is compared.
    """
    pairs = {
        a.name: (
            trial.columns(trial.baseline, a.name),
            trial.columns(trial.sample.references, a.name),
        )
        for a in trial.answers
        if a.name in trial.sample.references[0]
    }
    if not pairs:
        return Beside({}, {}, "the states have no reference")
    largest = max(_rms(truth) for _, truth in pairs.values())
    if not largest > 0.0:
        return Beside({}, {}, "the reference is 0 everywhere, and not compared")
    some = {name: pair for name, pair in pairs.items() if pair[1].any()}
    none = {n: _rms(pair[0]) / largest for n, pair in pairs.items() if n not in some}
    said = "; ".join(
        f"{component(name)} {share:.1%} of the largest reference, expected 0"
        for name, share in none.items()
    )
    return Beside(some, none, said)


def _rms(values: Array) -> float:
    return float(np.sqrt((values**2).mean()))
