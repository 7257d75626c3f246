import numpy as np

from gwparam.evaluate.report.comparison import (
    Comparison,
    finite_largest,
)


def test_levels_are_chosen_by_pressure_for_each_quantity(results):
    drag = Comparison(results)
    flux = Comparison(results.assign_attrs(quantity="momentum_flux"))

    assert drag.level_name(drag.chosen_levels(1)[0]) == "21.2 hPa"
    assert flux.level_name(flux.chosen_levels(1)[0]) == "138 hPa"
    assert len(drag.chosen_levels(3)) == 3
    assert len(Comparison(results.isel(level=[1])).chosen_levels(3)) == 1


def test_fields_are_named_by_their_standard_names(results):
    eastward, northward = Comparison(results).fields

    assert eastward == "Tendency of eastward wind due to gravity wave drag"
    assert northward == "Tendency of northward wind due to gravity wave drag"
    one = Comparison(results.isel(component=[1]))
    assert one.fields == ["northward drag"]


def test_largest_ignores_what_is_not_finite():
    assert finite_largest(np.array([1.0, -3.0, np.nan, np.inf])) == 3.0
    assert finite_largest(np.array([np.nan, 0.0])) == 1.0


def test_models_beyond_the_colours_get_dashes(results):
    many = results.isel(model=[0] * 8).assign_coords(model=list("abcdefgh"))
    lines = [Comparison(many).line(model) for model in range(8)]

    styles = {(line["color"], line["linestyle"]) for line in lines}
    assert len(styles) == 8
