"""Steps that are timed in turns."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Step = Callable[[], object]
K = TypeVar("K")


@dataclass(frozen=True)
class Times:
    """How long a step took in each round.

    Attributes
    ----------
    elapsed : ndarray, shape (rounds,)
        By the clock [s].
    cpu : ndarray, shape (rounds,)
        On all cores together [s]: what other programs take does not count.
    """

    elapsed: Array
    cpu: Array


def measure(
    steps: Mapping[K, Step],
    rounds: int,
    advance: Callable[[], object] = lambda: None,
    warm_up: int = 2,
) -> dict[K, Times]:
    """Time steps one after the other, round by round.

    Parameters
    ----------
    steps : mapping of callables
        What is timed.
    rounds : int
        How often, at least 1.
    advance : callable, optional
        Called after each round.
    warm_up : int
        Calls of each step before.

    Returns
    -------
    dict of Times
        By the keys of the steps.
    """
    for step in steps.values():
        for _ in range(warm_up):
            step()
    elapsed = {name: np.empty(rounds) for name in steps}
    cpu = {name: np.empty(rounds) for name in steps}
    for i in range(rounds):
        for name, step in steps.items():
            start, start_cpu = time.perf_counter(), time.process_time()
            step()
            cpu[name][i] = time.process_time() - start_cpu
            elapsed[name][i] = time.perf_counter() - start
        advance()
    return {name: Times(elapsed[name], cpu[name]) for name in steps}


def ratio(times: Array, over: Array) -> float:
    """Median over the rounds of one time over another of the same round."""
    return float(np.median(times / over))
