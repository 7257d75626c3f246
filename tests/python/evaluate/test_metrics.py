import re

import numpy as np
import pytest

from gwparam.errors import ArgumentError, ShapeError
from gwparam.evaluate.metrics import (
    BANDS,
    Moments,
    Scores,
    ZonalMean,
    latitude_band,
    score,
)

NCOL, NLEV = 200, 3
# Sums of a few hundred numbers in double precision, in another order than numpy's.
ROUNDING = 1e-12


@pytest.fixture
def pair():
    """Prediction and reference (NCOL, NLEV) and latitude (NCOL,), in all bands."""
    generator = np.random.default_rng(20240917)
    reference = generator.normal(2.0, 3.0, (NCOL, NLEV))
    prediction = 0.7 * reference + generator.normal(0.5, 1.0, (NCOL, NLEV))
    return prediction, reference, np.linspace(-90.0, 90.0, NCOL)


def plain(prediction, reference):
    """Scores by their definitions, on whole arrays."""
    p, r = prediction.ravel(), reference.ravel()
    error = p - r
    return {
        "samples": p.size,
        "bias": error.mean(),
        "rms_error": np.sqrt((error**2).mean()),
        "largest_error": np.abs(error).max(),
        "rms_reference": np.sqrt((r**2).mean()),
        "r2": 1.0 - (error**2).sum() / ((r - r.mean()) ** 2).sum(),
        "correlation": np.corrcoef(p, r)[0, 1],
    }


def assert_scores(moments, prediction, reference, rtol=ROUNDING):
    found = score(moments)._asdict()
    for name, expected in plain(prediction, reference).items():
        np.testing.assert_allclose(found[name], expected, rtol=rtol, err_msg=name)


def test_scores_of_all_regions_are_those_of_whole_arrays(pair):
    prediction, reference, latitude = pair
    scores = Scores(NLEV)

    scores.add(prediction, reference, latitude)

    assert_scores(scores.globe, prediction, reference)
    for i in range(NLEV):
        assert_scores(scores.levels[i], prediction[:, i], reference[:, i])
    for i in range(len(BANDS)):
        band = latitude_band(latitude) == i
        assert_scores(scores.bands[i], prediction[band], reference[band])


@pytest.mark.parametrize(
    "cuts", [[1], [100], [1, 2, 3], [199], [50, 50, 120], [0, 13, 200]]
)
def test_scores_do_not_depend_on_how_columns_are_split(pair, cuts):
    prediction, reference, latitude = pair
    scores = Scores(NLEV)

    for p, r, where in zip(*(np.split(a, cuts) for a in pair), strict=True):
        scores.add(p, r, where)

    assert_scores(scores.globe, prediction, reference)
    tropics = np.abs(latitude) <= 15.0
    assert_scores(
        scores.bands[BANDS.index("15S-15N")], prediction[tropics], reference[tropics]
    )


def test_merge_is_the_union_whatever_the_order(pair):
    prediction, reference, _ = pair
    parts = [
        Moments.of(p, r)
        for p, r in zip(
            np.array_split(prediction, 4), np.array_split(reference, 4), strict=True
        )
    ]

    left = parts[0].merge(parts[1]).merge(parts[2]).merge(parts[3])
    right = parts[3].merge(parts[1].merge(parts[0].merge(parts[2])))

    for i in range(NLEV):
        assert_scores(left[i], prediction[:, i], reference[:, i])
        assert_scores(right[i], prediction[:, i], reference[:, i])


def test_scores_keep_their_digits_when_the_mean_is_large(pair):
    prediction, reference, _ = pair
    # Sums of squares would lose all 16 digits of a variance at this mean.
    shift = 1e8
    scores = Scores(NLEV)

    for p, r, where in zip(*(np.array_split(a, 7) for a in pair), strict=True):
        scores.add(p + shift, r + shift, where)

    # A value near 1e8 is rounded to 1.5e-8, which is what is left of the differences.
    found, expected = score(scores.globe), plain(prediction, reference)
    np.testing.assert_allclose(found.r2, expected["r2"], rtol=1e-7)
    np.testing.assert_allclose(found.correlation, expected["correlation"], rtol=1e-7)


def test_scores_of_single_precision_are_accumulated_in_double():
    reference = np.full((100_000, 1), 0.1, np.float32)
    prediction = reference + np.float32(0.1)
    scores = Scores(1)

    scores.add(prediction, reference, np.zeros(len(reference)))

    expected = (prediction[0].astype(float) - reference[0].astype(float))[0]
    np.testing.assert_allclose(score(scores.globe).bias, expected, rtol=ROUNDING)


def test_perfect_prediction_has_r2_and_correlation_one(pair):
    _, reference, latitude = pair
    scores = Scores(NLEV)

    scores.add(reference, reference, latitude)

    found = score(scores.globe)
    assert found.r2 == 1.0
    assert found.rms_error == 0.0
    assert found.largest_error == 0.0
    np.testing.assert_allclose(found.correlation, 1.0, rtol=ROUNDING)


def test_r2_is_negative_where_the_mean_would_do_better():
    reference = np.array([[0.0], [1.0]])
    scores = Scores(1)

    scores.add(reference * 3.0, reference, np.zeros(2))

    found = score(scores.globe)
    assert found.r2 == -7.0
    assert found.correlation == 1.0


def test_scores_are_undefined_where_the_reference_does_not_vary():
    scores = Scores(1)

    scores.add(np.array([[1.0], [2.0]]), np.zeros((2, 1)), np.zeros(2))

    found = score(scores.globe)
    assert np.isnan(found.r2)
    assert np.isnan(found.correlation)
    assert found.bias == 1.5


def test_scores_of_empty_region_are_undefined():
    scores = Scores(NLEV)

    found = score(scores.globe)

    assert found.samples == 0
    assert np.isnan([found.bias, found.rms_error, found.r2, found.correlation]).all()


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


@pytest.mark.parametrize("shapes", [(7, 3), (40, 2), (40, 3, 1)])
@pytest.mark.parametrize("which", ["prediction", "reference"])
def test_add_refuses_arrays_of_another_shape(shapes, which):
    fields = {name: np.zeros((40, NLEV)) for name in ("prediction", "reference")}
    fields[which] = np.zeros(shapes)
    message = f"{which} has shape {shapes}, expected (40, 3)"

    with pytest.raises(ShapeError, match=re.escape(message)):
        Scores(NLEV).add(**fields, latitude=np.zeros(40))


def test_moments_refuse_different_shapes():
    with pytest.raises(ShapeError, match=r"\(40, 2\), expected \(40, 3\)"):
        Moments.of(np.zeros((40, 2)), np.zeros((40, 3)))


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
