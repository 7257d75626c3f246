"""What samples look like: one pass over them before training.

It finds values that are not finite before hours of training are lost to them, and
gives the statistics that the contract of the artefact states as its training range.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gwparam.training.samples import Pair

Array = NDArray[np.float64]
Values = tuple[float, ...]


@dataclass(frozen=True)
class ChannelStatistics:
    """Statistics of channels over all rows; one value a channel."""

    mean: Values
    standard_deviation: Values
    minimum: Values
    maximum: Values

    def part(self, first: int, end: int) -> "ChannelStatistics":
        """Statistics of some of the channels."""
        return ChannelStatistics(
            self.mean[first:end],
            self.standard_deviation[first:end],
            self.minimum[first:end],
            self.maximum[first:end],
        )


@dataclass(frozen=True)
class SampleStatistics:
    """Statistics of the training samples, in physical units where these are known.

    Attributes
    ----------
    rows : int
        Values that every statistic is of.
    features, targets : ChannelStatistics
        Of the channels.
    largest_tendency : float or None
        Largest absolute tendency of the wind that the targets hold or imply [m s-2];
        None where it is not known.
    given_deviation : tuple of float, or None
        Standard deviation of every channel as the network is given it, where somebody
        asked for it.
    """

    rows: int
    features: ChannelStatistics
    targets: ChannelStatistics
    largest_tendency: float | None
    given_deviation: Values | None = None


class RunningStatistics:
    """Statistics of channels that come piece by piece.

    Notes
    -----
    Sums are of deviations from the mean. Source: Chan, Golub and LeVeque (1983), The
    American Statistician 37, 242-247.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean: Array = np.zeros(0)
        self._squares: Array = np.zeros(0)
        self._low: Array = np.zeros(0)
        self._high: Array = np.zeros(0)

    def add(self, values: Tensor) -> None:
        """Add values of shape (rows, channel, ...)."""
        channels = values.transpose(0, 1).flatten(1).double().numpy()
        part = RunningStatistics()
        part.count = channels.shape[1]
        part._mean = channels.mean(axis=1)
        part._squares = ((channels - part._mean[:, None]) ** 2).sum(axis=1)
        part._low, part._high = channels.min(axis=1), channels.max(axis=1)
        self.merge(part)

    def merge(self, other: "RunningStatistics") -> None:
        """Add what another has seen."""
        if not other.count:
            return
        if not self.count:
            self.__dict__ |= other.__dict__
            return
        count = self.count + other.count
        shift = other._mean - self._mean
        self._mean = self._mean + shift * (other.count / count)
        self._squares = (
            self._squares
            + other._squares
            + shift**2 * (self.count * other.count / count)
        )
        self._low = np.minimum(self._low, other._low)
        self._high = np.maximum(self._high, other._high)
        self.count = count

    def statistics(self) -> ChannelStatistics:
        """Statistics of all that was added."""
        deviation = np.sqrt(self._squares / max(self.count, 1))
        found = (self._mean, deviation, self._low, self._high)
        return ChannelStatistics(*(tuple(values.tolist()) for values in found))


class PhysicalUnits(Protocol):
    """What turns samples into physical fields: the part of an OutputSpec used here."""

    def physical(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Physical features and targets of one time."""

    def tendency(self, targets: Tensor) -> Tensor | None:
        """Tendency of the wind [m s-2] in physical targets; None if not known."""


Found = tuple[RunningStatistics, RunningStatistics, float | None, RunningStatistics]


def compute_statistics(
    samples: Iterable[Pair],
    spec: PhysicalUnits,
    gather: Callable[[Found], Sequence[Found]] = lambda found: [found],
    *,
    as_given: bool = False,
) -> SampleStatistics:
    """Take the statistics of samples, reading each once.

    Parameters
    ----------
    samples : iterable of pair of Tensor
        Features and targets, time by time.
    spec : PhysicalUnits
        Turns them into physical fields, as far as they are known.
    gather : callable
        What several processes found, each on its share of the times.
    as_given : bool
        Whether the standard deviation of the features as they are is asked for.

    Returns
    -------
    SampleStatistics
        The same on every process.
    """
    features, targets, given = (RunningStatistics() for _ in range(3))
    largest: float | None = None
    with torch.inference_mode():
        for pair in samples:
            seen, wanted = spec.physical(*pair)
            features.add(seen)
            targets.add(wanted)
            if as_given:
                given.add(pair[0])
            tendency = spec.tendency(wanted)
            if tendency is not None:
                largest = max(largest or 0.0, float(tendency.abs().max()))
    everywhere = gather((features, targets, largest, given))
    features, targets, given = (RunningStatistics() for _ in range(3))
    for seen_there, wanted_there, _, given_there in everywhere:
        features.merge(seen_there)
        targets.merge(wanted_there)
        given.merge(given_there)
    known = [found[2] for found in everywhere if found[2] is not None]
    return SampleStatistics(
        features.count,
        features.statistics(),
        targets.statistics(),
        max(known) if known else None,
        given.statistics().standard_deviation if as_given else None,
    )
