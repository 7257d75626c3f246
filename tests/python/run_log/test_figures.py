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


NETWORK = "Caught on levels of the network"
HOST = "Caught on levels of the host"


def with_levels(**levels):
    """A run whose guards caught values on some levels from the top."""
    _, guard = report_line(1)["guards"]
    guards = [guard | {"name": k, "levels": v} for k, v in levels.items()]
    return run_of(1, guards=guards)


@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
@pytest.mark.parametrize("known", ["nominal_pressure", "pressure"])
def test_levels_of_the_network_are_at_their_pressures(drawn, order, known):
    pressure = [1e3, 1e4, 9e4]
    listed = pressure if order == "top_down" else pressure[::-1]
    vertical = {"nlev": 3, "order": order, known: listed}
    line = start_line(contract={"name": "a", "vertical": vertical})
    run = run_of(2)
    run.start = read_line(json.dumps(line).encode(), "")

    figures.levels(run, run.latest)

    line = drawn[NETWORK].lines[0]
    np.testing.assert_array_equal(line.get_xdata(), [14, 0, 6])
    np.testing.assert_array_equal(line.get_ydata(), [10.0, 100.0, 900.0])


@pytest.mark.parametrize("host", [2, 3, 8])
def test_levels_of_the_host_are_apart_and_numbered(drawn, host):
    """Whatever their number: pressures are those of the network's levels."""
    on_limit, finite = [5, 1, *[0] * (host - 2)], [2, *[0] * (host - 1), 1]
    run = with_levels(on_range=[7, 0, 3], on_limit=on_limit, finite=finite)

    assert len(figures.levels(run, run.latest)) == 2

    network, line = drawn[NETWORK].lines[0], drawn[HOST].lines[0]
    np.testing.assert_array_equal(network.get_xdata(), [7, 0, 3])
    np.testing.assert_array_equal(network.get_ydata(), [10.0, 100.0, 900.0])
    np.testing.assert_array_equal(line.get_xdata(), [7, 1, *[0] * (host - 2), 1])
    np.testing.assert_array_equal(line.get_ydata(), np.arange(1, host + 2))
    assert drawn[HOST].yaxis_inverted()


@pytest.mark.parametrize(("lost", "count"), [(True, 3), (False, 4)])
def test_levels_without_pressures_are_numbered(drawn, lost, count):
    run = with_levels(on_range=[1] * count)
    run.start = None if lost else run.start

    figures.levels(run, run.latest)

    line = drawn[NETWORK].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), np.arange(1, count + 1))


def test_stages_that_overlap_are_not_added_up(drawn):
    figures.curves(run_of(2))

    (line,) = drawn["Longest stage of a recomputation"].lines
    np.testing.assert_array_equal(line.get_ydata(), 2 * [8.0])


def test_map_has_the_numbers_of_the_table(drawn):
    run = run_of(2)

    found = figures.where(run.latest)

    axis = next(iter(drawn.values()))
    assert sorted(text.get_text() for text in axis.texts) == ["1, 2", "3"]
    assert "1 on_range: eastward wind" in found.caption


def test_where_nothing_is_known_nothing_is_drawn(drawn):
    run = run_of(2, guards=[], run={})

    assert figures.where(run.latest) is None
    assert figures.levels(run, run.latest) == []
    figures.stages(run.latest)
    assert list(drawn) == ["Time by stage"]
