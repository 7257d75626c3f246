import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from report_figures import meshes

from gwparam.evaluate.report import panels
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_one_model_has_differences_too(results):
    comparison = Comparison(results.isel(model=[2]))
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    field = np.arange(6.0).reshape(2, 3)

    panels.draw_against_truth(
        figure,
        comparison,
        field,
        3.0 * field[None],
        lambda axis, values, colours: axis.pcolormesh(values, **colours),
    )

    truth, model, error = meshes(figure)
    np.testing.assert_array_equal(model.get_array(), 3.0 * field)
    np.testing.assert_array_equal(error.get_array(), 2.0 * field)
    assert truth.norm is model.norm
