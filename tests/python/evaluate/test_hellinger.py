import json

import numpy as np
import pytest

from gwparam.errors import ArgumentError, ModelFileError, ShapeError
from gwparam.evaluate.hellinger import (
    Binning,
    affinity,
    count,
    hellinger,
    hellinger_printed,
    probabilities,
    read_binning,
)

# Bins of a hundredth of a standard deviation: the rule of rectangles for a smooth
# function that vanishes at the ends is exact to rounding.
BINS = np.linspace(-40.0, 40.0, 8001)
DENSE = 1e-9


def gaussian(mean, deviation):
    middle = 0.5 * (BINS[1:] + BINS[:-1])
    return np.exp(-0.5 * ((middle - mean) / deviation) ** 2)


@pytest.mark.parametrize(
    ("m1", "s1", "m2", "s2"),
    [
        (0.0, 1.0, 1.0, 1.0),
        (0.0, 1.0, 0.0, 3.0),
        (-2.0, 0.5, 1.5, 2.0),
        (5.0, 2.0, -5.0, 1.0),
    ],
)
def test_two_gaussians_have_the_distance_of_the_closed_form(m1, s1, m2, s2):
    squares = s1**2 + s2**2
    overlap = np.sqrt(2.0 * s1 * s2 / squares) * np.exp(
        -((m1 - m2) ** 2) / (4.0 * squares)
    )
    p, q = gaussian(m1, s1), gaussian(m2, s2)

    np.testing.assert_allclose(hellinger(p, q), np.sqrt(1.0 - overlap), atol=DENSE)
    np.testing.assert_allclose(hellinger_printed(p, q), 1.0 - overlap, atol=DENSE)


def test_samples_have_the_distance_of_the_euclidean_form():
    # H = |sqrt(p) - sqrt(q)| / sqrt(2), with numpy's own histogram.
    generator = np.random.default_rng(20250301)
    a, b = generator.normal(0.0, 1.0, 4000), generator.laplace(0.3, 1.2, 3000)
    edges = np.linspace(-20.0, 20.0, 81)
    p, q = (np.histogram(x, edges)[0] / x.size for x in (a, b))
    expected = np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2.0)

    found = hellinger(count(a, edges, 1.0), count(b, edges, 1.0))

    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_samples_have_the_distance_that_scipy_gives():
    distance = pytest.importorskip("scipy.spatial.distance")
    generator = np.random.default_rng(20250302)
    p, q = generator.random((2, 50))
    euclidean = distance.euclidean(
        np.sqrt(p / p.sum()), np.sqrt(q / q.sum())
    ) / np.sqrt(2.0)

    np.testing.assert_allclose(hellinger(p, q), euclidean, rtol=1e-12)
    np.testing.assert_allclose(hellinger_printed(p, q), euclidean**2, rtol=1e-12)


@pytest.mark.parametrize("formula", [hellinger, hellinger_printed])
def test_equal_distributions_have_no_distance(formula):
    p = np.random.default_rng(20250303).random(77)

    assert formula(p, p) == 0.0
    # Counts of twice as many samples; rounding in p q is all that is left.
    assert formula(p, 2.0 * p) == 0.0


@pytest.mark.parametrize("formula", [hellinger, hellinger_printed])
def test_disjoint_distributions_have_the_distance_one(formula):
    assert formula(np.array([1.0, 2.0, 0.0]), np.array([0.0, 0.0, 5.0])) == 1.0


def test_printed_convention_is_the_square_of_the_distance():
    p, q = np.random.default_rng(20250304).random((2, 30))

    np.testing.assert_allclose(
        hellinger_printed(p, q), hellinger(p, q) ** 2, rtol=1e-12
    )


def test_empty_histogram_has_no_distance():
    found = hellinger(np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones((2, 2)))

    assert np.isnan(found[0])
    assert found[1] == 0.0


def test_affinity_refuses_other_bins_and_negative_counts():
    with pytest.raises(ShapeError, match="histogram has 2 bins, expected 3"):
        affinity(np.ones(3), np.ones(2))
    with pytest.raises(ArgumentError, match="negative or infinite"):
        affinity(np.ones(2), np.array([1.0, -1.0]))


