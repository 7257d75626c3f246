import numpy as np
import pytest
import torch

from gwparam.conformance.eager import EagerNetwork
from gwparam.constants import CHUNK_COLUMNS
from gwparam.data import open_states
from gwparam.errors import InferenceError, ModelFileError

# The network in double precision, in another order of operations than the expectation.
ROUNDING = 1e-13


@pytest.fixture
def eager(network, contract, tmp_path):
    """The network, from the TorchScript file that it was written to."""
    path = tmp_path / "damping.pt"
    torch.jit.script(network).save(path)
    return EagerNetwork.from_artefact(path, contract)


def run(eager, contract, path, index=0):
    with open_states([path], contract.inputs, contract.vertical) as states:
        eager.set_levels(states.levels.pressure, states.levels.order)
        return eager.predict(states.read(index))


def test_predict_converts_units_and_keeps_the_layout(
    eager, contract, states_file, expected
):
    outputs = run(eager, contract, states_file, index=1)

    assert list(outputs) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(
            outputs[name], values[1].transpose(1, 2, 0), rtol=ROUNDING
        )


def test_predict_turns_levels_of_the_other_order(
    eager, contract, dataset, tmp_path, expected
):
    path = tmp_path / "bottom_up.nc"
    dataset.isel(lev=slice(None, None, -1)).to_netcdf(path)

    outputs = run(eager, contract, path)

    for name, values in expected.items():
        np.testing.assert_allclose(
            outputs[name], values[0, ::-1].transpose(1, 2, 0), rtol=ROUNDING
        )


def test_predict_gives_every_column_of_several_chunks(eager, contract):
    ncol = 2 * CHUNK_COLUMNS + 3
    winds = np.arange(ncol * 5, dtype=np.float32).reshape(ncol, 5)
    fields = {
        "eastward_wind": winds,
        "northward_wind": -winds,
        "surface_air_pressure": np.full(ncol, 1e5),
        "latitude": np.zeros(ncol),
    }

    outputs = eager.predict(fields)

    np.testing.assert_allclose(
        outputs[contract.outputs[0].name],
        -1e-6 * winds.astype(float) * np.arange(1, 6),
        rtol=ROUNDING,
    )


def test_description_says_what_was_run(eager):
    assert eager.description == (
        "graph of damping.pt run by PyTorch in Python, float64"
    )


def test_from_artefact_refuses_what_is_no_torchscript(contract, tmp_path):
    path = tmp_path / "broken.pt"
    path.write_bytes(b"PK\x03\x04 and no more")

    with pytest.raises(ModelFileError, match=r"cannot load .*broken\.pt"):
        EagerNetwork.from_artefact(path, contract)


def test_predict_reports_failure_of_the_network(contract):
    class Failing(torch.nn.Module):
        def forward(self, *inputs):
            raise RuntimeError("no such weight")

    eager = EagerNetwork(Failing(), contract, None, "failing network")
    fields = {
        "eastward_wind": np.zeros((2, 5)),
        "northward_wind": np.zeros((2, 5)),
        "surface_air_pressure": np.zeros(2),
        "latitude": np.zeros(2),
    }

    with pytest.raises(InferenceError, match="failing network failed: no such weight"):
        eager.predict(fields)
