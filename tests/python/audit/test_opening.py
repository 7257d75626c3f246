import numpy as np
import pytest
import xarray as xr

from gwparam.audit.native import OUTPUTS, SETUP_LATITUDE
from gwparam.audit.opening import StateFilesOptions, open_artefact, open_native
from gwparam.contract import read_contract
from gwparam.errors import ShapeError
from gwparam.grids import uneven_sigma


def test_states_of_a_model_come_with_their_reference(sample_artefact, sample_states):
    contract = read_contract(sample_artefact)

    on = open_artefact(sample_artefact, contract, StateFilesOptions([sample_states]))

    assert on.sample.columns == 512
    with xr.open_dataset(sample_states) as file:
        drag = file["gwfcng_x"].values
    found = on.sample.references[0][OUTPUTS[0]]
    # Columns of a time are in the order of the file, longitude fastest.
    np.testing.assert_array_equal(found[:256].T.reshape(drag[0].shape), drag[0])


def test_no_reference_is_read_if_none_is_wanted(sample_artefact, sample_states):
    files = StateFilesOptions([sample_states], references=[])

    on = open_artefact(sample_artefact, read_contract(sample_artefact), files)

    assert on.sample.references == [{}]


def test_the_native_scheme_gives_the_drag_of_its_own_states(sample_states):
    on = open_native("ad99", StateFilesOptions([sample_states]))

    for answer in on.answers:
        given = on.columns(on.baseline, answer.name)
        truth = on.columns(on.sample.references, answer.name)
        np.testing.assert_allclose(given, truth, rtol=1e-6, atol=1e-12)


def test_the_native_scheme_sets_up_where_the_states_say(sample_states):
    on = open_native("ad99", StateFilesOptions([sample_states]))

    with xr.open_dataset(sample_states) as file:
        rows = dict(zip(file["lat"].values, file["lat_cg_init"].values, strict=True))
    (state,) = on.sample.states
    expected = [rows[latitude] for latitude in state["latitude"]]
    np.testing.assert_array_equal(state[SETUP_LATITUDE], expected)


@pytest.mark.parametrize("component", [0, 1])
def test_the_native_scheme_has_columns_of_its_own(component):
    on = open_native("ad99", StateFilesOptions())

    drag = on.columns(on.baseline, OUTPUTS[component])
    assert drag.shape == (512, 40)
    assert 1e-6 < drag.std() < 1e-3


def test_states_on_other_levels_are_refused(sample_artefact, sample_states, tmp_path):
    fewer = tmp_path / "fewer.nc"
    with xr.open_dataset(sample_states) as file:
        file.isel(lev=slice(0, 20)).to_netcdf(fewer)

    with pytest.raises(ShapeError, match="20 levels, expected 40"):
        open_artefact(
            sample_artefact, read_contract(sample_artefact), StateFilesOptions([fewer])
        )


@pytest.mark.parametrize("files", [True, False])
def test_layers_of_the_native_scheme_are_those_of_its_levels(sample_states, files):
    on = open_native("ad99", StateFilesOptions([sample_states] if files else []))

    np.testing.assert_allclose(on.sample.half, 1e5 * uneven_sigma(40), rtol=1e-5)
