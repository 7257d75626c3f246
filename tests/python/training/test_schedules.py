import io
import math

import pytest
import torch
from torch import nn

from gwparam.training.schedules import CHOICES, make_schedule

LARGEST, STEPS = 3e-3, 130
ROUNDING = 1e-12
"""Relative: float64, of a recursion over some 100 steps at the most."""
# Of one-cycle, as torch has them; Smith and Topin (2019) have others in every figure.
FIRST_PART, LAST_PART, WARM_UP = 1 / 25, 1 / (25 * 1e4), 0.3


def training(how, largest=LARGEST, steps=STEPS):
    optimizer = torch.optim.Adam([nn.Parameter(torch.ones(2))], lr=largest)
    return optimizer, make_schedule(optimizer, how, largest, steps)


def advance(optimizer, schedule, steps):
    """Make steps; the rate of each."""
    rates = []
    for _ in range(steps):
        optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
        optimizer.step()
        rates.append(optimizer.param_groups[0]["lr"])
        schedule.step()
    return rates


def rates_of(how, steps=STEPS):
    return advance(*training(how, steps=steps), steps)


def test_constant_is_constant():
    assert rates_of("constant") == [LARGEST] * STEPS


def test_cosine_is_half_a_wave_from_the_largest_to_0():
    expected = [
        LARGEST * (1.0 + math.cos(math.pi * step / STEPS)) / 2.0
        for step in range(STEPS)
    ]

    assert rates_of("cosine") == pytest.approx(expected, rel=ROUNDING)


def test_cosine_is_0_after_the_last_step():
    optimizer, schedule = training("cosine")

    advance(optimizer, schedule, STEPS)

    assert abs(optimizer.param_groups[0]["lr"]) < ROUNDING * LARGEST


def test_cyclic_goes_up_in_50_steps_and_down_in_50():
    # 1e-4 to 5e-4 as published: 0 to 1 and back over 100 steps.
    way = [1.0 - abs(step % 100 - 50) / 50 for step in range(STEPS)]
    expected = [LARGEST * (0.2 + 0.8 * part) for part in way]

    assert rates_of("cyclic") == pytest.approx(expected, rel=ROUNDING)


def test_cyclic_begins_with_a_fifth_and_reaches_the_largest():
    rates = rates_of("cyclic")

    assert (rates[0], rates[50]) == pytest.approx((LARGEST / 5, LARGEST), rel=ROUNDING)


def test_one_cycle_goes_up_once_and_down_once():
    rates = rates_of("one-cycle")

    top = rates.index(max(rates))
    assert top == pytest.approx(WARM_UP * STEPS, abs=1)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    # Between two steps the top may be missed by the width of a step.
    assert rates[top] == pytest.approx(LARGEST, rel=(2 / STEPS) ** 2 * math.pi**2)


def test_one_cycle_begins_and_ends_low():
    rates = rates_of("one-cycle")

    ends = (LARGEST * FIRST_PART, LARGEST * LAST_PART)
    # The last is the small difference of numbers of the size of the largest.
    expected = pytest.approx(ends, rel=ROUNDING, abs=1e-15 * LARGEST)
    assert (rates[0], rates[-1]) == expected


@pytest.mark.parametrize("how", CHOICES)
@pytest.mark.parametrize("steps", [0, 1, 2])
def test_short_training_has_a_schedule(how, steps):
    rates = rates_of(how, steps)

    assert all(0.0 <= rate <= LARGEST * (1.0 + ROUNDING) for rate in rates)


@pytest.mark.parametrize("how", CHOICES)
@pytest.mark.parametrize("done", [0, 37, 77])
def test_restored_schedule_goes_on_with_the_same_bits(how, done):
    expected = rates_of(how)
    optimizer, schedule = training(how)
    advance(optimizer, schedule, done)
    file = io.BytesIO()
    torch.save((optimizer.state_dict(), schedule.state_dict()), file)
    file.seek(0)

    again, after = training(how)
    # Nothing but tensors, numbers, text and containers of them.
    states = torch.load(file, weights_only=True)
    for part, state in zip((again, after), states, strict=True):
        part.load_state_dict(state)

    assert advance(again, after, STEPS - done) == expected[done:]


def test_restored_one_cycle_has_the_same_momentum():
    optimizer, schedule = training("one-cycle")
    advance(optimizer, schedule, 37)
    again, after = training("one-cycle")
    again.load_state_dict(optimizer.state_dict())
    after.load_state_dict(schedule.state_dict())

    for parts in ((optimizer, schedule), (again, after)):
        advance(*parts, 5)

    group, other = optimizer.param_groups[0], again.param_groups[0]
    assert other["betas"] == group["betas"]
