import numpy as np
import pytest
from audit_subjects import NCOL, shear_zones, trial

from gwparam.audit.figures import draw
from gwparam.audit.finding import not_applicable
from gwparam.audit.run import Settings, audit


def findings(on):
    return audit(lambda: on, Settings()).findings


def by_check(on):
    return {f.check: draw(on, f) for f in findings(on)}


def test_every_check_of_columns_has_its_figure():
    def answer(state):
        return 1e-6 * state["eastward_wind"] * state["source_flux"][:, np.newaxis]

    on = trial(
        answer,
        reference=1e-6 * shear_zones(),
        more={"source_flux": np.linspace(0.5, 1.5, NCOL)},
        whole=True,
    )

    found = by_check(on)

    drawn = {check for check, picture in found.items() if picture is not None}
    assert drawn == {
        "reversal",
        "critical_levels",
        "momentum",
        "amplitude",
        "receptive_field",
        "noise",
        "tail",
    }
    for check in drawn:
        assert all(p.source.startswith("data:image/") for p in found[check].panels)
        assert found[check].caption


def test_what_is_not_applicable_has_no_figure():
    on = trial(lambda u: u)

    assert draw(on, not_applicable("reversal", "R", "no", "c")) is None


@pytest.mark.parametrize("size", [0.0, 1.0])
def test_answers_without_variation_are_drawn_too(size):
    by_check(trial(lambda u: size + 0.0 * u, reference=0.0 * shear_zones() + size))
