import numpy as np
import pytest
from audit_subjects import EAST, GRID, globe, trial

from gwparam.audit.longitude import longitude, roll


def spread(u, mode):
    """Mean over five meridians, with what lies beyond the image as told."""
    wide = np.pad(u, ((0, 0), (2, 2), (0, 0)), mode=mode)
    return sum(wide[:, k : k + GRID[1]] for k in range(5))


def closed(u):
    return spread(u, "wrap")


def test_a_closed_globe_is_the_same_wherever_it_begins():
    rolled, seam = longitude(globe(closed))

    assert (rolled.verdict, seam.verdict) == ("good", "good")
    assert rolled.value == pytest.approx(0.0, abs=1e-12)
    assert seam.value == pytest.approx(0.0, abs=1e-12)
    assert [roll["degrees"] for roll in rolled.numbers["rolls"]] == [90.0, 180.0, 270.0]


def test_zeros_beyond_the_image_are_a_seam():
    rolled, seam = longitude(globe(lambda u: spread(u, "constant")))

    assert (rolled.verdict, seam.verdict) == ("not good", "not good")
    change = seam.curves["change"]
    assert change[[0, -1]].min() > 0.25
    np.testing.assert_allclose(change[4:-4], 0.0, atol=1e-12)


def test_an_answer_that_depends_on_the_place_does_not_roll():
    place = np.linspace(1.0, 3.0, GRID[1])[:, np.newaxis]

    rolled, _ = longitude(globe(lambda u: place * u))

    assert rolled.verdict == "not good"
    assert rolled.value > 0.2


def test_variance_beside_a_reference_is_told_before_and_after():
    fades = np.where(np.arange(GRID[1]) < 12, 1.0, 0.0)[:, np.newaxis]

    rolled, _ = longitude(globe(lambda u: fades * u, reference=lambda u: u))

    half = rolled.numbers["rolls"][1]
    before = half["variance_ratio_to_reference"][EAST]
    after = half["variance_ratio_to_reference_rolled"][EAST]
    assert 0.2 < before < 0.8
    assert 0.2 < after < 0.8
    assert before != after


def test_places_are_not_rolled():
    state = {"u": np.arange(8.0).reshape(1, 4, 2), "longitude": np.arange(4.0)[None]}

    found = roll(state, 1)

    assert list(found) == ["u"]
    np.testing.assert_array_equal(found["u"][0, :, 0], [6.0, 0.0, 2.0, 4.0])


def test_columns_have_no_seam():
    assert {f.verdict for f in longitude(trial(lambda u: u))} == {"not applicable"}


def test_an_answer_without_longitudes_has_no_jumps():
    _, seam = longitude(globe(lambda u: 1.0 + 0.0 * u))

    assert seam.verdict == "not applicable"


def test_no_answer_has_no_variance_to_change():
    rolled, _ = longitude(globe(lambda u: 0.0 * u))

    assert rolled.said == "changes by 0.00%"
