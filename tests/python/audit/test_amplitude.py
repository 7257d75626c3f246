import numpy as np
import pytest
from audit_subjects import NCOL, shear_zones, trial

from gwparam.audit.amplitude import amplitude

SOURCE = {"source_flux": np.linspace(3e-3, 4e-3, NCOL)}


def of_power(power):
    def function(state):
        return state["eastward_wind"] * state["source_flux"][:, np.newaxis] ** power

    return trial(function, more=SOURCE, whole=True)


@pytest.mark.parametrize(
    ("power", "verdict"), [(1.0, "good"), (0.5, "good"), (0.0, "not good")]
)
def test_the_power_of_the_source_is_found(power, verdict):
    found = amplitude(of_power(power))

    assert found.value == pytest.approx(power, abs=1e-6)
    assert found.verdict == verdict


def test_a_flat_response_is_not_a_negative_one():
    assert "power 0.00 of source_flux" in amplitude(of_power(0.0)).said


def test_one_that_weakens_with_its_source_is_not_good():
    assert amplitude(of_power(-1.0)).verdict == "not good"


def test_without_such_an_input_nothing_is_measured():
    assert amplitude(trial(lambda u: u)).verdict == "not applicable"


def test_an_input_of_another_name_is_told():
    def function(state):
        return shear_zones() * state["launched"][:, np.newaxis]

    on = trial(function, more={"launched": SOURCE["source_flux"]}, whole=True)

    assert amplitude(on).verdict == "not applicable"
    assert amplitude(on, ("launched",)).value == pytest.approx(1.0)


def test_no_answer_is_not_good():
    on = trial(lambda s: 0.0 * s["eastward_wind"], more=SOURCE, whole=True)

    assert (amplitude(on).verdict, amplitude(on).said) == (
        "not good",
        "the answer is 0",
    )


@pytest.mark.parametrize(
    ("spread", "step"), [(0.0, 0.02), (0.03, 0.06), (0.1, 0.2), (1.0, 0.25)]
)
def test_sources_are_those_that_the_states_hold(spread, step):
    source = 3e-3 * (1.0 + spread * np.where(np.arange(NCOL) % 2, 1.0, -1.0))

    def function(state):
        return state["eastward_wind"] * state["source_flux"][:, np.newaxis]

    found = amplitude(trial(function, more={"source_flux": source}, whole=True))

    np.testing.assert_allclose(
        found.numbers["factors"], [1.0 - step, 1.0, 1.0 + step], rtol=1e-9
    )
    assert found.value == pytest.approx(1.0, abs=1e-6)
