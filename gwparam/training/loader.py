"""Batches of samples, prefetched while the network trains on those before.

The order depends on seed and epoch alone, so that a training can go on in the middle
of an epoch, and on any number of processes: together they see the same batches.
"""

import queue
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from gwparam.errors import ArgumentError
from gwparam.training.samples import CachedSamples, Pair, Samples

MEMORY = 2 << 30
"""Bytes of samples that are kept in memory, or prefetched."""
_PREFETCHED = 2
T = TypeVar("T")


@dataclass(frozen=True)
class Share:
    """Which part of every batch one of several processes takes."""

    rank: int = 0
    world: int = 1

    def of(self, rows: Tensor) -> Tensor:
        """Take this process's rows of a batch."""
        return rows[self.rank :: self.world]


class Loader:
    """Batches of the samples of some times.

    Parameters
    ----------
    samples : Samples
        All samples.
    times : sequence of int
        The times to take.
    batch : int
        Samples of a batch of all processes together; all that there are, if fewer.
    seed : int
        Of the order.
    share : Share
        The part of this process.
    pin : bool
        Put batches into pinned memory, from where a GPU copies them without waiting.
    memory : int
        Bytes of samples that may be kept; if all fit, they are read only once.

    Attributes
    ----------
    waited : float
        Seconds that the consumer spent waiting for samples so far.

    Raises
    ------
    ArgumentError
        If there is no time, or a batch cannot be shared evenly.
    """

    def __init__(
        self,
        samples: Samples,
        times: Sequence[int],
        batch: int,
        seed: int = 0,
        share: Share = Share(),
        pin: bool = False,
        memory: int = MEMORY,
    ) -> None:
        if not times:
            raise ArgumentError("no time to learn from, expected at least one")
        self.waited = 0.0
        self._times = torch.tensor(times)
        self._seed, self._share, self._pin = seed, share, pin
        if not samples.rows:
            raise ArgumentError("the files have no column, expected at least one")
        self.batch = min(batch, len(times) * samples.rows)
        if self.batch % share.world:
            raise ArgumentError(
                f"batch is {self.batch}, expected a multiple of {share.world} "
                "processes",
                settings=("batch",),
            )
        self._samples = cached(samples, len(times), memory)
        fits = self._samples is not samples
        if samples.rows == 1:
            self._group = self.batch
        else:
            room = memory // (samples.nbytes * (1 if fits else _PREFETCHED + 1))
            least = -(-self.batch // samples.rows)
            self._group = min(len(times), max(room, least))

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return sum(
            self._batches_of(len(g)) for g in torch.split(self._times, self._group)
        )

    def _batches_of(self, times: int) -> int:
        return times * self._samples.rows // self.batch

    def epoch(self, number: int, first: int = 0) -> Generator[Pair, None, None]:
        """Give the batches of one epoch, in random order.

        Samples that do not fill a batch are left out; they are others every time.

        Parameters
        ----------
        number : int
            Of the epoch: the same order for the same number.
        first : int
            The batch to begin with, where an epoch goes on.
        """
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + number)
        order = self._times[torch.randperm(len(self._times), generator=generator)]
        plan = []
        for group in torch.split(order, self._group):
            rows = torch.randperm(len(group) * self._samples.rows, generator=generator)
            batches = list(torch.split(rows, self.batch))[
                : self._batches_of(len(group))
            ]
            skipped = min(first, len(batches))
            first -= skipped
            if batches[skipped:]:
                plan.append((group, batches[skipped:]))
        yield from self._run(plan)

    def _run(self, plan: Sequence[tuple[Tensor, Sequence[Tensor]]]) -> Iterator[Pair]:
        share = self._share
        whole = self._samples.rows == 1

        def own(group: Tensor, batches: Sequence[Tensor]) -> Pair:
            # Of images, read only those that this process takes.
            if not whole:
                return self._read(group.tolist())
            features, targets = self._read(group[share.of(batches[0])].tolist())
            return self._pinned(features), self._pinned(targets)

        groups = prefetch((own(group, batches), batches) for group, batches in plan)
        for (features, targets), batches in self._timed(groups):
            for rows in batches:
                if whole:
                    yield features, targets
                else:
                    mine = share.of(rows)
                    yield self._pinned(features[mine]), self._pinned(targets[mine])

    def _read(self, times: list[int]) -> Pair:
        pairs = [self._samples.read(time) for time in times]
        features, targets = zip(*pairs, strict=True)
        if len(pairs) == 1:
            return features[0], targets[0]
        return torch.cat(features), torch.cat(targets)

    def _pinned(self, values: Tensor) -> Tensor:
        return values.pin_memory() if self._pin else values

    def _timed(self, items: Iterator[T]) -> Iterator[T]:
        """Pass items on, and add up the time that they were waited for."""
        while True:
            start = time.perf_counter()
            item = next(items, None)
            self.waited += time.perf_counter() - start
            if item is None:
                return
            yield item


class SequentialLoader:
    """Samples of some times, time by time, each once and all its rows; iterable.

    Parameters
    ----------
    samples, times, share, memory
        As `Loader`; every process takes some of the times.
    """

    def __init__(
        self,
        samples: Samples,
        times: Sequence[int],
        share: Share = Share(),
        memory: int = MEMORY,
    ) -> None:
        self._samples = cached(samples, len(times), memory)
        self._times = list(times)[share.rank :: share.world]

    def __len__(self) -> int:
        """Count the times of this process."""
        return len(self._times)

    def __iter__(self) -> Iterator[Pair]:
        return prefetch(map(self._samples.read, self._times))


def cached(samples: Samples, times: int, memory: int) -> Samples:
    """Keep samples in memory once they are read, if so many times fit."""
    return CachedSamples(samples) if times * samples.nbytes <= memory else samples


def prefetch(items: Iterator[T], depth: int = _PREFETCHED) -> Iterator[T]:
    """Compute items in a second thread before they are asked for.

    Parameters
    ----------
    items : iterator
        What to compute; an exception that it raises appears at the consumer.
    depth : int
        How many items wait at most.
    """
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(depth)
    enough = threading.Event()

    def put(item: T | None, error: BaseException | None) -> bool:
        while not enough.is_set():
            try:
                ready.put((item, error), timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item, None):
                    return
            put(None, None)
        except BaseException as error:
            put(None, error)

    thread = threading.Thread(target=work, daemon=True, name="prefetch")
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        enough.set()
        thread.join()
