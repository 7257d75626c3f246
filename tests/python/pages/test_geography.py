import numpy as np
import pytest

from gwparam.pages.geography import coastlines, name_latitude, name_longitude


def test_places_are_named_as_on_maps():
    assert [name_latitude(value) for value in (-30, 0, 60)] == ["30°S", "0°", "60°N"]
    names = [name_longitude(value) for value in (0, 60, 180, 240, 360, -120)]
    assert names == ["0°", "60°E", "180°", "120°W", "0°", "120°W"]


@pytest.mark.parametrize(
    ("place", "longitude", "latitude"),
    [("Cape Agulhas", 20.0, -34.8), ("Cape Horn", -67.3, -55.9), ("Ceylon", 80.0, 6.0)],
)
def test_coastlines_pass_where_capes_are(place, longitude, latitude):
    points = coastlines()
    distance = np.hypot(points[:, 0] - longitude, points[:, 1] - latitude)

    assert np.nanmin(distance) < 1.5, place


def test_no_coastline_runs_along_the_edge_of_the_map():
    on_edge = np.abs(coastlines()[:, 0]) > 179.9

    assert not (on_edge[1:] & on_edge[:-1]).any()
