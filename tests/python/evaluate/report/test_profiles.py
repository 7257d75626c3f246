import numpy as np
from report_figures import SECONDS_PER_DAY

from gwparam.evaluate.report import profiles
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_profiles_show_the_globe_in_the_page_s_units(results, drawn):
    section = profiles.profiles_section(Comparison(results))

    assert len(section.folded) == 6
    rmse, correlation, bias = drawn[0].axes[:3]
    np.testing.assert_allclose(
        rmse.lines[2].get_xdata(), SECONDS_PER_DAY * results["rmse"][2, 0, 0]
    )
    np.testing.assert_array_equal(
        correlation.lines[0].get_xdata(), results["correlation"][0, 0, 0]
    )
    np.testing.assert_allclose(
        bias.lines[1].get_xdata(), SECONDS_PER_DAY * results["bias"][1, 0, 0]
    )
