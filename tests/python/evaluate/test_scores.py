import re

import numpy as np
import pytest

from gwparam.errors import ArgumentError, ShapeError
from gwparam.evaluate.metrics import Moments
from gwparam.evaluate.scores import (
    BANDS,
    GLOBE,
    Scores,
    globe_and_bands,
    latitude_band,
)

NTIME, NCOL, NLEV = 5, 40, 3
# The same numbers, summed in another order.
ROUNDING = 1e-12
REGIONS = {
    GLOBE: slice(None),
    "west": np.arange(10),
    "shuffled": np.array([3, 30, 17]),
    "nowhere": np.arange(0),
}
NAMES = ("count", "bias", "rms_error", "r2", "correlation", "largest_error")


@pytest.fixture
def pair():
    """Prediction and reference, (NTIME, NCOL, NLEV)."""
    generator = np.random.default_rng(20250310)
    reference = generator.normal(0.3, [1.0, 5.0, 0.1], (NTIME, NCOL, NLEV))
    return 0.8 * reference + generator.normal(0.05, 0.5, reference.shape), reference


@pytest.fixture
def scores(pair):
    found = Scores(REGIONS, NLEV)
    for prediction, reference in zip(*pair, strict=True):
        found.add(prediction, reference)
    return found


def assert_same(found, expected):
    for name in NAMES:
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=ROUNDING, err_msg=name
        )


@pytest.mark.parametrize("region", REGIONS)
def test_scores_are_those_of_all_times_at_once(scores, pair, region):
    at = scores.regions.index(region)
    prediction, reference = (x[:, REGIONS[region]] for x in pair)

    assert_same(
        scores.levels[at],
        Moments.of(prediction.reshape(-1, NLEV), reference.reshape(-1, NLEV)),
    )
    assert_same(scores.pooled[at], Moments.of(prediction.ravel(), reference.ravel()))


def test_region_without_columns_has_no_scores(scores):
    nowhere = scores.pooled[scores.regions.index("nowhere")]

    assert nowhere.count == 0.0
    assert np.isnan([nowhere.r2, nowhere.bias]).all()


@pytest.mark.parametrize(
    ("prediction", "reference", "message"),
    [
        ((40, 2), (40, 2), "prediction has shape (40, 2), expected 3 levels"),
        ((40, 3, 1), (40, 3), "prediction has shape (40, 3, 1), expected 3 levels"),
        ((40, 3), (7, 3), "reference has shape (7, 3), expected (40, 3) as the"),
    ],
)
def test_arrays_of_another_shape_are_refused(prediction, reference, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        Scores(REGIONS, NLEV).add(np.zeros(prediction), np.zeros(reference))


def test_bands_are_those_with_columns_from_north_to_south():
    latitude = np.array([-70.0, 10.0, 65.0, -15.0])

    found = globe_and_bands(latitude)

    assert list(found) == [GLOBE, "60N-90N", "15S-15N", "90S-60S"]
    assert found[GLOBE] == slice(None)
    np.testing.assert_array_equal(found["15S-15N"], [1, 3])


def test_without_latitude_there_is_the_globe_alone():
    assert globe_and_bands(None) == {GLOBE: slice(None)}


@pytest.mark.parametrize(
    ("latitude", "band"),
    [
        (-90.0, "90S-60S"),
        (-60.0, "60S-15S"),
        (-15.0, "15S-15N"),
        (0.0, "15S-15N"),
        (15.0, "15S-15N"),
        (15.001, "15N-60N"),
        (60.0, "15N-60N"),
        (90.0, "60N-90N"),
    ],
)
def test_edge_belongs_to_the_band_nearer_the_equator(latitude, band):
    assert BANDS[latitude_band(np.array([latitude]))[0]] == band


@pytest.mark.parametrize("latitude", [91.0, -123.0, np.nan])
def test_latitude_band_refuses_what_is_no_latitude(latitude):
    with pytest.raises(ArgumentError, match=f"latitude is {latitude}"):
        latitude_band(np.array([0.0, latitude]))
