import math

import pytest
import torch

from gwparam.training.output_error import MEAN_MAGNITUDE, OutputError

ROWS, BLOCKS, NLEV = 3, 2, 5
SHAPE = (ROWS, BLOCKS, NLEV, 4, 7)
ROUNDING = 1e-6
"""Relative: some 10 roundings of float32, of 6e-8 each, in a mean of positive terms."""


@pytest.mark.parametrize(
    ("delta", "expected"), [(None, (0.25, 9.0)), (2.0, (0.125, 4.0))]
)
def test_errors_by_hand(delta, expected):
    error = OutputError((1.0,) * NLEV, 0.0, delta)
    zero = torch.zeros(SHAPE)

    found = [error(torch.full(SHAPE, d), zero).item() for d in (0.5, -3.0)]

    assert found == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("shape", [SHAPE, SHAPE[:3]], ids=["image", "columns"])
def test_weights_are_those_of_levels(shape):
    weights = (0.5, 1.0, 2.0, 4.0, 8.0)
    error = OutputError(weights, 0.0)
    found = []
    for level in range(NLEV):
        predicted = torch.zeros(shape)
        predicted[:, :, level] = 3.0
        found.append(error(predicted, torch.zeros(shape)).item())

    expected = [9.0 * weight / NLEV for weight in weights]
    assert found == pytest.approx(expected, rel=ROUNDING)


def test_size_of_the_target_weighs_and_not_that_of_the_prediction():
    error = OutputError((1.0,) * NLEV, 2.0)
    target = torch.full(SHAPE, -3.0)

    found = [error(target + d, target).item() for d in (1.0, -1.0)]

    expected = 7.0 / (1.0 + 2.0 * math.sqrt(2.0 / math.pi))
    assert found == pytest.approx([expected, expected], rel=ROUNDING)


def test_tail_weights_of_normal_values_have_mean_one():
    rows = 40_000
    generator = torch.Generator().manual_seed(2)
    target = torch.randn(rows, 1, NLEV, generator=generator)

    mean = OutputError((1.0,) * NLEV, 5.0)(target + 1.0, target).item()

    # Four standard errors: |z| has the variance 1 - 2 / pi.
    deviation = 5.0 * math.sqrt(1.0 - 2.0 / math.pi) / (1.0 + 5.0 * MEAN_MAGNITUDE)
    assert mean == pytest.approx(1.0, abs=4.0 * deviation / math.sqrt(rows * NLEV))
