import numpy as np
from report_figures import meshes

from gwparam.evaluate.report import panels
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_one_model_has_differences_too(results, drawn):
    comparison = Comparison(results.isel(model=[2]))
    field = np.arange(6.0).reshape(2, 3)

    found = panels.panels_against_truth(
        comparison,
        field,
        3.0 * field[None],
        lambda axis, values, colours: axis.pcolormesh(values, **colours),
        "A field",
    )

    truth, model, error = (meshes(figure)[0] for figure in drawn)
    assert [panel.alt for panel in found] == [
        "A field: truth.",
        "A field: noisy.",
        "A field: noisy − truth.",
    ]
    np.testing.assert_array_equal(model.get_array(), 3.0 * field)
    np.testing.assert_array_equal(error.get_array(), 2.0 * field)
    assert truth.norm is model.norm
