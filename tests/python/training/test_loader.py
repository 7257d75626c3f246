import itertools
import threading
import time

import pytest
import torch

from gwparam.errors import ArgumentError, NonFiniteError
from gwparam.training.loader import Loader, SequentialLoader, Share, cached, prefetch
from gwparam.training.samples import CachedSamples, Samples

NBYTES = 100
THREAD = "prefetch"


class Numbered(Samples):
    """Sample number `row` of a time is 1000 times the time plus the row."""

    nbytes = NBYTES

    def __init__(self, times, rows):
        self.times, self.rows = times, rows
        self.asked = []

    def __len__(self):
        return self.times

    def read(self, time):
        self.asked.append(time)
        number = 1000.0 * time + torch.arange(float(self.rows))
        return number[:, None] + torch.zeros(3), -number[:, None] + torch.zeros(2)


class Broken(Numbered):
    def read(self, time):
        if time == 3:
            raise NonFiniteError("time 3 is nan")
        return super().read(time)


def numbers(batch):
    """Numbers of the samples of a batch; features and targets belong together."""
    features, targets = batch
    assert torch.equal(features[:, 0], -targets[:, 1])
    return features[:, 0].int().tolist()


def epoch(loader, number=0, first=0):
    return [numbers(batch) for batch in loader.epoch(number, first)]


def everything(times, rows):
    return {1000 * t + row for t in times for row in range(rows)}


def flat(batches):
    return list(itertools.chain.from_iterable(batches))


KINDS = pytest.mark.parametrize(
    ("times", "rows", "batch", "memory"),
    [
        pytest.param(8, 6, 4, 10**6, id="cells in memory"),
        pytest.param(8, 6, 4, 6 * NBYTES, id="cells in groups"),
        pytest.param(8, 6, 7, 0, id="cells of little memory"),
        pytest.param(17, 1, 4, 10**6, id="images in memory"),
        pytest.param(17, 1, 4, 0, id="images"),
    ],
)


@KINDS
def test_same_seed_and_epoch_give_the_same_order(times, rows, batch, memory):
    one, other = (
        Loader(Numbered(times, rows), range(times), batch, seed=3, memory=memory)
        for _ in range(2)
    )
    epoch(other, 0)

    assert epoch(one, 1) == epoch(other, 1)


@KINDS
def test_epochs_have_different_orders(times, rows, batch, memory):
    loader = Loader(Numbered(times, rows), range(times), batch, memory=memory)

    assert flat(epoch(loader, 0)) != flat(epoch(loader, 1))


@KINDS
def test_seeds_have_different_orders(times, rows, batch, memory):
    orders = [
        flat(epoch(Loader(Numbered(times, rows), range(times), batch, seed, memory=m)))
        for seed, m in ((0, memory), (1, memory))
    ]

    assert orders[0] != orders[1]


@KINDS
def test_order_is_random_within_and_across_times(times, rows, batch, memory):
    loader = Loader(Numbered(times, rows), range(times), batch, memory=memory)

    order = flat(epoch(loader))

    assert order != sorted(order)


