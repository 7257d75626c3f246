import base64

import numpy as np
import pytest

from gwparam.pages.picture import (
    draw_panel,
    drawing,
    embed,
    listed,
    logarithmic,
    symmetric,
)


@pytest.mark.parametrize(
    ("raster", "points", "kind", "start"),
    [
        (False, 10, "svg+xml", b"<?xml"),
        (True, 10, "png", b"\x89PNG"),
        # A picture of so many points is smaller than their coordinates.
        (False, 10**6, "png", b"\x89PNG"),
    ],
)
def test_figure_is_embedded_as_what_is_smaller(raster, points, kind, start):
    with drawing((3.0, 1.0)) as figure:
        figure.subplots().plot(np.zeros(points))
        source = embed(figure, raster=raster, dpi=20.0)

    prefix, data = source.split(",")
    assert prefix == f"data:image/{kind};base64"
    assert base64.b64decode(data).startswith(start)


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1.0, np.nan], "log"), ([0.0, -1.0], "linear"), ([np.inf], "linear")],
)
@pytest.mark.parametrize("side", ["x", "y"])
def test_axis_is_logarithmic_where_something_can_be_shown_on_it(side, values, scale):
    with drawing((3.0, 1.0)) as figure:
        axis = figure.subplots()
        logarithmic(axis, side, np.zeros(2), np.array(values))

        assert getattr(axis, f"get_{side}scale")() == scale


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_in_a_sentence(names, text):
    assert listed(names) == text


def test_panel_is_what_was_drawn():
    panel = draw_panel("a line", lambda axis: axis.plot([0, 1], [0, 1]), alone=True)

    assert panel.alt == "a line"
    assert panel.alone
    assert b"<svg" in base64.b64decode(panel.source.split(",")[1])


@pytest.mark.parametrize(
    ("largest", "labels"),
    [
        (3.0, ["−1", "0", "1"]),
        (0.02, ["−0.01", "0", "0.01"]),
        (2e-6, ["−10⁻⁶", "0", "10⁻⁶"]),
    ],
)
def test_symmetric_axis_has_three_labels(largest, labels):
    with drawing() as figure:
        axis = figure.subplots()
        symmetric(axis, largest)

        assert [label.get_text() for label in axis.get_xticklabels()] == labels


@pytest.mark.parametrize("raster", [False, True])
def test_a_dollar_sign_is_one(raster):
    with drawing() as figure:
        axis = figure.subplots()
        axis.set_title("a$_{b$")
        axis.text(0.5, 0.5, "for $5 and $\\6")
        source = embed(figure, raster=raster)

    if not raster:
        assert b"a$_{b$" in base64.b64decode(source.split(",")[1])
