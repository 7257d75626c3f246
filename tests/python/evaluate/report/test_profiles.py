from itertools import pairwise

import numpy as np
from report_figures import SECONDS_PER_DAY

from gwparam.evaluate.report import profiles
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_profiles_show_the_globe_in_the_page_s_units(results, drawn):
    section = profiles.profiles_section(Comparison(results))

    assert len(section.folded) == 10
    assert [len(picture.panels) for picture in section.pictures] == [5, 5]
    assert all("astward" in panel.alt for panel in section.pictures[0].panels)
    correlation, rmse, bias = (figure.axes[0] for figure in drawn[:3])
    np.testing.assert_allclose(
        rmse.lines[2].get_xdata(), SECONDS_PER_DAY * results["rmse"][2, 0, 0]
    )
    np.testing.assert_array_equal(
        correlation.lines[0].get_xdata(), results["correlation"][0, 0, 0]
    )
    np.testing.assert_allclose(
        bias.lines[1].get_xdata(), SECONDS_PER_DAY * results["bias"][1, 0, 0]
    )


def test_r2_is_drawn_by_level_and_ends_at_minus_one(results, drawn):
    low = results.copy(deep=True)
    low["r2"][1, 1, 0, 2] = -40.0

    picture = profiles.r2_picture(Comparison(low))

    assert len(picture.panels) == 2
    axis = drawn[1].axes[0]
    expected = np.maximum(low["r2"][1, 1, 0], -1.0)
    np.testing.assert_array_equal(axis.lines[1].get_xdata(), expected)
    assert axis.lines[1].get_xdata()[2] == -1.0
    assert axis.get_xlim()[0] < -1.0


def test_ratios_are_drawn_about_one(results, drawn):
    wild = results.isel(region=[0], component=[1]).copy(deep=True)
    wild["variance_ratio"][0, 0, 0, :3] = [0.0, np.nan, 300.0]

    profiles.profiles_section(Comparison(wild))

    variance, tail = (figure.axes[0] for figure in drawn[3:5])
    np.testing.assert_array_equal(
        tail.lines[1].get_xdata(), results["quantile_ratio"][1, 1, :, 1]
    )
    assert variance.get_xlim()[1] == 512.0
    for axis in (variance, tail):
        low, high = axis.get_xlim()
        assert low <= 0.5
        assert high >= 2.0
        assert "1" in [label.get_text() for label in axis.get_xticklabels()]


def test_labels_of_an_axis_do_not_touch(results, drawn):
    profiles.profiles_section(Comparison(results.isel(region=[0, 1])))

    for figure in drawn:
        axis = figure.axes[0]
        low, high = axis.get_xlim()
        labels = zip(axis.get_xticks(), axis.get_xticklabels(), strict=True)
        boxes = [label.get_window_extent() for at, label in labels if low <= at <= high]
        assert len(boxes) >= 2
        for left, right in pairwise(boxes):
            assert left.x1 < right.x0, axis.get_title("left")


def test_one_level_has_no_profile_of_r2(results):
    assert profiles.r2_picture(Comparison(results.isel(level=[0]))) is None
