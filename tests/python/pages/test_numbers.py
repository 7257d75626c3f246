import numpy as np
import pytest

from gwparam.pages.numbers import number, ratio, tick, words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.8, "2.80"),
        (-0.0416, "−0.0416"),
        (124.2, "124"),
        (2.29e-5, "2.29·10⁻⁵"),
        (-12345.0, "−1.23·10⁴"),
        (0.0, "0.00"),
        (np.nan, "–"),
        (-np.inf, "–"),
        (None, "–"),
    ],
)
def test_number_has_three_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.29854, "−0.2985"),
        (1.0, "1.0000"),
        (-12345.0, "−1.23·10⁴"),
        (None, "–"),
        (np.nan, "–"),
    ],
)
def test_ratio_has_the_digits_of_the_console(value, text):
    assert ratio(value) == text


def test_names_of_cf_become_words():
    name = "tendency_of_eastward_wind_due_to_gravity_wave_drag"

    assert words(name) == "Tendency of eastward wind due to gravity wave drag"
    assert words("") == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.1, "−0.1"), (1000.0, "1000"), (1e-5, "10⁻⁵"), (-1e7, "−10⁷")],
)
def test_ticks_are_short(value, text):
    assert tick(value) == text
