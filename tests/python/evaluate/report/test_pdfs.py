import numpy as np
import pytest
from report_figures import SECONDS_PER_DAY

from gwparam.evaluate.report import pdfs
from gwparam.evaluate.report.comparison import Comparison
from gwparam.pages.colours import COLOURS


def test_densities_are_drawn_with_the_model_s_colour_in_every_region(results, drawn):
    pdfs.pdfs_section(Comparison(results))

    nregion = results.sizes["region"]
    panels_of_regions = [figure.axes[0] for figure in drawn[:nregion]]
    names = [axis.get_title("left") for axis in panels_of_regions]
    assert names == list(results["region"].values)
    for region, axis in enumerate(panels_of_regions):
        truth, *models = axis.lines
        assert truth.get_color() == "#000000"
        assert [line.get_color() for line in models] == list(COLOURS[:3])
        edges = SECONDS_PER_DAY * results["bin_edge"][0].values
        drawn_density = models[1].get_ydata() * np.diff(edges)
        probability = results["histogram"][1, 0, region].values
        np.testing.assert_allclose(np.nan_to_num(drawn_density), probability)


def test_density_integrates_to_one_and_blanks_empty_bins():
    edges = np.array([-4.0, -1.0, 0.0, 0.5, 3.0])

    values = pdfs.density(np.array([0.25, 0.5, 0.0, 0.25]), edges)

    assert np.isnan(values[2])
    assert np.nansum(values * np.diff(edges)) == pytest.approx(1.0)


def test_density_leaves_out_bins_without_end():
    edges = np.array([-np.inf, -1.0, 1.0, np.inf])

    values = pdfs.density(np.array([0.1, 0.8, 0.1]), edges)

    np.testing.assert_array_equal(values, [np.nan, 0.4, np.nan])
