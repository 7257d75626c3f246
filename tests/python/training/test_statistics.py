import numpy as np
import pytest
import torch

from gwparam.training.statistics import (
    ChannelStatistics,
    RunningStatistics,
    SampleStatistics,
    compute_statistics,
)
from gwparam.training.tasks.task import OutputSpec

ROUNDING = 1e-13
"""Relative: some 100 roundings of float64, of 1e-16 each."""
CANCELLATION = 1e-8
"""Relative: a deviation of 1e-3 of a mean of 1e5 has 16 - 8 digits."""
KEYS = ("mean", "standard_deviation", "minimum", "maximum")
NTIME, NFEATURE, NTARGET, NLAT, NLON = 5, 3, 2, 4, 6


class AsTheyAre(OutputSpec):
    """Twice the features, minus the targets, whose third is a tendency."""

    def __init__(self, known=True):
        self.known = known

    def physical(self, features, targets):
        return 2.0 * features.double(), -targets.double()

    def tendency(self, targets):
        return targets / 3.0 if self.known else None

    restore = standardise = save = None


def samples(*around, rows=1):
    random = np.random.default_rng(11)

    def field(channels):
        values = random.standard_normal((rows, channels, *around)) - 0.7
        return torch.from_numpy(values.astype(np.float32))

    return [(field(NFEATURE), field(NTARGET)) for _ in range(NTIME)]


def by_channel(tensors):
    """All values of a channel, (channel, values), float64."""
    arrays = [tensor.double().numpy() for tensor in tensors]
    together = np.concatenate(arrays)
    return np.moveaxis(together, 1, 0).reshape(together.shape[1], -1)


def check(found: ChannelStatistics, values, rtol=ROUNDING):
    expected = (
        values.mean(axis=1),
        values.std(axis=1),
        values.min(axis=1),
        values.max(axis=1),
    )
    for key, numbers in zip(KEYS, expected, strict=True):
        np.testing.assert_allclose(getattr(found, key), numbers, rtol=rtol)


EXTENTS = pytest.mark.parametrize(
    ("around", "rows"), [((NLAT, NLON), 1), ((), 7)], ids=["images", "columns"]
)


@EXTENTS
def test_statistics_are_those_of_all_data(around, rows):
    given = samples(*around, rows=rows)

    found = compute_statistics(given, AsTheyAre())

    check(found.features, by_channel([2.0 * f.double() for f, _ in given]))
    check(found.targets, by_channel([-t.double() for _, t in given]))


@EXTENTS
def test_rows_are_the_values_of_a_channel(around, rows):
    found = compute_statistics(samples(*around, rows=rows), AsTheyAre())

    assert found.rows == NTIME * rows * int(np.prod(around))


@EXTENTS
def test_largest_tendency_is_that_of_all_data_of_either_sign(around, rows):
    given = samples(*around, rows=rows)
    given[2][1].view(-1)[4] = 29.0

    found = compute_statistics(given, AsTheyAre())

    # Of the float64 that the 29 becomes, a third.
    assert found.largest_tendency == pytest.approx(29.0 / 3.0, rel=ROUNDING)


def test_tendency_that_is_not_known_stays_unknown():
    assert (
        compute_statistics(samples(rows=4), AsTheyAre(known=False)).largest_tendency
        is None
    )


def test_no_tendency_is_known_to_be_none():
    given = [(features, 0.0 * targets) for features, targets in samples(rows=4)]

    assert compute_statistics(given, AsTheyAre()).largest_tendency == 0.0


def shared(given, share, specs=None):
    """Take the statistics of a share while others do so of theirs, as processes."""
    shares = [given[:1], given[1:], []]
    specs = specs or [AsTheyAre()] * len(shares)
    there = []
    for part, spec in zip(shares, specs, strict=True):
        compute_statistics(part, spec, lambda found: there.append(found) or [found])

    def gather(found):
        return [*there[:share], found, *there[share + 1 :]]

    return compute_statistics(shares[share], specs[share], gather)


@EXTENTS
@pytest.mark.parametrize("share", [0, 1, 2])
def test_shares_together_are_the_whole(around, rows, share):
    given = samples(*around, rows=rows)
    whole = compute_statistics(given, AsTheyAre())

    found = shared(given, share)

    assert found.rows == whole.rows
    for part in ("features", "targets"):
        for key in KEYS:
            np.testing.assert_allclose(
                getattr(getattr(found, part), key),
                getattr(getattr(whole, part), key),
                rtol=ROUNDING,
            )
    assert found.largest_tendency == whole.largest_tendency


def test_every_process_finds_the_same():
    given = samples(NLAT, NLON)

    found = [shared(given, share) for share in range(3)]

    assert found[0] == found[1] == found[2]
    assert isinstance(found[0], SampleStatistics)


def test_process_without_times_knows_the_tendency_of_the_others():
    given = samples(rows=4)

    found = shared(given, 2)

    expected = max(float(t.abs().max()) for _, t in given) / 3.0
    assert found.largest_tendency == pytest.approx(expected, rel=ROUNDING)


def test_small_deviations_from_a_large_mean_keep_their_digits():
    random = np.random.default_rng(5)
    values = 1e5 + 1e-3 * random.standard_normal((6, 50, NTARGET))
    running = RunningStatistics()

    for part in values:
        running.add(torch.from_numpy(part))

    centred = np.moveaxis(values, 2, 0).reshape(NTARGET, -1) - 1e5
    deviation = running.statistics().standard_deviation
    np.testing.assert_allclose(deviation, centred.std(axis=1), rtol=CANCELLATION)


def test_merging_leaves_the_other_as_it_was():
    one, other = RunningStatistics(), RunningStatistics()
    for (values, _), running in zip(samples(rows=3), (one, other), strict=False):
        running.add(values)
    before = other.statistics()
    total = RunningStatistics()

    total.merge(other)
    total.merge(one)

    assert other.statistics() == before
    assert total.count == 6


def test_part_takes_channels():
    statistics = ChannelStatistics(
        (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0, 9.0), (0.0,) * 3
    )

    found = statistics.part(1, 3)

    assert found == ChannelStatistics((2.0, 3.0), (5.0, 6.0), (8.0, 9.0), (0.0, 0.0))


@EXTENTS
@pytest.mark.parametrize("share", [0, 1, 2])
def test_what_the_network_is_given_has_its_deviation(around, rows, share):
    given = samples(*around, rows=rows)
    parts = [given[:1], given[1:], []]
    there = []
    for part in parts:
        compute_statistics(
            part, AsTheyAre(), lambda f: there.append(f) or [f], as_given=True
        )

    found = compute_statistics(
        parts[share], AsTheyAre(), lambda f: there, as_given=True
    )

    channels = torch.cat([f.transpose(0, 1).flatten(1) for f, _ in given], dim=1)
    expected = channels.double().std(dim=1, correction=0)
    np.testing.assert_allclose(found.given_deviation, expected, rtol=1e-6)
    assert compute_statistics(given, AsTheyAre()).given_deviation is None
