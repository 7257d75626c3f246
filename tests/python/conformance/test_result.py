import numpy as np
import pytest

from gwparam.conformance.result import OutputResult, Replay
from gwparam.contract import Field
from gwparam.evaluate.scores import Scores, globe_and_bands

EXPECTED = np.array([[1.0, -4.0], [0.5, 2.0]])


def output(predicted, expected=EXPECTED):
    """The result of an output on two levels of two columns."""
    difference = Scores(globe_and_bands(None), 2)
    difference.add(predicted, expected)
    field = Field("drag", "m s-2", "full", "float64")
    return OutputResult(
        field, (1e4, 9e4), slice(None), difference, None, None, {}, None
    )


def test_difference_is_relative_to_the_largest_value_of_pytorch():
    predicted = EXPECTED.copy()
    predicted[1, 0] += 0.1

    assert output(predicted).relative_difference == pytest.approx(0.1 / 4.0, rel=1e-14)


def test_difference_from_nothing_is_absolute():
    assert output(np.full((2, 2), 0.3), np.zeros((2, 2))).relative_difference == 0.3


@pytest.mark.parametrize(("tolerance", "agrees"), [(0.02, False), (0.03, True)])
def test_replay_agrees_if_every_output_does(tolerance, agrees):
    outputs = [output(EXPECTED), output(EXPECTED + 0.1)]

    replay = Replay(range(1), 2, (1e4, 9e4), tolerance, outputs, has_latitude=False)

    assert replay.agrees is agrees
