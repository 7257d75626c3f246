import numpy as np
import pytest

from gwparam.evaluate.accumulate import FieldStatistics, Range, ZonalMean
from gwparam.evaluate.grid import LatLonGrid
from gwparam.evaluate.regions import Region, regions
from gwparam.grids import gaussian_latitudes

NTIME, NCOMP, NLEV, NLAT, NLON = 5, 2, 3, 24, 40
SHAPE = (NTIME, NCOMP, NLEV, NLAT, NLON)
# The same numbers, summed in another order.
ROUNDING = 1e-12

GRID = LatLonGrid(
    *np.meshgrid(gaussian_latitudes(NLAT), np.arange(NLON) * 9.0, indexing="ij")
)
REGIONS = regions(GRID)


@pytest.fixture(scope="module")
def truth():
    generator = np.random.default_rng(20250310)
    level = np.array([1.0, 5.0, 0.1])[:, None, None]
    return level * generator.normal(0.3, 1.0, SHAPE)


@pytest.fixture(scope="module")
def model(truth):
    generator = np.random.default_rng(20250311)
    return 0.8 * truth + generator.normal(0.05, 0.5, SHAPE)


def box(region: Region, field):
    return field[..., region.lat[:, None], region.lon]


@pytest.fixture(scope="module")
def edges():
    return np.stack([np.linspace(-4.0, 4.0, 21), np.linspace(-2.0, 3.0, 21)])


@pytest.fixture(scope="module")
def statistics(truth, edges):
    found = FieldStatistics(GRID, REGIONS, edges, NLEV, NTIME)
    for i, field in enumerate(truth):
        found.add(field, np.full(SHAPE[2:], i + 1.0))
    return found


def test_map_is_the_mean_over_time(truth, statistics):
    np.testing.assert_allclose(statistics.mean, truth.mean(axis=0), rtol=ROUNDING)


@pytest.mark.parametrize("r", range(len(REGIONS)))
def test_series_is_the_area_mean(truth, statistics, r):
    weights = GRID.weights[REGIONS[r].lat[:, None], REGIONS[r].lon]
    fields = box(REGIONS[r], truth)

    expected = np.average(
        fields.reshape(*fields.shape[:3], -1), axis=-1, weights=weights.ravel()
    )

    np.testing.assert_allclose(
        statistics.series[:, r], np.moveaxis(expected, 0, -1), rtol=ROUNDING
    )


@pytest.mark.parametrize("r", range(len(REGIONS)))
def test_histogram_is_that_of_all_levels_and_times_by_area(truth, statistics, edges, r):
    weights = np.broadcast_to(GRID.weights, SHAPE)
    for c in range(NCOMP):
        values, shares = (box(REGIONS[r], x[:, c]).ravel() for x in (truth, weights))
        inside = np.clip(values, edges[c, 0], edges[c, -1])
        expected, _ = np.histogram(inside, edges[c], weights=shares)
        np.testing.assert_allclose(
            statistics.counts[c, r], expected, rtol=ROUNDING, atol=ROUNDING
        )


def test_spectrum_adds_up_to_the_mean_square(truth, statistics):
    expected = np.einsum("tclyx,yx->cl", truth**2, GRID.weights) / NTIME

    np.testing.assert_allclose(
        statistics.spectrum.sum(axis=-1), expected, rtol=ROUNDING
    )


def test_momentum_is_the_weighted_sum_of_each_time(truth, statistics):
    expected = truth.sum(axis=(2, 3, 4)) * np.arange(1.0, NTIME + 1.0)[:, None]

    np.testing.assert_allclose(statistics.momentum, expected.T, rtol=1e-10)


def test_region_without_cells_has_no_numbers(truth, edges):
    nowhere = Region("nowhere", np.arange(0), np.arange(0))
    statistics = FieldStatistics(GRID, [nowhere], edges, NLEV, 1)

    statistics.add(truth[0], np.zeros(SHAPE[2:]))

    assert np.isnan(statistics.series).all()
    assert (statistics.counts == 0.0).all()


