import numpy as np
import pytest

from gwparam.climate.student import two_sided

T = np.array([0.0, 1e-8, 0.3, 1.0, 2.5, 12.0, 400.0])
# Of exponentials and logarithms of numbers up to a thousand.
ROUNDING = 1e-11

# Closed forms of the two-sided probability for whole degrees of freedom.
CLOSED = {
    1: lambda t: 1.0 - 2.0 / np.pi * np.arctan(t),
    2: lambda t: 1.0 - t / np.sqrt(2.0 + t**2),
    4: lambda t: 1.0 - t / np.sqrt(4.0 + t**2) * (1.0 + 2.0 / (4.0 + t**2)),
}


@pytest.mark.parametrize("freedom", CLOSED)
def test_probability_is_that_of_the_closed_form(freedom):
    found = two_sided(T, np.full(T.shape, float(freedom)))

    np.testing.assert_allclose(found, CLOSED[freedom](T), rtol=1e-9, atol=ROUNDING)


def test_probability_is_that_of_tables():
    # 97.5 and 99.5 percent of Student's distribution, as printed everywhere.
    t = np.array([2.228, 3.169, 2.042, 2.750, 1.984, 1.962])
    freedom = np.array([10.0, 10.0, 30.0, 30.0, 100.0, 1000.0])

    found = two_sided(t, freedom)

    np.testing.assert_allclose(found, [0.05, 0.01, 0.05, 0.01, 0.05, 0.05], rtol=2e-3)


def test_the_far_tail_keeps_its_digits():
    # 1 - t / sqrt(2 + t^2) loses them; its series does not.
    t = np.array([1e5])

    found = two_sided(t, np.array([2.0]))

    np.testing.assert_allclose(found, t**-2.0, rtol=1e-9)


def test_sign_does_not_matter_and_many_years_are_a_normal_distribution():
    from math import erfc

    t = np.array([-2.0, 2.0])

    found = two_sided(t, np.full(2, 1e7))

    np.testing.assert_allclose(found, erfc(np.sqrt(2.0)), rtol=1e-5)


def test_infinite_and_missing_values_are_as_they_should_be():
    found = two_sided(np.array([np.inf, np.nan, 1.0]), np.array([3.0, 3.0, np.nan]))

    np.testing.assert_array_equal(found, [0.0, np.nan, np.nan])
