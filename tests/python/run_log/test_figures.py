import json

import numpy as np
import pytest
from run_logs import report_line, start_line

from gwparam.pages import picture
from gwparam.run_log import figures
from gwparam.run_log.lines import read_line
from gwparam.run_log.runs import Run


@pytest.fixture
def drawn(monkeypatch):
    """Keep the axes of panels, by their titles."""
    found = {}

    def keep(figure, **_):
        figure.draw_without_rendering()
        found[figure.axes[0].get_title("left")] = figure.axes[0]
        return "data:image/png;base64,"

    monkeypatch.setattr(picture, "embed", keep)
    return found


def run_of(count, **items):
    run = Run("log.jsonl", 1, read_line(json.dumps(start_line()).encode(), ""))
    for number in range(1, count + 1):
        line = report_line(number, **items)
        run.add(read_line(json.dumps(line).encode(), ""))
    return run


def test_curves_are_those_of_the_log(drawn):
    figures.curves(run_of(4))

    network, guards = drawn["Who drives"].lines
    np.testing.assert_array_equal(network.get_xdata(), [0.5, 1.0, 1.5, 2.0])
    np.testing.assert_array_equal(network.get_ydata(), 4 * [0.9])
    np.testing.assert_array_equal(guards.get_ydata(), 4 * [0.1])
    native, network = drawn["Eastward drag"].lines
    np.testing.assert_allclose(network.get_ydata(), [1e-5, 2e-5, 3e-5, 4e-5])
    np.testing.assert_allclose(native.get_ydata(), 4 * [2e-5])
    assert "Eastward: R² to native" in drawn
    assert "Northward: R² to native" not in drawn  # the native scheme says nothing


def test_a_curve_of_many_points_is_thinned_to_its_end(drawn, monkeypatch):
    monkeypatch.setattr(figures, "_MOST_POINTS", 3)

    figures.curves(run_of(8))

    days = drawn["Who drives"].lines[0].get_xdata()
    assert len(days) <= 4
    assert days[-1] == 4.0


def test_one_report_is_no_curve():
    assert figures.curves(run_of(1)) is None


def test_levels_are_at_their_pressures(drawn):
    run = run_of(2)

    figures.levels(run, run.latest)

    line = drawn["Values caught by level"].lines[0]
    np.testing.assert_array_equal(line.get_xdata(), [14, 0, 6])
    np.testing.assert_array_equal(line.get_ydata(), [10.0, 100.0, 900.0])


def test_levels_without_pressures_are_numbered(drawn):
    run = run_of(2)
    run.start = None

    figures.levels(run, run.latest)

    line = drawn["Values caught by level"].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), [1, 2, 3, 4])


def test_map_has_the_numbers_of_the_table(drawn):
    run = run_of(2)

    found = figures.where(run.latest)

    axis = next(iter(drawn.values()))
    assert sorted(text.get_text() for text in axis.texts) == ["1, 2", "3"]
    assert "1 on_range: eastward wind" in found.caption


def test_where_nothing_is_known_nothing_is_drawn(drawn):
    run = run_of(2, guards=[], run={})

    assert figures.where(run.latest) is None
    assert figures.levels(run, run.latest) is None
    figures.stages(run.latest)
    assert list(drawn) == ["Time by stage"]
