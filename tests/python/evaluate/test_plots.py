from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from gwparam.errors import ModelFileError, ShapeError
from gwparam.evaluate import plots
from gwparam.evaluate.plots import zonal_mean_figure

LATITUDE = np.linspace(-80.0, 80.0, 9)
PRESSURE = np.geomspace(10.0, 1e5, 5)


def panels(scale):
    drag = scale * np.outer(1.0 / PRESSURE, np.sin(np.deg2rad(LATITUDE)))
    return {"native": drag, "network": 0.9 * drag, "difference": -0.1 * drag}


def test_figure_is_written_with_a_row_for_each_variable(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two.png"  # a PNG if nothing else is said

    zonal_mean_figure(one, LATITUDE, PRESSURE, {"Eastward drag": panels(1e-4)})
    zonal_mean_figure(
        two,
        LATITUDE,
        PRESSURE,
        {"Eastward drag": panels(1e-4), "Northward drag": panels(1e-5)},
        caption="a caption",
        title="a title",
    )

    first, second = imread(one, format="png"), imread(two)
    assert second.shape[1] == first.shape[1]
    assert second.shape[0] > 1.5 * first.shape[0]


def test_figure_shows_the_drag(tmp_path):
    zero, drag = tmp_path / "zero.png", tmp_path / "drag.png"
    blank = {name: 0.0 * panel for name, panel in panels(1.0).items()}

    zonal_mean_figure(zero, LATITUDE, PRESSURE, {"Eastward drag": blank})
    zonal_mean_figure(drag, LATITUDE, PRESSURE, {"Eastward drag": panels(1e-4)})

    def coloured(path):
        """Share of pixels left of the colour bar that are far from grey."""
        picture = imread(path)[:, : -imread(path).shape[1] // 6, :3]
        return float((np.ptp(picture, axis=2) > 0.2).mean())

    assert coloured(zero) == 0.0
    assert coloured(drag) > 0.1


def test_figure_refuses_panel_of_another_shape(tmp_path):
    rows = {"Eastward drag": {"native": np.zeros((9, 5))}}

    with pytest.raises(
        ShapeError, match=r"native has shape \(9, 5\), expected \(5, 9\)"
    ):
        zonal_mean_figure(tmp_path / "drag.png", LATITUDE, PRESSURE, rows)


@pytest.mark.parametrize("name", ["absent/drag.png", "drag.unknown"])
def test_figure_refuses_path_that_cannot_be_written(tmp_path, name):
    with pytest.raises(ModelFileError, match="cannot write"):
        zonal_mean_figure(
            tmp_path / name, LATITUDE, PRESSURE, {"Eastward drag": panels(1.0)}
        )


def test_other_quantities_are_shown_in_their_own_units(tmp_path, monkeypatch):
    drawn = []

    def keep(figure, path, **_):
        drawn.append(figure)
        Path(path).touch()

    monkeypatch.setattr(plots.Figure, "savefig", keep)
    rows = {"Atmosphere heat diffusivity": {"network": panels(3.0)["network"]}}
    units = {"Atmosphere heat diffusivity": "m2 s-1"}

    zonal_mean_figure(tmp_path / "k.png", LATITUDE, PRESSURE, rows, units=units)

    panel, bar = drawn[0].axes
    assert panel.get_title() == "network"
    assert "Atmosphere heat diffusivity" in panel.get_ylabel().replace("\n", " ")
    assert bar.get_ylabel() == "m2 s-1"
    np.testing.assert_array_equal(
        panel.collections[0].get_array(), rows["Atmosphere heat diffusivity"]["network"]
    )


def test_a_dollar_sign_is_one(tmp_path):
    named = {f"$_{{{name}$": panel for name, panel in panels(1e-4).items()}
    words = {"caption": "for $_{5$", "title": "$\\6$"}

    zonal_mean_figure(tmp_path / "a.svg", LATITUDE, PRESSURE, {"$_{u$": named}, **words)

    assert (tmp_path / "a.svg").is_file()


def test_levels_of_less_than_a_decade_are_told(tmp_path, monkeypatch):
    """Ticks are numbers too, not the text of formulas."""
    kept = []
    monkeypatch.setattr(
        plots, "Figure", lambda **items: kept.append(Figure(**items)) or kept[-1]
    )
    pressure = np.linspace(21e3, 88e3, 5)

    zonal_mean_figure(tmp_path / "a.png", LATITUDE, pressure, {"u": panels(1e-4)})

    axis = kept[0].axes[0]
    told = {text.get_text() for text in axis.yaxis.get_minorticklabels()}
    assert {"300", "600"} <= told
    assert not any("$" in text for text in told)