def test_cells_that_are_not_present_do_not_count(truth, edges):
    """Row 5 has a hole at the first time; at the second, half the globe is absent."""
    holes, west = np.ones(SHAPE[3:], bool), np.ones(SHAPE[3:], bool)
    holes[5, 7] = west[:, NLON // 2 :] = False
    found = FieldStatistics(GRID, REGIONS, edges, NLEV, 2)
    for field, present in zip(truth, (holes, west), strict=False):
        damaged = np.where(present, field, np.nan)
        found.add(damaged, np.where(present, 2.0, np.nan) * np.ones(SHAPE[2:]), present)

    both = np.stack([holes, west])[:, None, None]
    mean = np.ma.masked_array(truth[:2], np.broadcast_to(~both, truth[:2].shape))
    expected = np.ma.filled(mean.mean(axis=0), np.nan)
    np.testing.assert_allclose(found.mean, expected, rtol=ROUNDING)
    shares = GRID.weights * west
    area_mean = (truth[1] * shares).sum((-2, -1)) / shares.sum()
    np.testing.assert_allclose(found.series[:, 0, :, 1], area_mean, rtol=ROUNDING)
    assert np.isnan(found.momentum).all()
    np.testing.assert_allclose(
        found.counts[:, 0].sum(-1), NLEV * (GRID.weights * (1.0 * holes + west)).sum()
    )
    rows = np.delete(np.arange(NLAT), 5)
    weights = GRID.weights[rows] / GRID.weights[rows].sum()
    square = np.einsum("clyx,yx->cl", truth[0][..., rows, :] ** 2, weights)
    np.testing.assert_allclose(found.spectrum.sum(-1), square, rtol=ROUNDING)


def test_a_cell_and_a_spectrum_that_never_count_are_undefined(truth, edges):
    present = np.ones(SHAPE[3:], bool)
    present[:, 0] = False
    found = FieldStatistics(GRID, REGIONS, edges, NLEV, 1)

    found.add(truth[0], np.zeros(SHAPE[2:]), present)

    assert np.isnan(found.mean[..., 0]).all()
    np.testing.assert_array_equal(found.mean[..., 1:], truth[0][..., 1:])
    assert np.isnan(found.spectrum).all()


def test_zonal_mean_is_that_of_the_columns_that_are_present():
    zonal_mean = ZonalMean(np.array([10.0, 10.0, -10.0, -50.0]), 1)

    zonal_mean.add(
        np.array([[1.0], [np.nan], [3.0], [np.nan]]), np.array([1, 0, 1, 0]) == 1
    )
    zonal_mean.add(np.array([[2.0], [6.0], [5.0], [np.nan]]), np.arange(4) < 3)

    np.testing.assert_array_equal(zonal_mean.mean[0], [np.nan, 4.0, 3.0])


def test_range_leaves_out_what_is_missing(truth):
    extremes = Range(NCOMP)
    damaged = truth[0].copy()
    damaged[0, 0, 0] = np.nan

    extremes.add(damaged)

    np.testing.assert_array_equal(extremes.lowest[0], np.nanmin(damaged[0]))
    np.testing.assert_array_equal(extremes.highest[1], truth[0][1].max())


def test_range_holds_the_extremes_of_each_component(truth):
    extremes = Range(NCOMP)
    for field in truth:
        extremes.add(field)

    np.testing.assert_array_equal(extremes.lowest, truth.min(axis=(0, 2, 3, 4)))
    np.testing.assert_array_equal(extremes.highest, truth.max(axis=(0, 2, 3, 4)))


def test_zonal_mean_is_the_mean_over_time_and_longitude():
    generator = np.random.default_rng(1)
    ntime, nlat, nlon = 2, 4, 6
    fields = generator.normal(size=(ntime, nlat, nlon, NLEV))
    rows = np.array([50.0, 10.0, -10.0, -50.0])  # from north to south
    zonal_mean = ZonalMean(np.repeat(rows, nlon), NLEV)

    for field in fields:
        zonal_mean.add(field.reshape(-1, NLEV))

    np.testing.assert_array_equal(zonal_mean.latitude, rows[::-1])
    expected = fields.mean(axis=(0, 2)).T[:, ::-1]
    np.testing.assert_allclose(zonal_mean.mean, expected, rtol=ROUNDING)


def test_zonal_mean_puts_scattered_columns_in_rows_of_a_degree():
    latitude = np.linspace(-2.4, 2.4, 1000)
    zonal_mean = ZonalMean(latitude, 1)

    zonal_mean.add(np.round(latitude)[:, None])

    np.testing.assert_array_equal(zonal_mean.latitude, [-2.0, -1.0, 0.0, 1.0, 2.0])
    np.testing.assert_allclose(zonal_mean.mean[0], zonal_mean.latitude)


@pytest.mark.parametrize(
    ("rows", "columns"), [(12, NLON), (NLAT, 20)], ids=["rows", "columns"]
)
def test_a_part_of_the_globe_has_no_global_sum(truth, edges, rows, columns):
    """Nor has a part of a circle a spectrum."""
    grid = LatLonGrid(
        *np.meshgrid(GRID.latitude[:rows], GRID.longitude[:columns], indexing="ij")
    )
    part = truth[0][..., :rows, :columns]
    found = FieldStatistics(grid, regions(grid), edges, NLEV, 1)

    found.add(part, np.ones(part.shape[1:]))

    assert np.isnan(found.momentum).all()
    assert np.isfinite(found.series[:, 0]).all()
    assert np.isfinite(found.spectrum).all() == (columns == NLON)