def test_count_puts_what_lies_beyond_into_the_bins_at_the_ends():
    values = np.array([-9.0, 0.0, 0.5, 1.0, 2.0, 9.0])

    found = count(values, np.array([0.0, 1.0, 2.0]), np.ones(1))

    assert found.tolist() == [3.0, 3.0]


def test_count_weighs_the_samples():
    values = np.array([[0.5, 1.5], [1.5, 1.5]])

    found = count(values, np.array([0.0, 1.0, 2.0]), np.array([1.0, 10.0]))

    assert found.tolist() == [1.0, 21.0]


def test_probabilities_add_up_to_one():
    found = probabilities(np.random.default_rng(20250305).random((3, 4, 9)))

    np.testing.assert_allclose(found.sum(axis=-1), 1.0, rtol=1e-15)


def test_linear_edges_divide_the_range_evenly():
    edges = Binning(4, "linear").find_edges(np.array([-2.0, 0.0]), np.array([2.0, 8.0]))

    assert edges.tolist() == [[-2.0, -1.0, 0.0, 1.0, 2.0], [0.0, 2.0, 4.0, 6.0, 8.0]]


def test_symmetric_logarithmic_edges_are_finest_about_zero():
    (edges,) = Binning(50, "symlog").find_edges(np.array([-3.0]), np.array([3.0]))

    np.testing.assert_allclose(edges[[0, -1]], [-3.0, 3.0], rtol=1e-14)
    np.testing.assert_allclose(edges, -edges[::-1], atol=1e-15)
    widths = np.diff(edges)
    # Decades from the threshold, 3e-3, on have equally many bins.
    ratios = widths[-5:] / widths[-6:-1]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-3)
    assert widths.argmin() in (24, 25)


@pytest.mark.parametrize("spacing", ["linear", "symlog"])
@pytest.mark.parametrize("value", [0.0, -2.5])
def test_a_constant_truth_has_increasing_edges_around_it(spacing, value):
    (edges,) = Binning(9, spacing).find_edges(np.array([value]), np.array([value]))

    assert edges[0] < value < edges[-1]
    assert (np.diff(edges) > 0.0).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, Binning(100, "symlog")),
        ("30", Binning(30, "symlog")),
        ("symlog:40", Binning(40, "symlog")),
        ("linear:20", Binning(20, "linear")),
    ],
)
def test_bins_are_read(text, expected):
    assert read_binning(text, ("eastward", "northward")) == expected


@pytest.mark.parametrize(
    ("given", "northward"),
    [
        ([-1.0, 0.0, 2.0], [-1.0, 0.0, 2.0]),
        ({"eastward": [-1, 0, 2], "northward": [-5, 0, 5]}, [-5.0, 0.0, 5.0]),
    ],
)
def test_edges_are_read_for_both_components_or_each(tmp_path, given, northward):
    path = tmp_path / "edges.json"
    path.write_text(json.dumps(given))

    binning = read_binning(str(path), ("eastward", "northward"))

    # The range of the truth plays no part.
    edges = binning.find_edges(np.zeros(2), np.ones(2))
    assert edges.tolist() == [[-1.0, 0.0, 2.0], northward]
    assert binning.number == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "expected 2 to 1000000 bins"),
        ("many", "expected N, linear:N, symlog:N or a .json file"),
        ("cubic:5", "expected N, linear:N"),
    ],
)
def test_bad_bins_are_refused(text, message):
    with pytest.raises(ArgumentError, match=message):
        read_binning(text, ("eastward", "northward"))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("[0, 2, 1]", ArgumentError, "no increasing list of at least 3 edges for east"),
        ('{"eastward": [0, 1, 2]}', ArgumentError, "edges for northward"),
        ('["a", "b", "c"]', ArgumentError, "no increasing list"),
        (
            '{"eastward": [0, 1, 2], "northward": [0, 1, 2, 3]}',
            ArgumentError,
            "3 and 4 edges",
        ),
        ("[0, 1", ModelFileError, "as JSON"),
    ],
)
def test_bad_edges_are_refused(tmp_path, text, error, message):
    path = tmp_path / "edges.json"
    path.write_text(text)

    with pytest.raises(error, match=message):
        read_binning(str(path), ("eastward", "northward"))


def test_absent_edges_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="No such file"):
        read_binning(str(tmp_path / "none.json"), ("eastward", "northward"))
