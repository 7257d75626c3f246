"""The Hellinger distance of two distributions, from their histograms.

Two conventions are in use. With ``p`` and ``q`` the probabilities of the bins::

    distance   sqrt(1 - sum(sqrt(p q)))
    printed    1 - sum(sqrt(p q))

The first is the distance of Hellinger (1909, J. reine angew. Math. 136, 210-271) as
statistics has it: it obeys the triangle inequality. The second is its square, which
arXiv:2509.03816 prints under the same name. Both are 0 for equal and 1 for disjoint
distributions.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError, ModelFileError, ShapeError, wrong_setting
from gwparam.file_kinds import check_readable

Array = NDArray[np.float64]
Spacing = Literal["linear", "symlog"]

DEFAULT_BINS = 100
_MOST_BINS = 1_000_000
# Where symmetric-logarithmic bins turn linear, as a share of the largest |truth|: most
# values of a flux are small, and what counts for the drag are the few large ones.
LINEAR_SHARE = 1e-3


def affinity(p: Array, q: Array) -> Array:
    """Sum of sqrt(p q), the Bhattacharyya coefficient.

    Parameters
    ----------
    p, q : ndarray, shape (..., nbin)
        Histograms: counts or probabilities, each normalised by its own sum.

    Returns
    -------
    ndarray, shape (...)
        0 to 1; NaN where a histogram is empty.

    Raises
    ------
    ShapeError
        If the bins are not as many.
    ArgumentError
        If a count is negative or not finite.
    """
    if p.shape[-1:] != q.shape[-1:]:
        raise ShapeError(f"histogram has {q.shape[-1]} bins, expected {p.shape[-1]}")
    for counts in (p, q):
        if not (counts >= 0.0).all() or not np.isfinite(counts).all():
            raise ArgumentError("a histogram has a negative or infinite count")
    p, q = probabilities(p), probabilities(q)
    found = np.sqrt(p * q).sum(axis=-1)
    # Rounding alone makes more than 1, whose square root would be NaN. Equal histograms
    # are told apart from that: their distance is 0, not the root of a rounding error.
    same = (p == q).all(axis=-1)
    result: Array = np.where(same, 1.0, np.minimum(found, 1.0))
    return result


def hellinger(p: Array, q: Array) -> Array:
    """Hellinger distance sqrt(1 - sum(sqrt(p q))); arguments as `affinity`."""
    distance: Array = np.sqrt(1.0 - affinity(p, q))
    return distance


def hellinger_printed(p: Array, q: Array) -> Array:
    """1 - sum(sqrt(p q)), as arXiv:2509.03816 prints it; arguments as `affinity`."""
    return 1.0 - affinity(p, q)


def probabilities(counts: Array) -> Array:
    """Histogram (..., nbin) divided by its sum; NaN where that is 0."""
    total = counts.sum(axis=-1, keepdims=True)
    out = np.full(counts.shape, np.nan)
    np.divide(counts, total, out=out, where=total > 0.0)
    return out


def count(values: NDArray[Any], edges: Array, weights: NDArray[Any]) -> Array:
    """Weighted histogram; what lies beyond the edges goes into the bins at the ends.

    Parameters
    ----------
    values : ndarray
        Samples.
    edges : ndarray, shape (nbin + 1,)
        Increasing; a bin has its lower edge.
    weights : ndarray
        Of the samples; broadcast to the shape of `values`.

    Returns
    -------
    ndarray, shape (nbin,)
        Sum of the weights in every bin.
    """
    bins = np.searchsorted(edges[1:-1], values.ravel(), side="right")
    spread = np.broadcast_to(weights, values.shape).ravel()
    return np.bincount(bins, spread, minlength=edges.size - 1).astype(np.float64)


@dataclass(frozen=True)
class Binning:
    """How the edges of the bins are chosen.

    Attributes
    ----------
    number : int
        Bins.
    spacing : str
        ``linear``: evenly between the extremes of the truth. ``symlog``: evenly in
        ``arcsinh(x / threshold)``, which is linear around 0 and logarithmic beyond the
        threshold, `LINEAR_SHARE` of the largest absolute truth.
    edges : tuple of tuple of float, optional
        The edges, one list a component, where they are given.
    """

    number: int = DEFAULT_BINS
    spacing: Spacing = "symlog"
    edges: tuple[tuple[float, ...], ...] | None = None

    def find_edges(self, lowest: Array, highest: Array) -> Array:
        """Edges from the range of the truth.

        Parameters
        ----------
        lowest, highest : ndarray, shape (ncomponent,)
            Extremes of the truth; not needed where the edges are given.

        Returns
        -------
        ndarray, shape (ncomponent, number + 1)
            In the units of the truth.
        """
        if self.edges is not None:
            return np.asarray(self.edges)
        return np.stack(
            [self._between(a, b) for a, b in zip(lowest, highest, strict=True)]
        )

    def _between(self, low: float, high: float) -> Array:
        if high <= low:  # a field that does not vary has one bin that matters
            half = 0.5 * max(abs(low), np.finfo(np.float64).tiny)
            low, high = low - half, high + half
        if self.spacing == "linear":
            return np.linspace(low, high, self.number + 1)
        threshold = LINEAR_SHARE * max(abs(low), abs(high))
        even = np.linspace(
            np.arcsinh(low / threshold), np.arcsinh(high / threshold), self.number + 1
        )
        return np.asarray(threshold * np.sinh(even))

    def describe(self) -> str:
        """Say how the bins were made."""
        if self.edges is not None:
            how = "edges as given"
        elif self.spacing == "linear":
            how = "evenly between the extremes of the truth"
        else:
            how = (
                "evenly in arcsinh(x / threshold) between the extremes of the truth, "
                f"threshold {LINEAR_SHARE:g} of its largest absolute value"
            )
        return f"{self.number} bins, {how}; what lies beyond is in the bins at the ends"


def read_binning(text: str | None, components: Sequence[str]) -> Binning:
    """Read a description of bins.

    Parameters
    ----------
    text : str or None
        A number, ``linear:N``, ``symlog:N``, or a JSON file with edges: one list, or
        one list a component by its name.
    components : sequence of str
        Names of the components.

    Raises
    ------
    ArgumentError
        If it is none of these, or the edges do not increase.
    ModelFileError
        If the file cannot be read.
    """
    if text is None:
        return Binning()
    spacing, colon, number = text.rpartition(":")
    if number.isdecimal() and (not colon or spacing in ("linear", "symlog")):
        count = int(number[:9])
        if not 2 <= count <= _MOST_BINS:
            raise wrong_setting("bins", text[:40], f"2 to {_MOST_BINS} bins")
        return Binning(count, "linear" if spacing == "linear" else "symlog")
    if not text.endswith(".json"):
        raise wrong_setting("bins", text, "N, linear:N, symlog:N or a .json file")
    return _given(text, components)


def _given(path: str | PathLike[str], components: Sequence[str]) -> Binning:
    check_readable(path)
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"cannot read {path} as JSON: {error}") from None
    if not isinstance(given, dict):
        given = dict.fromkeys(components, given)
    lists = []
    for name in components:
        try:
            edges = np.asarray(given.get(name), dtype=np.float64)
        except (TypeError, ValueError):
            edges = np.empty(0)
        if edges.ndim != 1 or edges.size < 3 or not (np.diff(edges) > 0.0).all():
            raise ArgumentError(
                f"{path} has no increasing list of at least 3 edges for {name}"
            )
        lists.append(tuple(edges.tolist()))
    if len({len(edges) for edges in lists}) != 1:
        raise ArgumentError(
            f"{path} has {' and '.join(str(len(e)) for e in lists)} edges, expected as "
            "many for every component"
        )
    return Binning(len(lists[0]) - 1, "linear", tuple(lists))
