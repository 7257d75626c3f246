import numpy as np
import pytest
from calibration_result import CHECKS, RESULT, WANTED

from gwparam.calibrate import figures
from gwparam.pages import picture
from gwparam.qbo.testbed import Testbed


@pytest.fixture
def drawn(monkeypatch):
    """Keep the axes of panels."""
    found = []

    def keep(figure, **_):
        figure.draw_without_rendering()
        found.append(figure.axes[0])
        return "data:image/png;base64,"

    monkeypatch.setattr(picture, "embed", keep)
    return found


def test_misfits_and_the_one_that_was_taken(drawn) -> None:
    figures.misfit_by_iteration(RESULT)
    lines, bars = drawn
    members, mean, chosen, taken = lines.lines
    assert members.get_ydata().tolist() == [900.0, 30.0]
    assert mean.get_ydata().tolist() == [np.inf, 5.0]
    assert chosen.get_ydata().tolist() == [50.0, np.inf, 0.9]
    assert taken.get_xdata() == [3, 3]
    assert lines.get_yscale() == "log"
    assert [bar.get_height() for bar in bars.patches] == [4, 0]


def test_members_and_what_is_wanted(drawn) -> None:
    found = figures.members_by_iteration(RESULT, WANTED)
    assert len(found.panels) == 4
    period = drawn[0]
    assert period.lines[1].get_ydata().tolist() == RESULT.state.shown[1][:, 0].tolist()
    assert period.lines[2].get_ydata() == [26.0, 26.0]
    assert len(drawn[1].lines) == 2  # that at 20 km is not wanted


def test_winds_by_height_and_time(drawn) -> None:
    runs = [("before", CHECKS[0].wind), ("after", CHECKS[1].wind)]
    figures.winds(runs, Testbed())
    (mesh,) = drawn[1].collections
    assert mesh.get_array().shape == (73, 24 * 12)
    np.testing.assert_allclose(mesh.get_array()[:, -1], CHECKS[1].wind[-1])
    assert drawn[1].get_xlim() == pytest.approx((6.0, 30.0), abs=0.1)
    assert mesh.norm.vmax == -mesh.norm.vmin
