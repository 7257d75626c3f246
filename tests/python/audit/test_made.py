import artefacts
import numpy as np
import pytest
from flux_networks import LATITUDE, LONGITUDE, write_flux_artefact

from gwparam.audit.made import make_sample
from gwparam.contract import Contract, read_contract
from gwparam.errors import ContractError
from gwparam.qbo.testbed import Testbed


def contract(inputs=None, **changed):
    import json

    document = artefacts.contract() | changed
    if inputs is not None:
        document["inputs"] = inputs
        document["training_range"] = changed.get("training_range", [])
    return Contract.from_json(json.dumps(document))


def field(name, units, levels="full"):
    return {"name": name, "units": units, "levels": levels, "dtype": "float32"}


def test_columns_are_those_of_an_atmosphere_on_the_networks_levels():
    made = make_sample(contract())

    (state,) = made.states
    assert made.columns == 1024
    assert state["eastward_wind"].shape == (1024, artefacts.NLEV)
    np.testing.assert_array_equal(made.pressure, artefacts.PRESSURE)
    assert 5.0 < state["eastward_wind"].std() < 40.0
    assert np.ptp(state["latitude"]) > 150.0
    assert state["surface_air_pressure"].min() > 4e4


def test_the_same_network_gets_the_same_states():
    first, second = make_sample(contract()), make_sample(contract())

    for name, values in first.states[0].items():
        np.testing.assert_array_equal(values, second.states[0][name])


def test_a_globe_has_images_on_its_own_grid_and_pressures(tmp_path):
    path = write_flux_artefact(tmp_path / "net.pt", "global")

    made = make_sample(read_contract(path))

    assert len(made.states) == 2
    shape = (LATITUDE.size, LONGITUDE.size)
    assert made.states[0]["latitude"].shape == shape
    half = made.states[0]["air_pressure_at_half_levels"]
    assert half.shape == (*shape, made.pressure.size + 1)
    assert np.all(np.diff(half, axis=-1) > 0.0)
    # The levels of this network count upward.
    assert np.all(np.diff(made.pressure) > 0.0)
    np.testing.assert_allclose(made.places[1][0], np.sort(LONGITUDE))


def test_a_source_is_that_of_the_testbed():
    column = Testbed()
    count = column.height.size
    vertical = {
        "kind": "host",
        "order": "bottom_up",
        "nlev": count,
        "nominal_pressure": column.pressure.tolist(),
        "nominal_tolerance": 0.1,
    }
    outputs = artefacts.contract()["outputs"][:1]
    made = make_sample(
        contract(
            [
                field("eastward_wind", "m s-1"),
                field("source_flux", "Pa", "surface"),
                field("spectral_width", "m s-1", "surface"),
            ],
            vertical=vertical,
            outputs=outputs,
            limits=artefacts.contract()["limits"][:1],
        )
    )

    (state,) = made.states
    assert state["source_flux"].mean() == pytest.approx(3.7e-3, rel=0.01)
    assert state["spectral_width"].mean() == pytest.approx(32.0, rel=0.05)
    # Standard deviations of the control run at 20, 25 and 30 km, to a third.
    levels = [-1 - column.level(height) for height in (20e3, 25e3, 30e3)]
    found = state["eastward_wind"].std(axis=0)[levels]
    np.testing.assert_allclose(found, [19.1, 33.8, 47.1], rtol=0.33)
    np.testing.assert_allclose(state["eastward_wind"][:, -1], 0.0, atol=1e-12)


def test_an_unknown_input_is_as_in_training():
    seen = {
        "name": "depth",
        "mean": [10.0],
        "standard_deviation": [2.0],
        "minimum": [8.0],
        "maximum": [11.0],
    }
    inputs = [field("eastward_wind", "m s-1"), field("depth", "m", "surface")]

    made = make_sample(contract(inputs, training_range=[seen]))

    depth = made.states[0]["depth"]
    assert depth.min() >= 8.0
    assert depth.max() <= 11.0
    assert depth.std() > 0.5


def test_an_input_that_nobody_knows_needs_states():
    inputs = [field("eastward_wind", "m s-1"), field("depth", "m", "surface")]

    with pytest.raises(ContractError, match="no formula for depth"):
        make_sample(contract(inputs))
