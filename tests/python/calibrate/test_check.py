import numpy as np
import pytest
import torch

from gwparam.calibrate.check import check
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
