"""A subject on trial: its answers to the sample, and to what is made of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.sample import Sample
from gwparam.audit.subject import Answer, State, Subject
from gwparam.contract import Field

Array = NDArray[np.float64]
Answers = dict[str, Array]

SEED = 20250516
LEAST = 1e-3
"""Share of the largest answer below which there is none to speak of."""


class Trial:
    """A subject and the states that it is asked about.

    Parameters
    ----------
    subject : Subject
        What is audited.
    sample : Sample
        The states.
    answers : sequence of Answer
        What is looked at.
    advance : callable
        Called after each state that the subject answered.

    Attributes
    ----------
    baseline : list of dict of str to ndarray
        All outputs for the states as they are, in float64.
    """

    def __init__(
        self,
        subject: Subject,
        sample: Sample,
        answers: Sequence[Answer],
        advance: Callable[[], None] = lambda: None,
    ) -> None:
        self.subject, self.sample, self.answers = subject, sample, tuple(answers)
        self._advance = advance
        self.baseline = self.ask(sample.states)

    def ask(self, states: Iterable[State]) -> list[Answers]:
        """Give all outputs of states, in float64."""
        found = []
        for state in states:
            given = self.subject.answer(state)
            found.append({n: np.asarray(v, np.float64) for n, v in given.items()})
            self._advance()
        return found

    def changed(self, change: Callable[[State], State]) -> list[Answers]:
        """Ask about every state with something changed in it.

        Parameters
        ----------
        change : callable
            Gives the fields that are others.
        """
        return self.ask({**state, **change(state)} for state in self.sample.states)

    def columns(self, given: Sequence[Mapping[str, Array]], name: str) -> Array:
        """Put a field of all states in one array (column, level)."""
        return _columns([state[name] for state in given])

    def inputs(self, levels: str = "full") -> list[Field]:
        """List the inputs on levels, or at the surface."""
        return [f for f in self.subject.inputs if f.levels == levels]

    def spread(self, name: str) -> Array:
        """Give the standard deviation of an input over all columns, by level."""
        values = [state[name] for state in self.sample.states]
        on_levels = name in {field.name for field in self.inputs()}
        flat = [v if on_levels else v.reshape(-1, 1) for v in values]
        return np.asarray(_columns(flat).std(axis=0))

    def rms(self, answer: Answer) -> Array:
        """Root mean square of an answer at every level."""
        found = self.columns(self.baseline, answer.name)
        return np.asarray(np.sqrt((found**2).mean(axis=0)))

    def matters(self, answer: Answer) -> NDArray[np.bool_]:
        """Say at which levels there is an answer to speak of.

        That is a thousandth of the component's largest; none, where that is less than
        a thousandth of the largest of all components in the same units.
        """
        rms = self.rms(answer)
        others = [self.rms(a).max() for a in self.answers if a.units == answer.units]
        speaks = rms.max() > LEAST * max(others)
        return np.asarray(speaks & (rms > LEAST * rms.max()))


def _columns(values: Sequence[Array]) -> Array:
    return np.concatenate([v.reshape(-1, v.shape[-1]) for v in values])
