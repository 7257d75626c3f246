import numpy as np
import pytest
from audit_subjects import EAST, NORTH, NORTHWARD_WIND, WIND, pair, trial

from gwparam.audit.reversal import MOST, reversal
from gwparam.contract import Field


@pytest.mark.parametrize(
    ("function", "share"),
    [
        (lambda u: -1e-6 * u, 0.0),
        (lambda u: 1e-6 * u**3, 0.0),
        (lambda u: np.abs(u), 1.0),
        (lambda u: 1e-3 + 0.0 * u, 1.0),
    ],
)
def test_share_of_an_odd_and_of_an_even_answer(function, share):
    found = reversal(trial(function))

    assert found.value == pytest.approx(share, abs=1e-12)
    assert found.verdict == ("good" if share <= MOST else "not good")


def test_share_of_a_mixture_is_that_of_its_energies():
    on = trial(lambda u: u + 0.5 * np.abs(u))

    found = reversal(on)

    assert found.value == pytest.approx(0.2)
    assert found.numbers["share_by_output"] == {EAST: pytest.approx(0.2)}
    assert found.verdict == "not good"


def test_an_asymmetric_source_is_measured_and_not_judged():
    found = reversal(trial(lambda u: np.abs(u)), symmetric=False)

    assert (found.verdict, found.value) == ("not applicable", 1.0)
    assert "asymmetric" in found.said


def test_no_answer_has_nothing_to_reverse():
    assert reversal(trial(lambda u: 0.0 * u)).verdict == "not applicable"


def test_one_that_does_not_see_the_wind_is_not_judged():
    on = trial(lambda u: u)
    on.subject.inputs = (Field("air_temperature", "K", "full", "float64"),)

    assert reversal(on).said == "it sees no wind"


@pytest.mark.parametrize("answered", [[EAST], [NORTH], [EAST, NORTH]])
def test_all_winds_turn_whichever_is_answered(answered):
    def along(u, v):
        return 1e-6 * (u + v)

    found = reversal(pair(dict.fromkeys(answered, along)))

    assert (found.verdict, found.value) == ("good", 0.0)
    assert found.numbers["turned"] == [WIND, NORTHWARD_WIND]
    assert found.numbers["kept_as_they_are"] == []


def test_what_is_kept_is_told():
    on = trial(lambda u: u)
    on.subject.inputs += (Field("air_temperature", "K", "full", "float64"),)

    assert reversal(on).numbers["kept_as_they_are"] == ["air_temperature"]
