import numpy as np
from report_figures import SECONDS_PER_DAY, meshes

from gwparam.evaluate.report import sections
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_sections_show_zonal_means_with_the_ground_below(results, drawn):
    sections.sections_section(Comparison(results))

    assert len(drawn) == 2 * 7
    northward = meshes(drawn[7])
    zonal = results["mean_truth"].mean("longitude")[1]
    np.testing.assert_allclose(northward[0].get_array(), SECONDS_PER_DAY * zonal)
    bottom, top = northward[0].axes.get_ylim()
    assert bottom > top
