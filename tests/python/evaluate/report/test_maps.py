import base64
import io

import numpy as np
import pytest
from matplotlib.image import imread
from report_figures import SECONDS_PER_DAY, meshes, value_at

from gwparam.evaluate.report import (
    maps,
)
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_marked_cell_in_the_north_east_is_drawn_there(results, drawn):
    marked = results.copy(deep=True)
    marked["mean_truth"][:] = 0.0
    marked["mean_truth"].loc[{"component": "eastward"}][:, 60, 100] = 1e-4
    latitude = float(results["latitude"][60])
    longitude = float(results["longitude"][100])
    assert latitude > 75.0
    assert longitude > 270.0

    maps.maps_section(Comparison(marked))

    truth = meshes(drawn[0])[0]
    shown = value_at(truth, longitude, latitude)
    assert shown == pytest.approx(1e-4 * SECONDS_PER_DAY)
    assert value_at(truth, longitude, -latitude) == 0.0
    assert value_at(truth, 360.0 - longitude, latitude) == 0.0


def test_marked_cell_is_coloured_in_the_upper_right_of_the_picture(results):
    marked = results.copy(deep=True).isel(model=[0], component=[0])
    for name in ("mean", "mean_truth"):
        marked[name][:] = 0.0
        marked[name][..., 56:60, 110:118] = 1e-4
    source = maps.maps_section(Comparison(marked)).pictures[0].panels[0].source

    data = base64.b64decode(source.removeprefix("data:image/png;base64,"))
    picture = imread(io.BytesIO(data))

    ncol = picture.shape[1]
    truth = picture[:, : int(0.8 * ncol)]
    red = (truth[..., 0] > 0.3) & (truth[..., 1] < 0.1) & (truth[..., 2] < 0.2)
    rows, columns = np.nonzero(red)
    assert len(rows) > 50
    assert rows.mean() < 0.4 * truth.shape[0]
    assert columns.mean() > 0.75 * truth.shape[1]


def test_maps_show_truth_models_and_differences_on_shared_scales(results, drawn):
    comparison = Comparison(results)

    maps.maps_section(comparison)

    level = comparison.chosen_levels(2)[0]
    truth, *others = (meshes(figure)[0] for figure in drawn[:7])
    expected = SECONDS_PER_DAY * results["mean"][:, 0, level].values
    reference = SECONDS_PER_DAY * results["mean_truth"][0, level].values
    np.testing.assert_allclose(truth.get_array(), reference)
    for model in range(3):
        field, error = others[2 * model : 2 * model + 2]
        np.testing.assert_allclose(field.get_array(), expected[model])
        np.testing.assert_allclose(error.get_array(), expected[model] - reference)
        assert field.norm is truth.norm
        assert error.norm is others[1].norm
    for norm in (truth.norm, others[1].norm):
        assert norm.vmin == -norm.vmax


def test_maps_have_coastlines_that_the_package_ships(results, drawn):
    maps.maps_section(Comparison(results))

    for figure in drawn:
        axis = figure.axes[0]
        west, east = axis.get_xlim()
        points = np.concatenate([line.get_xdata() for line in axis.lines])
        assert ((points > west) & (points < east)).sum() > 1000
