import pytest
import torch

from gwparam.training.input_noise import CHOICES, InputNoise

DEVIATION = torch.tensor([2.0, 0.0, 30.0])


@pytest.mark.parametrize("trailing", [(), (3, 3)])
def test_noise_has_the_size_of_each_channel(trailing) -> None:
    torch.manual_seed(0)
    features = 5.0 + torch.zeros(20000, 3, *trailing)
    noise = InputNoise(0.1, "constant", DEVIATION, 10).add(features, 4) - features
    channels = noise.transpose(0, 1).flatten(1)
    assert torch.allclose(channels.std(dim=1), 0.1 * DEVIATION, rtol=0.03)
    assert torch.allclose(channels.mean(dim=1), torch.zeros(3), atol=0.1)
    assert not channels[1].any()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1.0, 1.0, 1.0]),
        ("linear", [1.0, 0.75, 0.0]),
        ("cosine", [1.0, 0.5 + 0.25 * 2.0**0.5, 0.0]),
    ],
)
def test_a_schedule_goes_from_the_size_to_its_end(schedule, expected) -> None:
    assert schedule in CHOICES
    noise = InputNoise(0.2, schedule, DEVIATION, 8)
    found = [noise.size(step) / 0.2 for step in (0, 2, 8)]
    assert found == pytest.approx(expected)


def test_every_value_has_a_noise_of_its_own() -> None:
    torch.manual_seed(1)
    features = torch.zeros(4, 3)
    noise = InputNoise(1.0, "constant", torch.ones(3), 1)
    first, second = noise.add(features, 0), noise.add(features, 0)
    assert len(torch.cat((first, second)).unique()) == 24
