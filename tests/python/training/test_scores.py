import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from gwparam.training.scores import score

NLEV = 3


def spec():
    """One field, ten times the output."""
    return SimpleNamespace(
        fields=(("drag", "m s-2"),), restore=lambda values: (values.double() * 10.0,)
    )


def mean_square(predicted, target):
    return (predicted - target).square().mean()


def times(*rows):
    generator = torch.Generator().manual_seed(1)
    return [
        tuple(torch.randn(n, NLEV, generator=generator) for _ in range(2)) for n in rows
    ]


def scores(samples, network=None, rows=2, **others):
    device = torch.device("cpu")
    network = network or nn.Identity()
    return score(network, samples, mean_square, spec(), rows, device, **others)


def test_scores_are_those_of_all_samples_at_once():
    samples = times(4, 1, 5)

    found = scores(samples)

    predicted, target = (torch.cat(part) for part in zip(*samples, strict=True))
    error = (predicted - target).double().square().mean().item()
    (field,) = found.fields
    assert (field.name, field.units) == ("drag", "m s-2")
    assert found.loss == pytest.approx(error, rel=1e-6)
    assert field.rms_error == pytest.approx(10.0 * math.sqrt(error), rel=1e-6)
    both = torch.stack([predicted.flatten(), target.flatten()]).double()
    correlation = torch.corrcoef(both)[0, 1].item()
    assert field.correlation == pytest.approx(correlation, rel=1e-6)


def test_samples_given_as_targets_are_perfect():
    ((features, _),) = times(7)

    found = scores([(features, features)])

    assert found.loss == 0.0
    assert (found.fields[0].r2, found.fields[0].rms_error) == (1.0, 0.0)


def test_shares_of_processes_are_put_together():
    samples = times(4, 1, 5)
    told = []
    scores(samples[:1], gather=lambda found: told.append(found) or [found])

    shared = scores(samples[1:], gather=lambda found: [*told, found])

    whole = scores(samples)
    assert shared.loss == pytest.approx(whole.loss, rel=1e-12)
    assert shared.fields[0].r2 == pytest.approx(whole.fields[0].r2, rel=1e-12)


def test_mode_of_every_module_is_restored_and_dropout_is_off():
    network = nn.Sequential(nn.Dropout(0.9), nn.BatchNorm1d(NLEV).eval())
    network.train()
    network[1].eval()
    samples = times(6)

    first, second = scores(samples, network), scores(samples, network)

    assert first == second
    assert [m.training for m in network.modules()] == [True, True, False]
