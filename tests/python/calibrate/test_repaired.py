import numpy as np
import pytest
import torch

from gwparam.calibrate.models import Layers
from gwparam.calibrate.network import TestbedNetwork
from gwparam.calibrate.repaired import write_artefact, write_namelist
from gwparam.contract import Calibration, read_contract, read_probe
from gwparam.library import load_scheme
from gwparam.qbo.testbed import Testbed

MADE = Calibration(
    *("small.pt", "0" * 64, "qbo-statistics.nc", "1" * 64, ("network.last",)),
    *(200, 10, 15, 3, 0.9, 37.0),
)


def test_the_repaired_artefact_keeps_its_contract_and_runs(artefact, tmp_path) -> None:
    network = TestbedNetwork(artefact, Testbed())
    model = Layers(network, ["network.last"], 0.1, Testbed())
    changed = model.changed(1.5 * model.start)
    path = tmp_path / "repaired.pt"
    written = write_artefact(path, network, changed, MADE)
    assert all(promise.kept for promise in written.promises)

    old, new = read_contract(artefact), read_contract(path)
    for key in (
        "geometry",
        "inputs",
        "outputs",
        "vertical",
        "limits",
        "training_range",
    ):
        assert getattr(new, key) == getattr(old, key)
    assert (
        (new.name, new.backend)
        == (old.name, old.backend)
        == ("small", "column_program")
    )
    assert new.calibration == MADE
    assert old.calibration is None
    assert new.source.checkpoint == "small.pt"
    assert new.source.sha256 != old.source.sha256

    again = TestbedNetwork(path, Testbed())
    assert again.layers == network.layers
    for name, value in network.weights.items():
        torch.testing.assert_close(again.weights[name], changed.get(name, value))
    inputs, outputs = read_probe(path)
    before = read_probe(artefact)[1]
    (name,) = outputs
    assert np.abs(outputs[name] - before[name]).max() > 1e-8
    fields = {key: torch.from_numpy(value) for key, value in inputs.items()}
    wind = fields.pop("eastward_wind")
    computed = again._call(again.weights, wind, fields).numpy()
    np.testing.assert_allclose(
        computed, outputs[name], atol=1e-5 * abs(outputs[name]).max()
    )
    load_scheme(path, device="cpu", threads=1).free()


def test_the_namelist_is_read_by_a_host(tmp_path) -> None:
    path = tmp_path / "source.nml"
    write_namelist(path, [7.4e-3, 16.0], MADE)
    text = path.read_text()
    assert text.startswith("! Source of the spectrum of waves, by gwparam calibrate")
    assert "seed 3" in text
    values = dict(
        line.split("!")[0].split("=") for line in text.splitlines() if "=" in line
    )
    values = {key.strip(): float(value) for key, value in values.items()}
    assert values == pytest.approx(
        {
            "source_flux": 7.4e-3,
            "source_flux_variance": 4e-8,
            "spectral_width": 16.0,
            "spectral_width_variance": 225.0 / 4,
        }
    )
    assert text.splitlines()[-1] == "/"
