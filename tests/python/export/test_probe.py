from dataclasses import replace

import numpy as np
import pytest

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ContractError
from gwparam.export.probe import draw_inputs
from gwparam.networks import from_checkpoint


@pytest.fixture
def network(tiny_checkpoint):
    return from_checkpoint(read_checkpoint(tiny_checkpoint))


def test_columns_have_the_statistics_of_the_training(network):
    eastward, northward, psfc, lat = (x.numpy() for x in draw_inputs(network, 4000, 1))

    known = network.description.training_range[0]
    # Standard errors of 4000 draws: 1.6 % of a standard deviation.
    np.testing.assert_allclose(eastward.mean(0), known.mean, atol=2.5)
    np.testing.assert_allclose(eastward.std(0), known.standard_deviation, rtol=0.1)
    assert abs(psfc.mean() - 9.7e4) < 400
    assert abs(lat).max() <= 90.0
    assert not np.allclose(eastward, northward)


def test_neighbouring_levels_vary_together(network):
    eastward = draw_inputs(network, 4000, 1)[0].numpy()

    correlation = np.corrcoef(eastward.T)

    # exp(-d^2 / (2 4^2)) for d = 1 and 4 levels
    assert correlation[0, 1] == pytest.approx(0.969, abs=0.02)
    assert correlation[0, 4] == pytest.approx(0.607, abs=0.05)


def test_columns_stay_in_the_range_seen(network):
    wind = network.description.training_range[0]
    narrow = replace(wind, minimum=(-1.0,) * 5, maximum=(2.0,) * 5)
    ranges = (narrow, *network.description.training_range[1:])
    network.description = replace(network.description, training_range=ranges)

    eastward = draw_inputs(network, 100, 1)[0]

    assert eastward.min() == -1.0
    assert eastward.max() == 2.0


def test_same_seed_gives_the_same_columns(network):
    first, again, other = (draw_inputs(network, 3, seed)[0] for seed in (1, 1, 2))

    assert first.equal(again)
    assert not first.equal(other)


def test_unknown_training_range_is_named(network):
    ranges = network.description.training_range[:2]
    network.description = replace(network.description, training_range=ranges)

    with pytest.raises(
        ContractError, match="training_range of surface_air_pressure is"
    ):
        draw_inputs(network, 3, 1)
