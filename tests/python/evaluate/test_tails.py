import numpy as np
import pytest

from gwparam.evaluate.ladder import QUANTILES, RESOLUTION
from gwparam.evaluate.tails import Tails

NTIME, NLEV, NCELL = 3, 4, 900
PARTS = [np.array([0, 1]), np.array([2, 3]), np.array([1])]


@pytest.fixture(scope="module")
def values():
    scale = np.array([100.0, 10.0, 1.0, 0.1])[:, None]
    return scale * np.random.default_rng(11).laplace(size=(2, NTIME, NLEV, NCELL))


@pytest.fixture(scope="module")
def tails(values):
    """The same cells in two regions; the second component only in the first."""
    found = Tails(2, 2, NLEV, PARTS)
    for time in range(NTIME):
        found.add(0, 0, values[0, time])
        found.add(0, 1, values[0, time])
        found.add(1, 0, values[1, time])
    return found


def quantiles(values):
    # Without interpolation: samples far out are few.
    return np.quantile(np.abs(values), QUANTILES, method="inverted_cdf")


def test_levels_have_quantiles_of_their_own(values, tails):
    found = tails.by_level

    assert found.shape == (2, NLEV, len(QUANTILES))
    for c, level in np.ndindex(2, NLEV):
        np.testing.assert_allclose(
            found[c, level], quantiles(values[c, :, level]), rtol=RESOLUTION
        )


def test_parts_pool_their_levels(values, tails):
    found = tails.by_part

    assert found.shape == (2, 2, 1 + len(PARTS), len(QUANTILES))
    for place, part in enumerate([np.arange(NLEV), *PARTS]):
        expected = quantiles(values[0][:, part])
        np.testing.assert_allclose(found[0, 0, place], expected, rtol=RESOLUTION)


def test_regions_with_the_same_cells_have_the_same_quantiles(tails):
    np.testing.assert_array_equal(tails.by_part[0, 1], tails.by_part[0, 0])


def test_a_region_without_cells_has_none(tails):
    assert np.isnan(tails.by_part[1, 1]).all()


def test_a_quantile_beyond_which_there_is_no_sample_is_undefined():
    found = Tails(1, 1, 1, [])
    found.add(0, 0, np.arange(1.0, 1000.0)[None])  # 999 samples

    assert np.isfinite(found.by_level[0, 0]).tolist() == [True, True, False]

    found.add(0, 0, np.array([[1000.0]]))
    assert np.isfinite(found.by_level).all()
