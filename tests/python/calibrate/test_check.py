import numpy as np
import pytest
import torch

from gwparam.calibrate.check import Check, Run, check, doubts
from gwparam.calibrate.inversion import Target
from gwparam.calibrate.models import spectrum_drag
from gwparam.calibrate.target import Wanted
from gwparam.qbo.statistics import statistic_names
from gwparam.qbo.testbed import Testbed

TESTBED = Testbed()
NAMES = ("period_at_25_km", "standard_deviation_at_25_km")
PLACES = np.array([statistic_names().index(name) for name in NAMES])
WANTED = Wanted(NAMES, PLACES, Target(np.array([20.0, 40.0]), np.eye(2)), None)


def test_long_runs_of_several_sources() -> None:
    months = []
    found = check(
        lambda forcings: spectrum_drag(forcings, TESTBED),
        [3, 4],
        years=22,
        window_years=5,
        wanted=WANTED,
        testbed=TESTBED,
        advance=lambda: months.append(1),
    )
    assert len(months) == 22 * 12
    assert [run.seed for run in found.runs] == [3, 4]
    assert all(run.stable for run in found.runs)
    assert found.wind.shape == (22 * 12, 73)
    # Those of the control case, as far as ten years tell.
    assert found.runs[1].amplitude[1] == pytest.approx(33.8, rel=0.05)
    assert found.runs[0].period[2] == pytest.approx(26.0, rel=0.1)
    period, amplitude = found.statistics[PLACES]
    errors = found.errors(WANTED)
    assert errors == {NAMES[0]: period / 20.0 - 1.0, NAMES[1]: amplitude / 40.0 - 1.0}
    expected = ((period - 20.0) ** 2 + (amplitude - 40.0) ** 2) / 2.0
    assert found.misfit == pytest.approx(expected)


def test_an_unstable_run_says_so() -> None:
    def drag(forcings):
        del forcings
        return lambda wind, day: torch.ones_like(wind) * (1e-2 if day > 5000 else 0.0)

    found = check(drag, [1], 17, 4, WANTED, TESTBED)
    assert not found.runs[0].stable
    assert np.isnan(found.runs[0].period).all()
    assert found.misfit == np.inf


def checked(period, amplitude, misfit):
    """A check that was never run, of 96 years."""
    found = np.full(85, np.nan)
    found[PLACES] = period, amplitude
    runs = (Run(1, True, (period,) * 3, (amplitude,) * 3),)
    return Check(runs, found, misfit, np.zeros((12 * 108, 73)))


def test_a_result_that_does_not_oscillate_is_doubtful() -> None:
    before, after = checked(20.0, 0.1, 3925.0), checked(20.0, 0.05, 3449.0)
    assert doubts(before, after, WANTED) == [
        "the misfit is 3449 after, expected about 1, at most 10: the oscillation is "
        "not the wanted one",
        "the error of standard_deviation_at_25_km is -99.9% after, -99.8% before, "
        "expected a smaller one",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (checked(30.0, 10.0, 500.0), checked(20.5, 38.0, 9.0)),
        # What is small may grow, and what was unstable has no error.
        (checked(20.1, 39.0, 2.0), checked(20.2, 38.0, 2.0)),
        (checked(np.nan, np.nan, np.inf), checked(24.0, 40.0, 9.0)),
    ],
)
def test_a_result_as_it_should_be_is_not(before, after) -> None:
    assert doubts(before, after, WANTED) == []


def test_long_runs_tell_periods_apart() -> None:
    found = checked(24.0, 40.0, 1.0)
    assert found.counted_months == 96 * 12
    # Modes 48 and 47 of 96 years.
    assert found.resolution == 0.5
    assert found.resolution == pytest.approx(1152 / 47 - 1152 / 48, rel=0.03)
