"""Steps in turns."""

import numpy as np

from gwparam.timing.rounds import measure, ratio


def test_steps_take_turns():
    calls = []
    rounds = []
    times = measure(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")},
        3,
        lambda: rounds.append(len(calls)),
        warm_up=1,
    )
    assert "".join(calls) == "ab" + 3 * "ab"
    assert rounds == [4, 6, 8]
    for its in times.values():
        assert its.elapsed.shape == its.cpu.shape == (3,)
        assert (its.elapsed > 0).all()
        assert (its.cpu >= 0).all()


def test_ratio_is_that_of_the_rounds():
    # The machine was slow in the second round: for both.
    assert ratio(np.array([2.0, 20.0, 2.0]), np.array([1.0, 10.0, 1.0])) == 2.0
