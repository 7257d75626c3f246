import numpy as np
from audit_subjects import GRID, globe

from gwparam.audit.figures import draw
from gwparam.audit.globe_figures import degrees_from_seam
from gwparam.audit.run import Settings, audit


def test_a_globe_has_a_map_and_a_line_of_its_seam():
    place = np.linspace(1.0, 2.0, GRID[1])[:, np.newaxis]

    on = globe(lambda u: 1e-6 * u * place)
    drawn = {f.check: draw(on, f) for f in audit(lambda: on, Settings()).findings}

    assert [len(drawn[key].panels) for key in ("roll", "seam")] == [2, 1]
    assert drawn["roll"].wide


def test_the_seam_is_in_the_middle_of_its_figure():
    np.testing.assert_array_equal(
        degrees_from_seam(8), [45.0, 90.0, 135.0, 180.0, -135.0, -90.0, -45.0, 0.0]
    )
