import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from column_networks import NLEV, bare
from torch import nn

import gwparam.export.torchscript as torchscript
from gwparam.contract import read_contract
from gwparam.errors import InferenceError
from gwparam.export import export_model
from gwparam.export.column_program import check_program, make_program
from gwparam.export.lowering import read_program, run_program
from gwparam.export.probe import draw_inputs


def read(path):
    with zipfile.ZipFile(path) as archive:
        files = {name.split("/")[-1]: archive.read(name) for name in archive.namelist()}
    return read_program(files["column_program.json"], files["column_weights.bin"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_artefact_holds_its_program(tiny_checkpoint, tmp_path, dtype):
    path = tmp_path / "tiny.pt"
    export = export_model(tiny_checkpoint, path, dtype=dtype)

    program = read(path)
    assert program.dtype == dtype
    assert [f.name for f in program.inputs] == [f.name for f in export.contract.inputs]
    assert [f.name for f in program.outputs] == [
        f.name for f in export.contract.outputs
    ]
    assert export.libtorch == ""
    assert read_contract(path).backend == torchscript.BACKEND
    columns = [torch.randn(4, f.size).squeeze(1) for f in program.inputs]
    graph = torch.jit.load(path)(*(c.to(getattr(torch, dtype)) for c in columns))
    for found, expected in zip(run_program(program, columns), graph, strict=True):
        np.testing.assert_allclose(
            found, expected.detach().numpy(), rtol=2e-4, atol=1e-9
        )


def test_program_that_is_not_the_network_breaks_a_promise(
    tiny_checkpoint, tmp_path, monkeypatch
):
    def wrong(network, dtype):
        program, reason = make_program(network, dtype)
        return replace(program, weights=1.001 * program.weights), reason

    monkeypatch.setattr(torchscript, "make_program", wrong)

    with pytest.raises(InferenceError, match="broken: column program equals the net"):
        export_model(tiny_checkpoint, tmp_path / "tiny.pt")
    assert not (tmp_path / "tiny.pt").exists()


def test_network_that_cannot_be_lowered_goes_the_old_way(
    tiny_checkpoint, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        torchscript, "make_program", lambda *_: (None, "it uses aten.sort")
    )
    path = tmp_path / "tiny.pt"
    export = export_model(tiny_checkpoint, path)

    assert export.libtorch == "it uses aten.sort"
    assert export.contract.backend == "torchscript"
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "column" in name]


def test_reasons_are_told():
    sorting = bare(lambda x, _: torch.sort(x, dim=1)[0][:, :NLEV])

    assert make_program(sorting, "float32") == (None, "it uses aten.sort")
    assert make_program(sorting, "bfloat16") == (None, "its weights are bfloat16")


def test_difference_is_measured():
    network = bare(lambda x, layers: layers[0](x), nn.Linear(NLEV + 2, NLEV))
    program, _ = make_program(network, "float64")
    columns = draw_inputs(network, 40, 1)

    assert check_program(program, network, columns, 1e-12).kept
    doubled = replace(program, weights=2.0 * program.weights)
    broken = check_program(doubled, network, columns, 1e-12)
    assert not broken.kept
    assert "difference 1.0e+00 of the largest output" in broken.measured
