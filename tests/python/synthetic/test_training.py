import numpy as np
import pytest
import torch

from gwparam.errors import ArgumentError, InferenceError
from gwparam.synthetic.samples import Samples
from gwparam.synthetic.settings import TrainingSettings
from gwparam.synthetic.training import initial_network, steps_of, train

SETTINGS = TrainingSettings(epochs=5, batch=64, learning_rate=2e-3, seed=1)


def _losses(samples: Samples, settings: TrainingSettings) -> list[float]:
    network = initial_network(samples, settings.seed)
    return [progress.loss for progress in train(network, samples, settings)]


def test_a_short_training_lowers_the_loss(samples: Samples) -> None:
    losses = _losses(samples, SETTINGS)
    assert len(losses) == steps_of(samples, SETTINGS)
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


def test_training_is_that_of_its_seed(samples: Samples) -> None:
    first = TrainingSettings(epochs=1, batch=128, seed=1)
    other = TrainingSettings(epochs=1, batch=128, seed=2)
    assert _losses(samples, first) == _losses(samples, first)
    assert _losses(samples, first) != _losses(samples, other)


def test_initial_network_leaves_the_random_numbers_of_the_caller(
    samples: Samples,
) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    initial_network(samples, seed=5)
    assert torch.equal(torch.rand(3), expected)


def test_initial_network_standardises_the_features(samples: Samples) -> None:
    network = initial_network(samples, seed=0)
    scaled = network.shared[0](samples.features).detach().double()
    assert scaled.mean(dim=0).abs().max() < 1e-3
    assert scaled.std(dim=0) == pytest.approx(1.0, abs=1e-3)


def test_statistics_of_the_features_stay_as_they_are(samples: Samples) -> None:
    network = initial_network(samples, seed=0)
    before = network.get_buffer("shared.0.running_mean").clone()
    for _ in train(network, samples, TrainingSettings(epochs=1, batch=128)):
        pass
    assert torch.equal(network.get_buffer("shared.0.running_mean"), before)
    assert not network.training


def test_samples_that_fill_no_batch_are_one_batch(samples: Samples) -> None:
    settings = TrainingSettings(epochs=3, batch=100_000)
    assert len(_losses(samples, settings)) == 3


def test_a_loss_that_is_not_finite_ends_the_training(samples: Samples) -> None:
    broken = Samples(
        samples.features,
        samples.drag * float("nan"),
        samples.mean,
        samples.standard_deviation,
    )
    with pytest.raises(InferenceError, match="loss is nan at step 1"):
        _losses(broken, SETTINGS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs is 0, expected more than 0"),
        ({"batch": -1}, "batch is -1, expected more than 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"seed": -1}, "seed is -1, expected at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(
    change: dict[str, float], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        TrainingSettings(**change)  # type: ignore[arg-type]  # one of several types
