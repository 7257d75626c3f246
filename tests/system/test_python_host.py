"""The Python host: a loop over states gives the bits of one call."""

import subprocess
import sys

import hosts
import numpy as np
from host_states import drag_of_columns
from hosts import PROJECT, TIMEOUT

from gwparam.export import export_model

HOST = PROJECT / "examples" / "python_coupling" / "host.py"


def run(folder, *words):
    # -P: the checkout's source of gwparam has no compiled part.
    return subprocess.run(
        [sys.executable, "-P", HOST, *map(str, words)],
        cwd=folder,
        env=hosts.environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def drag(folder, artefact, states):
    finished = run(folder, artefact, states, "tendencies.npz")
    assert finished.returncode == 0, finished.stderr
    with np.load(folder / "tendencies.npz") as file:
        return np.stack([file["dudt"], file["dvdt"]])


def test_drag_has_the_bits_of_one_call(sample_artefact, sample_states, tmp_path):
    found = drag(tmp_path, sample_artefact, sample_states)
    assert found.shape == (2, 2, 256, 40)
    expected = drag_of_columns(sample_artefact, sample_states)
    np.testing.assert_array_equal(found, expected)


def test_states_of_mima_and_the_published_network(reference_data, tmp_path):
    artefact = tmp_path / "wavenet.pt"
    export_model(reference_data / "wavenet" / "network_wst.pkl", artefact)
    states = reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc"
    expected = drag_of_columns(artefact, states)
    np.testing.assert_array_equal(drag(tmp_path, artefact, states), expected)


def test_a_network_that_asks_for_more_ends_the_first_step(
    tiny_artefact, sample_states, tmp_path
):
    finished = run(tmp_path, tiny_artefact, sample_states, "tendencies.npz")
    assert finished.returncode == 1
    assert "expected 5" in finished.stderr
    assert not (tmp_path / "tendencies.npz").exists()
