"""Columns that are timed."""

import numpy as np
import pytest
import xarray as xr

from gwparam.contract import read_contract, read_probe
from gwparam.synthetic.columns import NLEV
from gwparam.timing.columns import inputs_of_probe, inputs_of_states, native_columns


def test_probe_is_repeated(tiny_artefact):
    contract = read_contract(tiny_artefact)
    inputs = inputs_of_probe(tiny_artefact, contract)
    probe, _ = read_probe(tiny_artefact)
    assert tuple(inputs.pressure) == contract.vertical.nominal_pressure
    many = inputs.repeated(len(inputs) + 3)
    assert len(many) == len(inputs) + 3
    for name, values in many.fields.items():
        np.testing.assert_array_equal(values[: len(inputs)], probe[name])
        np.testing.assert_array_equal(values[len(inputs) :], probe[name][:3])


def test_states_are_flattened(sample_artefact, sample_states):
    contract = read_contract(sample_artefact)
    inputs = inputs_of_states(sample_states, contract)
    assert inputs.fields["eastward_wind"].shape == (len(inputs), NLEV)
    assert inputs.fields["latitude"].shape == (len(inputs),)
    assert inputs.order == "top_down"
    assert len(inputs.pressure) == NLEV


def test_native_scheme_gets_the_states(sample_states):
    columns, described = native_columns(sample_states)
    assert described == f"states of {sample_states.name}"
    assert columns.eastward_wind.shape[1] == NLEV


@pytest.mark.parametrize("lacking", [True, False])
def test_native_scheme_has_columns_without_states(lacking, tmp_path):
    path = tmp_path / "winds_only.nc"
    path.write_bytes(b"no states")
    columns, described = native_columns(path if lacking else None)
    assert described == "columns of a climatology"
    assert len(columns) >= 800


def test_columns_that_lack_values_are_left_out(
    sample_artefact, sample_states, tmp_path
):
    contract = read_contract(sample_artefact)
    whole = inputs_of_states(sample_states, contract)
    with xr.open_dataset(sample_states, decode_times=False) as file:
        holes = file.load()
    holes.ps[0, 1, 2] = np.nan
    holes.to_netcdf(tmp_path / "holes.nc")

    inputs = inputs_of_states(tmp_path / "holes.nc", contract)

    assert len(inputs) == len(whole) - 1
    assert np.isfinite(inputs.fields["surface_air_pressure"]).all()
