"""Numbers as cells."""

import numpy as np

from gwparam.qbo.summary import Member, Published
from gwparam.qbo.table import _mean_and_spread, published_rows


def test_digits():
    assert _mean_and_spread(np.array([25.88, np.nan])) == "25.9"
    assert _mean_and_spread(np.array([25.88, 0.04])) == "25.88 ± 0.04"
    assert _mean_and_spread(np.array([-1.234, np.nan])) == "−1.23"
    assert _mean_and_spread(np.array([np.nan, np.nan])) == "–"


def test_published_numbers_stand_where_nothing_lasted():
    numbers = [Published("a", 28.0, 0.7, 21.0, np.nan)]
    assert published_rows(numbers, [[Member(3, {}, {})]]) == [
        ("a", "28 ± 0.7", "21", "–")
    ]
