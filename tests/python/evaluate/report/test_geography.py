import numpy as np
import pytest

from gwparam.evaluate.report.comparison import (
    Comparison,
)
from gwparam.evaluate.report.geography import (
    boxes,
    cell_edges,
)


def test_boxes_lie_where_the_regions_are(results):
    west, south, width, height = boxes(Comparison(results))["Andes"][0]

    assert west == pytest.approx(96.0 * 2.8125, abs=1.5)
    assert width == pytest.approx(17.0 * 2.8125)
    assert -82.0 < south < -78.0
    assert -34.0 < south + height < -28.0


@pytest.mark.parametrize("first_column", [120, -8])
def test_box_that_crosses_the_edge_of_the_map_is_drawn_in_two(results, first_column):
    moved = results.copy(deep=True)
    moved["region_box"][2] = [45, 58, first_column, 6]

    east, west = boxes(Comparison(moved))["Scandinavia"]

    assert east[2] == pytest.approx(8 * 2.8125)
    assert west[0] == pytest.approx(-1.40625)
    assert west[2] == pytest.approx(6 * 2.8125)


@pytest.mark.parametrize("order", [1, -1])
def test_edges_lie_between_centres(order):
    edges = cell_edges(np.array([0.0, 1.0, 3.0])[::order])

    np.testing.assert_allclose(edges, np.array([-0.5, 0.5, 2.0, 4.0])[::order])
