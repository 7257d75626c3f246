import numpy as np
import pytest
from audit_subjects import NCOL, WIND, shear_zones, trial

from gwparam.audit.noise import noise


def test_a_linear_answer_changes_as_its_input():
    found = noise(trial(lambda u: -1e-6 * u))

    changes = found.numbers["relative_change"]
    # Relative to the standard deviation, which of winds without a mean is the size.
    assert changes["0.01"] == pytest.approx(0.01, rel=0.05)
    assert changes["0.05"] == pytest.approx(0.05, rel=0.05)
    assert found.verdict == "good"


def test_an_answer_of_differences_is_more_sensitive():
    def steps(u):
        return np.floor(u / 1e-3) % 2.0

    found = noise(trial(steps))

    assert found.verdict == "not good"
    assert found.numbers["relative_change"]["0.01"] > 0.5


def test_places_have_no_noise():
    more = {"latitude": np.linspace(-80.0, 80.0, NCOL)}
    on = trial(
        lambda s: s["latitude"][:, None] + 0 * shear_zones(), more=more, whole=True
    )

    found = noise(on)

    assert found.value == 0.0
    assert found.numbers["inputs"] == ["eastward_wind"]


def test_no_answer_has_no_relative_change():
    assert noise(trial(lambda u: 0.0 * u)).verdict == "not applicable"


def test_weather_that_does_not_vary_takes_no_noise():
    one = shear_zones(1)

    found = noise(trial(lambda u: -1e-6 * u, wind=one))

    assert (found.verdict, found.value) == ("not applicable", None)
    assert "the same in all columns" in found.said


def test_inputs_that_do_not_vary_are_not_named_as_noisy():
    more = {"scale": np.full(NCOL, 3.0)}
    on = trial(lambda s: s[WIND], more=more, whole=True)

    assert noise(on).numbers["inputs"] == [WIND]
