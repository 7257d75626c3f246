import base64
import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import imread

from gwparam.evaluate.report import maps, panels, pdfs, profiles, sections, spectra
from gwparam.evaluate.report.comparison import (
    MODEL_COLOURS,
    Comparison,
    finite_largest,
)
from gwparam.evaluate.report.geography import (
    boxes,
    cell_edges,
    name_latitude,
    name_longitude,
)

SECONDS_PER_DAY = 86400.0


@pytest.fixture
def drawn(monkeypatch):
    """Keep the figures that sections embed."""
    figures = []

    def keep(figure, **_):
        figure.draw_without_rendering()
        figures.append(figure)
        return "data:image/png;base64,"

    for module in (maps, pdfs, profiles, sections, spectra):
        monkeypatch.setattr(module, "embed", keep)
    return figures


def meshes(figure):
    return [
        next(child for child in axis.get_children() if isinstance(child, QuadMesh))
        for axis in figure.axes
        if axis.get_subplotspec() is not None and axis.axison and not _is_bar(axis)
    ]


def _is_bar(axis):
    return axis.get_label() == "<colorbar>"


def value_at(mesh, longitude, latitude):
    """The value that a mesh shows at a place of its axes."""
    corners = mesh.get_coordinates()
    column = np.searchsorted(corners[0, :, 0], longitude) - 1
    row = np.searchsorted(corners[:, 0, 1], latitude) - 1
    return mesh.get_array()[row, column]


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
    source = maps.maps_section(Comparison(marked)).pictures[0].source

    data = base64.b64decode(source.removeprefix("data:image/png;base64,"))
    picture = imread(io.BytesIO(data))

    nrow, ncol = picture.shape[:2]
    truth = picture[: int(0.4 * nrow), : ncol // 2]
    red = (truth[..., 0] > 0.3) & (truth[..., 1] < 0.1) & (truth[..., 2] < 0.2)
    rows, columns = np.nonzero(red)
    assert len(rows) > 50
    assert rows.mean() < 0.4 * truth.shape[0]
    assert columns.mean() > 0.75 * truth.shape[1]


def test_maps_show_truth_models_and_differences_on_shared_scales(results, drawn):
    comparison = Comparison(results)

    maps.maps_section(comparison)

    level = comparison.chosen_levels(2)[0]
    truth, *others = meshes(drawn[0])
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


def test_sections_show_zonal_means_with_the_ground_below(results, drawn):
    sections.sections_section(Comparison(results))

    assert len(drawn) == 2
    northward = meshes(drawn[1])
    zonal = results["mean_truth"].mean("longitude")[1]
    np.testing.assert_allclose(northward[0].get_array(), SECONDS_PER_DAY * zonal)
    bottom, top = northward[0].axes.get_ylim()
    assert bottom > top


def test_densities_are_drawn_with_the_model_s_colour_in_every_region(results, drawn):
    pdfs.pdfs_section(Comparison(results))

    panels_of_regions = drawn[0].axes
    names = [axis.get_title() for axis in panels_of_regions]
    assert names == list(results["region"].values)
    for region, axis in enumerate(panels_of_regions):
        truth, *models = axis.lines
        assert truth.get_color() == "#000000"
        assert [line.get_color() for line in models] == list(MODEL_COLOURS[:3])
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


def test_profiles_show_the_globe_in_the_page_s_units(results, drawn):
    section = profiles.profiles_section(Comparison(results))

    assert len(section.folded) == 6
    rmse, correlation, bias = drawn[0].axes[:3]
    np.testing.assert_allclose(
        rmse.lines[2].get_xdata(), SECONDS_PER_DAY * results["rmse"][2, 0, 0]
    )
    np.testing.assert_array_equal(
        correlation.lines[0].get_xdata(), results["correlation"][0, 0, 0]
    )
    np.testing.assert_allclose(
        bias.lines[1].get_xdata(), SECONDS_PER_DAY * results["bias"][1, 0, 0]
    )


def test_spectra_leave_wavenumber_zero_out_and_guide_with_slopes(results, drawn):
    spectra.spectra_section(Comparison(results))

    axis = drawn[0].axes[0]
    assert axis.lines[0].get_xdata()[0] == 1
    for line, slope in zip(axis.lines[4:6], (-5 / 3, -3), strict=True):
        fitted = np.polyfit(np.log(line.get_xdata()), np.log(line.get_ydata()), 1)
        assert fitted[0] == pytest.approx(slope)


def test_levels_are_chosen_by_pressure_for_each_quantity(results):
    drag = Comparison(results)
    flux = Comparison(results.assign_attrs(quantity="momentum_flux"))

    assert drag.level_name(drag.chosen_levels(1)[0]) == "21.2 hPa"
    assert flux.level_name(flux.chosen_levels(1)[0]) == "138 hPa"
    assert len(drag.chosen_levels(3)) == 3
    assert len(Comparison(results.isel(level=[1])).chosen_levels(3)) == 1


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


def test_places_are_named_as_on_maps():
    assert [name_latitude(value) for value in (-30, 0, 60)] == ["30°S", "0°", "60°N"]
    names = [name_longitude(value) for value in (0, 60, 180, 240, 360, -120)]
    assert names == ["0°", "60°E", "180°", "120°W", "0°", "120°W"]


def test_largest_ignores_what_is_not_finite():
    assert finite_largest(np.array([1.0, -3.0, np.nan, np.inf])) == 3.0
    assert finite_largest(np.array([np.nan, 0.0])) == 1.0


def test_models_beyond_the_colours_get_dashes(results):
    many = results.isel(model=[0] * 8).assign_coords(model=list("abcdefgh"))
    lines = [Comparison(many).line(model) for model in range(8)]

    styles = {(line["color"], line["linestyle"]) for line in lines}
    assert len(styles) == 8


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
