"""Found errors against expected ones, in tenths."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gwparam.confidence.calibration import calibrate
from gwparam.confidence.columns import Columns


def test_tenths_by_hand():
    # Column i is expected to be wrong by i + 1 and is by twice that.
    order = np.random.default_rng(1).permutation(20)
    size = 1.0 + order
    features = np.log(size)[:, None].astype(np.float32)
    error = (2e-5 * size[:, None] * [1.0, -1.0]).astype(np.float32)
    columns = Columns(features, error, np.zeros_like(error))
    fitted = SimpleNamespace(head=lambda x: x[:, 0], deviation=np.array([1e-5, 1e-5]))

    found = calibrate(fitted, columns)

    np.testing.assert_allclose(found.up_to, np.arange(2, 21, 2), rtol=1e-6)
    pairs = np.arange(1, 21).reshape(10, 2)
    rms = np.sqrt((pairs**2).mean(axis=1))
    np.testing.assert_allclose(found.expected, rms, rtol=1e-6)
    np.testing.assert_allclose(found.found, 2.0 * rms, rtol=1e-6)
    left = np.sqrt(4.0 * np.cumsum((pairs**2).sum(axis=1)) / 20)
    np.testing.assert_allclose(found.left, left, rtol=1e-6)
    assert found.correlation == pytest.approx(1.0)


def test_fewer_columns_than_tenths():
    columns = Columns(*(np.ones((3, 1), np.float32) for _ in range(3)))
    fitted = SimpleNamespace(
        head=lambda x: torch.zeros(len(x)), deviation=np.array([1.0])
    )
    found = calibrate(fitted, columns)
    assert found.left[-1] == pytest.approx(1.0)
    assert np.isfinite(found.found).all()
