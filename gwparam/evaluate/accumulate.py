"""Sums over samples: what an evaluation keeps of the fields that pass by."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.evaluate.grid import LatLonGrid
from gwparam.evaluate.hellinger import count
from gwparam.evaluate.metrics import ratio
from gwparam.evaluate.regions import Region
from gwparam.evaluate.spectra import mean_zonal_power
from gwparam.evaluate.tails import Tails

Array = NDArray[np.float64]


class FieldStatistics:
    """Statistics of one field on levels: distributions, means, spectra, integrals.

    Parameters
    ----------
    grid : LatLonGrid
        Of the fields.
    regions : sequence of Region
        Where.
    edges : ndarray, shape (component, nbin + 1)
        Of the histograms.
    n_levels, n_times : int
        Extents.
    parts : sequence of ndarray of int
        Levels of each vertical region.

    Attributes
    ----------
    level_counts : ndarray, shape (component, region, level, nbin)
        Histograms, every value weighted by its share of the sphere.
    tails : Tails
        Quantiles of the magnitudes.
    series : ndarray, shape (component, region, level, time)
        Area means; NaN in a region without cells.
    momentum : ndarray, shape (component, time)
        Sums weighted as `add` was told; NaN on a part of the globe and at a time with
        cells that do not count, for a part has no global sum.
    """

    def __init__(
        self,
        grid: LatLonGrid,
        regions: Sequence[Region],
        edges: Array,
        n_levels: int,
        n_times: int,
        parts: Sequence[NDArray[np.intp]] = (),
    ) -> None:
        n = len(edges)
        self._regions, self._edges, self._weights = regions, edges, grid.weights
        self._is_circle, self._is_global = grid.is_circle, grid.is_global
        self._times = 0
        self._map = np.zeros((n, n_levels, *grid.shape))
        self._cells = np.zeros(grid.shape)
        self._power = np.zeros((n, n_levels, grid.shape[1] // 2 + 1))
        self._spectra = 0
        bins = edges.shape[1] - 1
        self.level_counts = np.zeros((n, len(regions), n_levels, bins))
        self.tails = Tails(n, len(regions), n_levels, parts)
        self.series = np.full((n, len(regions), n_levels, n_times), np.nan)
        self.momentum = np.full((n, n_times), np.nan)

    def add(
        self,
        field: Array,
        integral: Array,
        present: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take in one time.

        Parameters
        ----------
        field : ndarray, shape (component, level, latitude, longitude)
            The field.
        integral : ndarray, shape (level, latitude, longitude)
            Weights of the sum that `momentum` keeps.
        present : ndarray of bool, shape (latitude, longitude), optional
            The cells that count; all by default. Means are of these alone. Of the
            spectrum, the rows count that are whole, and the times that have some; rows
            that do not go around the globe have none.
        """
        step, self._times = self._times, self._times + 1
        if present is None:
            present = np.ones(self._weights.shape, bool)
        if present.all() and self._is_global:
            self.momentum[:, step] = np.einsum("clyx,lyx->c", field, integral)
        field = np.where(present, field, 0.0)
        self._map += field
        self._cells += present
        rows = self._weights.sum(axis=1) * present.all(axis=1)
        if rows.any() and self._is_circle:
            self._power += mean_zonal_power(field, rows / rows.sum())
            self._spectra += 1
        weights = self._weights * present
        for r, region in enumerate(self._regions):
            shares = region.of(weights)
            if not shares.any():
                continue
            part = region.of(field)
            self.series[:, r, :, step] = (part * shares).sum((-2, -1)) / shares.sum()
            chosen = region.of(present)
            for c, values in enumerate(part):
                for level, counts in zip(values, self.level_counts[c, r], strict=True):
                    counts += count(level, self._edges[c], shares)
                self.tails.add(c, r, values[:, chosen])

    @property
    def counts(self) -> Array:
        """Histograms over all levels, shape (component, region, nbin)."""
        counts: Array = self.level_counts.sum(axis=2)
        return counts

    @property
    def mean(self) -> Array:
        """Mean over time, shape (component, level, latitude, longitude).

        NaN in a cell that never counted.
        """
        return ratio(self._map, self._cells)

    @property
    def spectrum(self) -> Array:
        """Mean power over time and latitude, shape (component, level, wavenumber)."""
        return self._power / self._spectra if self._spectra else self._power * np.nan


class ZonalMean:
    """Mean over time and longitude of a field on levels.

    Parameters
    ----------
    latitude : ndarray, shape (ncol,)
        Latitude of the columns [degrees_north], the same at every time. Columns of one
        latitude make a row; columns that are scattered over more than `MAX_ROWS`
        latitudes are put in rows of one degree.
    nlev : int
        Number of levels.
    """

    MAX_ROWS = 256

    def __init__(self, latitude: NDArray[Any], nlev: int) -> None:
        rows = np.unique(latitude)
        if rows.size > self.MAX_ROWS:
            latitude = np.round(latitude)
            rows = np.unique(latitude)
        self.latitude: Array = rows.astype(np.float64)
        self._row = np.searchsorted(rows, latitude)
        self._sum = np.zeros((rows.size, nlev))
        self._columns = np.zeros(rows.size)

    def add(
        self, field: NDArray[Any], present: NDArray[np.bool_] | None = None
    ) -> None:
        """Take in one time, shape (ncol, nlev), of the columns that are present."""
        row = self._row
        if present is not None and not present.all():
            row, field = row[present], field[present]
        np.add.at(self._sum, row, field.astype(np.float64, copy=False))
        self._columns += np.bincount(row, minlength=self.latitude.size)

    @property
    def mean(self) -> Array:
        """The mean so far, shape (nlev, nlat); NaN where there was no column."""
        return ratio(self._sum, self._columns[:, np.newaxis]).T


class Range:
    """Extremes of a field by component."""

    def __init__(self, n_components: int) -> None:
        self.lowest = np.full(n_components, np.inf)
        self.highest = np.full(n_components, -np.inf)

    def add(self, field: Array) -> None:
        """Take in one time, shape (component, ...); what is NaN does not count."""
        flat = field.reshape(len(field), -1)
        self.lowest = np.fmin(self.lowest, np.fmin.reduce(flat, axis=1))
        self.highest = np.fmax(self.highest, np.fmax.reduce(flat, axis=1))
