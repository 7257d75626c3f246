import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from column_networks import NLEV, bare
from safetensors.torch import load_file, save_file
from torch import nn

import gwparam
import gwparam.export.column_program as column_program
from gwparam import errors
from gwparam.contract import PROBE_FILE, pack_probe, read_contract, read_probe
from gwparam.contract.checksums import CHECKSUMS_FILE
from gwparam.export import export_model
from gwparam.export.column_program import (
    answer_probe,
    check_program,
    check_program_reload,
    make_program,
)
from gwparam.export.lowering import LoweringError, lower, read_program, run_program
from gwparam.export.probe import draw_inputs
from gwparam.export.seal import add_checksums


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
    assert read_contract(path).backend == column_program.BACKEND
    columns = [torch.randn(4, f.size).squeeze(1) for f in program.inputs]
    graph = torch.jit.load(path)(*(c.to(getattr(torch, dtype)) for c in columns))
    for found, expected in zip(run_program(program, columns), graph, strict=True):
        np.testing.assert_allclose(
            found, expected.detach().numpy(), rtol=2e-4, atol=1e-9
        )


def test_network_that_looks_at_nothing_runs_through_libtorch(tiny_checkpoint, tmp_path):
    weights = load_file(tiny_checkpoint)
    weights["weights.shared.0.weight"].zero_()
    save_file(weights, tmp_path / "blind.safetensors")

    export = export_model(tmp_path / "blind.safetensors", tmp_path / "blind.pt")

    assert export.libtorch == "it computes nothing: its outputs are inputs or constants"
    assert read_contract(tmp_path / "blind.pt").backend == "torchscript"


@pytest.mark.parametrize(
    ("lowering", "reason"),
    [
        (lambda program: 1 / 0, "it uses aten.sort"),
        (
            lambda program: replace(program, weights=2.0 * program.weights),
            "not kept: column program equals the network (largest difference ",
        ),
        (
            lambda program: replace(program, instructions=()),
            "it is refused: column_program.json: instructions is []",
        ),
    ],
    ids=["none", "another", "refused"],
)
def test_network_without_a_program_goes_the_old_way(
    tiny_checkpoint, tmp_path, monkeypatch, lowering, reason
):
    def lower(network, dtype):
        try:
            return lowering(column_lower(network, dtype))
        except ZeroDivisionError:
            raise LoweringError("it uses aten.sort") from None

    column_lower = column_program.lower
    monkeypatch.setattr(column_program, "lower", lower)
    path = tmp_path / "tiny.pt"
    export = export_model(tiny_checkpoint, path)

    assert export.libtorch.startswith(reason)
    assert export.contract.backend == "torchscript"
    assert all(promise.kept for promise in export.promises)
    assert "column" not in " ".join(promise.what for promise in export.promises)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "column" in name]


def test_reasons_are_told():
    sorting = bare(lambda x, _: torch.sort(x, dim=1)[0][:, :NLEV])

    def reason(dtype):
        return make_program(sorting, dtype, (), 1e-5).libtorch

    assert reason("float32") == "it uses aten.sort"
    assert reason("bfloat16") == "its weights are bfloat16"


def test_difference_is_measured():
    network = bare(lambda x, layers: layers[0](x), nn.Linear(NLEV + 2, NLEV))
    program = lower(network, "float64")
    columns = draw_inputs(network, 40, 1)

    assert check_program(program, network, columns, 1e-12).kept
    doubled = replace(program, weights=2.0 * program.weights)
    broken = check_program(doubled, network, columns, 1e-12)
    assert not broken.kept
    assert "difference 1.0e+00 of the largest output" in broken.measured


def rewritten(path, folder, change):
    """Give the artefact with its extra files changed."""
    other = folder / path.name
    folder.mkdir()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for item in old.infolist():
            name = item.filename.split("/")[-1]
            if name != CHECKSUMS_FILE:
                new.writestr(item, change(name, old.read(item)))
    add_checksums(other)
    return other


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probe_holds_the_bits_of_the_engine(tiny_checkpoint, tmp_path, dtype):
    path = tmp_path / "tiny.pt"
    export_model(tiny_checkpoint, path, dtype=dtype)
    inputs, outputs = read_probe(path)

    answered = answer_probe(read(path), inputs, list(outputs))
    for name, values in outputs.items():
        np.testing.assert_array_equal(answered[name].reshape(values.shape), values)
    assert check_program_reload(path).kept

    def one_bit(name, data):
        return (
            data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]
            if name == PROBE_FILE
            else data
        )

    other = rewritten(path, tmp_path / "other", one_bit)
    promise = check_program_reload(other)
    assert not promise.kept
    assert promise.measured.startswith("1 of ")
    with pytest.raises(errors.InferenceError, match="the probe has other bits in "):
        gwparam.load_scheme(other)


def test_graph_beside_another_program_is_told(tiny_checkpoint, tmp_path):
    path = tmp_path / "tiny.pt"
    export_model(tiny_checkpoint, path)
    program = read(path)
    doubled = replace(program, weights=2.0 * program.weights)
    inputs, outputs = read_probe(path)
    answered = answer_probe(doubled, inputs, list(outputs))

    def change(name, data):
        if name == PROBE_FILE:
            return pack_probe(inputs, answered)
        return doubled.weights_bytes() if name == "column_weights.bin" else data

    promise = check_program_reload(rewritten(path, tmp_path / "other", change))
    assert not promise.kept
    assert promise.measured.startswith("0 of ")


def test_a_library_that_does_not_load_is_no_fault_of_the_network(monkeypatch):
    def fail():
        raise errors.ModelFileError("cannot load libgwparam.so")

    monkeypatch.setattr(column_program, "shared_library", fail)
    network = bare(lambda x, layers: layers[0](x), nn.Linear(NLEV + 2, NLEV))
    shapes = ((2, NLEV), (2, NLEV), (2,), (2,))
    columns = [torch.ones(shape, dtype=torch.float64) for shape in shapes]
    with pytest.raises(errors.ModelFileError, match="cannot load libgwparam"):
        make_program(network, "float64", columns, 1e-12)
