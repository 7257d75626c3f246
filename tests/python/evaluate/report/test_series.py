import numpy as np
import pytest
from report_figures import SECONDS_PER_DAY

from gwparam.evaluate.report import series
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_series_show_the_area_means_of_the_hot_spots(results, drawn):
    comparison = Comparison(results)

    section = series.series_section(comparison)

    assert len(section.pictures) == 2
    level = comparison.chosen_levels(1)[0]
    northward = [figure.axes[0] for figure in drawn[8:]]
    for axis, region in zip(northward, comparison.hot_spots, strict=True):
        assert axis.get_title("left") == comparison.regions[region]
        shown = [line.get_ydata() for line in axis.lines[1:5]]
        place = {"component": 1, "region": region, "level": level}
        truth = results["series_truth"].isel(place)
        models = results["series"].isel(place)
        np.testing.assert_allclose(shown[0], SECONDS_PER_DAY * truth)
        np.testing.assert_allclose(shown[1:], SECONDS_PER_DAY * models)


def test_momentum_stays_in_newtons(results, drawn):
    series.momentum_section(Comparison(results))

    axis = drawn[0].axes[0]
    assert axis.get_ylabel() == "integral [N]"
    _, truth, _, model = (line.get_ydata() for line in axis.lines[:4])
    np.testing.assert_array_equal(truth, results["momentum_truth"][0])
    np.testing.assert_array_equal(model, results["momentum"][1, 0])


def test_times_without_integral_are_skipped(results, drawn):
    """Those at its sides stay a line."""
    results = results.copy(deep=True)
    for name in ("momentum_truth", "momentum"):
        results[name].loc[{"time": results.time[1]}] = np.nan

    section = series.momentum_section(Comparison(results))

    assert "cells are left out" in section.pictures[0].caption
    kept = np.delete(results["momentum_truth"][0].values, 1)
    np.testing.assert_array_equal(drawn[0].axes[0].lines[1].get_ydata(), kept)


def test_integrals_of_one_time_are_no_series(results):
    results = results.copy(deep=True)
    for name in ("momentum_truth", "momentum"):
        results[name].loc[{"time": results.time[1:]}] = np.nan

    section = series.momentum_section(Comparison(results))

    assert not section.pictures
    assert "all cells of the globe" in section.absent


@pytest.mark.parametrize("draw", [series.series_section, series.momentum_section])
def test_a_single_time_is_no_series(results, draw):
    section = draw(Comparison(results.isel(time=[0])))

    assert not section.pictures
    assert section.absent


def test_samples_without_dates_are_numbered(results, drawn):
    numbered = results.drop_vars("date")

    series.momentum_section(Comparison(numbered))

    assert drawn[0].axes[-1].get_xlabel() == "number of the sample"


def test_samples_with_dates_stand_where_they_are(results, drawn):
    series.momentum_section(Comparison(results))

    axis = drawn[0].axes[-1]
    np.testing.assert_allclose(axis.lines[1].get_xdata(), 0.25 * np.arange(6))
    labels = [label.get_text() for label in axis.get_xticklabels()]
    assert labels == ["2015-05-01\n00:00", "2015-05-01\n12:00", "2015-05-02\n06:00"]
