"""A head learns which columns a network is wrong in."""

import numpy as np
import pytest

from gwparam.confidence.calibration import calibrate
from gwparam.confidence.columns import Columns
from gwparam.confidence.fit import Settings, fit
from gwparam.errors import InferenceError

SETTINGS = Settings(epochs=40, batch=128, width=16, learning_rate=3e-3)
SCALE = np.array([1e-4, 2e-5, 0.0, 3e-6])
"""Of the true drag at each of its values; one has none."""


def columns(seed, count=4000):
    """Errors that grow with the second of three features, whatever the others are."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((count, 3)) * [10.0, 1.0, 1e-4]
    features[:, 0] += 1e5
    size = np.exp(0.8 * features[:, 1])
    truth = rng.standard_normal((count, 4)) * SCALE
    error = 0.3 * size[:, None] * SCALE * rng.standard_normal((count, 4))
    return Columns(*(x.astype(np.float32) for x in (features, error, truth)))


@pytest.fixture(scope="module")
def fitted():
    return fit(columns(1), columns(2), SETTINGS)


def test_it_expects_the_error_that_is_there(fitted):
    kept = columns(3)
    features = kept.features
    found = calibrate(fitted, kept)

    assert fitted.loss < fitted.constant_loss - 0.3
    np.testing.assert_allclose(found.expected, found.found, rtol=0.25)
    assert (np.diff(found.found) > 0.0).all()
    import torch

    expected = fitted.head(torch.from_numpy(features)).exp().detach().numpy()
    # Within the range that training has seen often.
    usual = np.abs(features[:, 1]) < 1.5
    ratio = expected[usual] / (0.3 * np.exp(0.8 * features[usual, 1]))
    assert np.abs(np.log(ratio)).mean() < 0.1


def test_the_best_epoch_counts_and_progress_is_told():
    calls = []
    found = fit(columns(1, 500), columns(2, 300), SETTINGS, lambda: calls.append(1))
    assert len(calls) == SETTINGS.epochs
    assert 1 <= found.epoch <= SETTINGS.epochs


def test_the_same_seed_gives_the_same_head(fitted):
    again = fit(columns(1), columns(2), SETTINGS)
    for name, value in fitted.head.state_dict().items():
        assert (again.head.state_dict()[name] == value).all()


def test_drag_without_variation_is_refused():
    some = columns(1, 100)
    still = Columns(some.features, some.error, np.zeros_like(some.truth))
    with pytest.raises(InferenceError, match="the same in all columns"):
        fit(still, some, SETTINGS)


def test_what_does_not_hold_later_is_refused():
    """Later, other columns are the ones that the network is wrong in."""
    turned = columns(2)
    turned.features[:, 1] *= -1.0
    with pytest.raises(InferenceError, match="cannot be told from what the network"):
        fit(columns(1), turned, SETTINGS)
