import numpy as np
import pytest

from gwparam.errors import ShapeError
from gwparam.evaluate.metrics import Moments, finite, score

NCOL, NLEV = 200, 3
# Sums of a few hundred numbers in double precision, in another order than numpy's.
ROUNDING = 1e-12


@pytest.fixture
def pair():
    """Prediction and reference (NCOL, NLEV)."""
    generator = np.random.default_rng(20240917)
    reference = generator.normal(2.0, 3.0, (NCOL, NLEV))
    prediction = 0.7 * reference + generator.normal(0.5, 1.0, (NCOL, NLEV))
    return prediction, reference


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


def test_scores_are_those_of_whole_arrays(pair):
    moments = Moments.of(*pair)

    assert_scores(moments.pool(), *pair)
    for level, (prediction, reference) in enumerate(
        zip(*(x.T for x in pair), strict=True)
    ):
        assert_scores(moments[level], prediction, reference)


def test_merge_is_the_union_whatever_the_order(pair):
    prediction, reference = pair
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
    # Sums of squares would lose all 16 digits of a variance at this mean.
    shift = 1e8
    parts = zip(*(np.array_split(x + shift, 7) for x in pair), strict=True)

    moments = Moments.of(np.zeros((0, NLEV)), np.zeros((0, NLEV)))
    for prediction, reference in parts:
        moments = moments.merge(Moments.of(prediction, reference))

    # A value near 1e8 is rounded to 1.5e-8, which is what is left of the differences.
    found, expected = score(moments.pool()), plain(*pair)
    np.testing.assert_allclose(found.r2, expected["r2"], rtol=1e-7)
    np.testing.assert_allclose(found.correlation, expected["correlation"], rtol=1e-7)


def test_scores_of_single_precision_are_accumulated_in_double():
    reference = np.full(100_000, 0.1, np.float32)
    prediction = reference + np.float32(0.1)

    found = score(Moments.of(prediction, reference))

    expected = prediction[0].astype(float) - reference[0].astype(float)
    np.testing.assert_allclose(found.bias, expected, rtol=ROUNDING)


def test_perfect_prediction_has_r2_and_correlation_one(pair):
    found = score(Moments.of(pair[1], pair[1]).pool())

    assert found.r2 == 1.0
    assert found.rms_error == 0.0
    assert found.largest_error == 0.0
    np.testing.assert_allclose(found.correlation, 1.0, rtol=ROUNDING)


def test_r2_is_negative_where_the_mean_would_do_better():
    reference = np.array([0.0, 1.0])

    found = score(Moments.of(3.0 * reference, reference))

    assert found.r2 == -7.0
    assert found.correlation == 1.0


def test_scores_are_undefined_where_the_reference_does_not_vary():
    found = score(Moments.of(np.array([1.0, 2.0]), np.zeros(2)))

    assert np.isnan(found.r2)
    assert np.isnan(found.correlation)
    assert found.bias == 1.5
    assert found.as_dict()["r2"] is None
    assert found.as_dict()["bias"] == 1.5


def test_scores_of_no_samples_are_undefined():
    found = score(Moments.of(np.zeros(0), np.zeros(0)))

    assert found.samples == 0
    assert np.isnan(found[1:]).all()


def test_moments_refuse_different_shapes():
    with pytest.raises(ShapeError, match=r"\(40, 2\), expected \(40, 3\)"):
        Moments.of(np.zeros((40, 2)), np.zeros((40, 3)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_json_has_no_infinite_numbers(value):
    assert finite(value) is None
    assert finite(1.5) == 1.5
