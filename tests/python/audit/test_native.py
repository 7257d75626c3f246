import numpy as np

from gwparam.audit.native import NATIVE, OUTPUTS, SETUP_LATITUDE, Native
from gwparam.synthetic.climatology import draw_columns
from gwparam.synthetic.teacher import alexander_dunkerton


def test_the_drag_is_that_of_the_scheme():
    columns = draw_columns(np.random.default_rng(1), 8, 4)
    state = {
        "eastward_wind": columns.eastward_wind,
        "northward_wind": columns.northward_wind,
        "air_temperature": columns.temperature,
        "geopotential_height": columns.height,
        "surface_air_pressure": columns.surface_pressure,
        "latitude": columns.latitude,
        SETUP_LATITUDE: columns.setup_latitude,
    }

    found = Native("ad99").answer(state)

    expected = alexander_dunkerton(columns)
    assert NATIVE == ("ad99",)
    for name, drag in zip(OUTPUTS, expected, strict=True):
        np.testing.assert_allclose(found[name], drag, rtol=1e-9, atol=1e-18)
