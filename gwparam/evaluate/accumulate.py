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

    Attributes
    ----------
    counts : ndarray, shape (component, region, nbin)
        Histograms over all levels, every value weighted by its share of the sphere.
    series : ndarray, shape (component, region, level, time)
        Area means; NaN in a region without cells.
    momentum : ndarray, shape (component, time)
        Sums weighted as `add` was told.
    """

    def __init__(
        self,
        grid: LatLonGrid,
        regions: Sequence[Region],
        edges: Array,
        n_levels: int,
        n_times: int,
    ) -> None:
        n = len(edges)
        self._regions, self._edges, self._weights = regions, edges, grid.weights
        self._shares = [region.of(grid.weights) for region in regions]
        self._times = 0
        self._map = np.zeros((n, n_levels, *grid.shape))
        self._power = np.zeros((n, n_levels, grid.shape[1] // 2 + 1))
        self.counts = np.zeros((n, len(regions), edges.shape[1] - 1))
        self.series = np.full((n, len(regions), n_levels, n_times), np.nan)
        self.momentum = np.zeros((n, n_times))

    def add(self, field: Array, integral: Array) -> None:
        """Take in one time.

        Parameters
        ----------
        field : ndarray, shape (component, level, latitude, longitude)
            The field.
        integral : ndarray, shape (level, latitude, longitude)
            Weights of the sum that `momentum` keeps.
        """
        step, self._times = self._times, self._times + 1
        self._map += field
        self._power += mean_zonal_power(field, self._weights.sum(axis=1))
        self.momentum[:, step] = np.einsum("clyx,lyx->c", field, integral)
        for r, (region, shares) in enumerate(
            zip(self._regions, self._shares, strict=True)
        ):
            if not shares.size:
                continue
            part = region.of(field)
            self.series[:, r, :, step] = (part * shares).sum((-2, -1)) / shares.sum()
            for c, values in enumerate(part):
                self.counts[c, r] += count(values, self._edges[c], shares)

    @property
    def mean(self) -> Array:
        """Mean over time, shape (component, level, latitude, longitude)."""
        return self._map / max(self._times, 1)

    @property
    def spectrum(self) -> Array:
        """Mean power over time and latitude, shape (component, level, wavenumber)."""
        return self._power / max(self._times, 1)


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
        self._times = 0

    def add(self, field: NDArray[Any]) -> None:
        """Take in one time; shape (ncol, nlev)."""
        np.add.at(self._sum, self._row, field.astype(np.float64, copy=False))
        self._times += 1

    @property
    def mean(self) -> Array:
        """The mean so far, shape (nlev, nlat)."""
        columns = self._times * np.bincount(self._row, minlength=self.latitude.size)
        return ratio(self._sum, columns[:, np.newaxis].astype(np.float64)).T


class Range:
    """Extremes of a field by component."""

    def __init__(self, n_components: int) -> None:
        self.lowest = np.full(n_components, np.inf)
        self.highest = np.full(n_components, -np.inf)

    def add(self, field: Array) -> None:
        """Take in one time; shape (component, ...)."""
        flat = field.reshape(len(field), -1)
        self.lowest = np.minimum(self.lowest, flat.min(axis=1))
        self.highest = np.maximum(self.highest, flat.max(axis=1))