@KINDS
def test_other_samples_come_together_in_another_epoch(times, rows, batch, memory):
    loader = Loader(Numbered(times, rows), range(times), batch, memory=memory)

    one, other = (
        {frozenset(n // 1000 for n in together) for together in epoch(loader, number)}
        for number in range(2)
    )

    assert one != other


@KINDS
def test_no_sample_comes_twice_in_an_epoch(times, rows, batch, memory):
    loader = Loader(Numbered(times, rows), range(times), batch, memory=memory)

    found = flat(epoch(loader))

    assert len(set(found)) == len(found)
    assert set(found) <= everything(range(times), rows)


@KINDS
def test_batches_are_full_and_counted(times, rows, batch, memory):
    loader = Loader(Numbered(times, rows), range(times), batch, memory=memory)

    found = epoch(loader)

    assert [len(b) for b in found] == [batch] * len(loader)


@KINDS
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_epoch_goes_on_from_any_batch(times, rows, batch, memory, first):
    loader = Loader(Numbered(times, rows), range(times), batch, memory=memory)

    assert epoch(loader, 2, first) == epoch(loader, 2)[first:]


@KINDS
def test_epoch_that_is_done_has_no_rest(times, rows, batch, memory):
    samples = Numbered(times, rows)
    loader = Loader(samples, range(times), batch, memory=memory)

    assert epoch(loader, 0, len(loader)) == []
    assert samples.asked == []


@KINDS
@pytest.mark.parametrize("first", [0, 2])
def test_two_shares_together_are_the_batches_of_one(times, rows, batch, memory, first):
    batch -= batch % 2

    whole, one, other = (
        epoch(
            Loader(Numbered(times, rows), range(times), batch, 5, share, memory=memory),
            1,
            first,
        )
        for share in (Share(), Share(0, 2), Share(1, 2))
    )

    for together, mine, yours in zip(whole, one, other, strict=True):
        assert len(mine) == len(yours) == batch // 2
        assert sorted(mine + yours) == sorted(together)


def test_images_of_other_processes_are_not_read():
    samples = Numbered(12, 1)
    loader = Loader(samples, range(12), 4, share=Share(1, 2), memory=0)

    found = epoch(loader)

    assert len(samples.asked) == 6
    assert [1000 * t for t in samples.asked] == flat(found)


@pytest.mark.parametrize("memory", [10**6, 6 * NBYTES])
def test_times_that_are_not_asked_for_stay_out(memory):
    times = range(2, 6)
    loader = Loader(Numbered(8, 6), times, 6, memory=memory)

    assert set(flat(epoch(loader))) == everything(times, 6)


def test_samples_that_do_not_fill_a_batch_are_left_out():
    loader = Loader(Numbered(3, 5), range(3), 4)

    found = [flat(epoch(loader, number)) for number in range(2)]

    assert [len(f) for f in found] == [12, 12]
    assert len(loader) == 3


def test_what_is_left_out_differs_from_epoch_to_epoch():
    loader = Loader(Numbered(3, 5), range(3), 4)

    left = [everything(range(3), 5) - set(flat(epoch(loader, n))) for n in range(4)]

    assert set.intersection(*left) == set()


@pytest.mark.parametrize("rows", [1, 5])
def test_batch_larger_than_the_data_is_all_of_it(rows):
    loader = Loader(Numbered(3, rows), range(3), 10_000)

    found = epoch(loader)

    assert loader.batch == 3 * rows
    assert [set(batch) for batch in found] == [everything(range(3), rows)]


def test_batch_that_cannot_be_shared_evenly_is_refused():
    with pytest.raises(
        ArgumentError, match="batch is 15, expected a multiple of 2 processes"
    ):
        Loader(Numbered(3, 5), range(3), 10_000, share=Share(0, 2))


def test_no_time_is_refused():
    with pytest.raises(ArgumentError, match="no time to learn from, expected at least"):
        Loader(Numbered(3, 5), range(0), 4)


def test_data_larger_than_the_memory_are_covered():
    samples = Numbered(8, 6)
    # Room for a group of two times in use and two more groups read ahead.
    loader = Loader(samples, range(8), 4, memory=6 * NBYTES)

    found = epoch(loader)

    assert set(flat(found)) == everything(range(8), 6)
    assert sorted(samples.asked) == list(range(8))


def test_groups_hold_no_more_times_than_the_memory():
    loader = Loader(Numbered(8, 6), range(8), 4, memory=6 * NBYTES)

    found = epoch(loader)

    for group in range(0, len(found), 3):
        times = {number // 1000 for number in flat(found[group : group + 3])}
        assert len(times) == 2


def test_group_holds_one_batch_however_small_the_memory():
    loader = Loader(Numbered(8, 6), range(8), 20, memory=0)

    found = epoch(loader)

    assert [len(batch) for batch in found] == [20, 20]


def test_samples_mix_times_where_the_memory_suffices():
    loader = Loader(Numbered(8, 6), range(8), 24)

    assert all(len({n // 1000 for n in batch}) > 4 for batch in epoch(loader))


@pytest.mark.parametrize("rows", [1, 6])
def test_samples_that_fit_into_memory_are_read_once(rows):
    samples = Numbered(8, rows)
    loader = Loader(samples, range(8), 8, memory=8 * NBYTES)

    for number in range(3):
        epoch(loader, number)

    assert sorted(samples.asked) == list(range(8))


@pytest.mark.parametrize("rows", [1, 6])
def test_samples_that_do_not_fit_are_read_every_epoch(rows):
    samples = Numbered(8, rows)
    loader = Loader(samples, range(8), 2, memory=8 * NBYTES - 1)

    for number in range(3):
        epoch(loader, number)

    assert sorted(samples.asked) == sorted(3 * list(range(8)))


@pytest.mark.parametrize(("rows", "memory"), [(1, 10**6), (6, 10**6), (6, 0)])
def test_exception_of_reading_reaches_the_consumer(rows, memory):
    loader = Loader(Broken(8, rows), range(8), 2, memory=memory)

    with pytest.raises(NonFiniteError, match="time 3 is nan"):
        epoch(loader)


def test_waiting_is_counted():
    class Slow(Numbered):
        def read(self, number):
            time.sleep(0.02)
            return super().read(number)

    loader = Loader(Slow(1, 4), range(1), 2)
    assert loader.waited == 0.0

    epoch(loader)

    # perf_counter and the clock of sleep may differ by a little.
    assert loader.waited > 0.019


def reading_threads():
    return [t for t in threading.enumerate() if t.name == THREAD]


@pytest.mark.parametrize("rows", [1, 6])
def test_epoch_that_is_left_halfway_ends_its_thread(rows):
    batches = Loader(Numbered(50, rows), range(50), 2, memory=0).epoch(0)
    next(batches)
    assert len(reading_threads()) == 1

    batches.close()

    assert reading_threads() == []


def test_epoch_that_ends_ends_its_thread():
    epoch(Loader(Numbered(4, 2), range(4), 2))

    assert reading_threads() == []


def test_exception_ends_the_thread():
    with pytest.raises(NonFiniteError):
        epoch(Loader(Broken(8, 1), range(8), 2))

    assert reading_threads() == []


def test_items_are_computed_before_they_are_asked_for():
    computed = threading.Event()

    def items():
        yield 1
        computed.set()
        yield 2

    taken = prefetch(items())
    next(taken)

    assert computed.wait(timeout=10.0)
    taken.close()


def test_no_more_items_are_computed_than_may_wait():
    computed = []

    def items():
        for item in range(1000):
            computed.append(item)
            yield item

    taken = prefetch(items(), depth=2)
    next(taken)
    time.sleep(0.05)
    # 0 was taken, 1 and 2 wait, and 3 has no place yet.
    assert len(computed) <= 4

    taken.close()


def test_items_keep_their_order():
    assert list(prefetch(iter(range(1, 100)), depth=3)) == list(range(1, 100))


@pytest.mark.parametrize("memory", [10**6, 0])
def test_in_order_gives_all_rows_time_by_time(memory):
    times = SequentialLoader(Numbered(8, 3), range(2, 5), memory=memory)

    found = [numbers(pair) for pair in times]

    assert found == [[1000 * t + row for row in range(3)] for t in (2, 3, 4)]


@pytest.mark.parametrize("memory", [10**6, 0])
def test_in_order_can_be_asked_again(memory):
    times = SequentialLoader(Numbered(8, 3), [5, 1], memory=memory)

    assert [numbers(p) for p in times] == [numbers(p) for p in times]


def test_shares_in_order_are_the_times_of_one():
    found = [
        [
            numbers(pair)[0] // 1000
            for pair in SequentialLoader(Numbered(8, 3), range(1, 6), s)
        ]
        for s in (Share(0, 2), Share(1, 2))
    ]

    assert found == [[1, 3, 5], [2, 4]]


def test_share_without_a_time_is_empty():
    assert list(SequentialLoader(Numbered(8, 3), [0, 1], Share(2, 3))) == []


def test_in_order_passes_exceptions_on():
    with pytest.raises(NonFiniteError, match="time 3 is nan"):
        list(SequentialLoader(Broken(8, 3), range(8)))


@pytest.mark.parametrize(("memory", "keeps"), [(300, True), (299, False)])
def test_samples_are_kept_if_they_fit(memory, keeps):
    found = cached(Numbered(8, 3), 3, memory)

    assert isinstance(found, CachedSamples) is keeps
