"""The network as torch.export writes it, in an artefact."""

import gzip
import io
import json
import zipfile

import numpy as np
import pytest
import torch
from recipes import ann_cnn, attention_unet, options

from gwparam.cli import main
from gwparam.contract import read_contract, read_extra
from gwparam.errors import ArgumentError, ContractError, InferenceError
from gwparam.export import export_model
from gwparam.export.exported_program import PLACES, read_exported

NLEV = 4


def exported(folder, kind, **arguments):
    path = folder / f"{kind}.pt"
    if kind == "image":
        checkpoint = attention_unet(folder / "unet.ckpt", 16, 8)
        given = options(folder, NLEV, grid="16x32")
    else:
        checkpoint = ann_cnn(folder / "ann.ckpt", 19, 8, {"column": 1, "3x3": 3}[kind])
        given = options(folder, NLEV)
    return export_model(checkpoint, path, options=given, **arguments)


def stored(path):
    return io.BytesIO(gzip.decompress(read_extra(path, PLACES.file)))


def fields_of(path, columns):
    contract = read_contract(path)
    generator = torch.Generator().manual_seed(1)
    means = {"air_pressure": 5e4, "surface_air_pressure": 1e5, "air_temperature": 250.0}
    return [
        means.get(field.name, 0.0)
        + torch.rand(contract.input_shape(field, columns), generator=generator)
        for field in contract.inputs
    ]


@pytest.mark.parametrize("kind", ["column", "3x3", "image"])
def test_it_gives_the_answer_of_the_graph(tmp_path, kind):
    export = exported(tmp_path, kind)

    assert export.no_exported_program == ""
    assert "exported program gives the probe" in [p.what for p in export.promises]
    program = torch.export.load(stored(export.path))
    graph = torch.jit.load(str(export.path))
    whole = read_exported(export.path)
    for columns in (1, 5):
        fields = fields_of(export.path, columns)
        with torch.no_grad():
            answers = program.module()(dict(graph.state_dict()), *fields)
            for answer, again, expected in zip(
                answers, whole(*fields), graph(*fields), strict=True
            ):
                assert answer.shape == expected.shape
                largest = expected.abs().max()
                assert (answer - expected).abs().max() <= 1e-6 * largest
                assert torch.equal(again, answer)


def test_weights_are_stored_once(tiny_artefact):
    weights = sum(
        value.nbytes for value in read_exported(tiny_artefact).weights.values()
    )
    with zipfile.ZipFile(tiny_artefact) as archive:
        sizes = {m.filename.split("/", 1)[-1]: m.file_size for m in archive.infolist()}
    inner = zipfile.ZipFile(stored(tiny_artefact)).infolist()
    table = json.loads(read_extra(tiny_artefact, PLACES.weights))
    assert sum(sizes[file] for file in {p["file"] for p in table.values()}) == weights
    held = [m for m in inner if "model.json" not in m.filename]
    assert sum(member.file_size for member in held) < weights


def test_it_needs_no_torchscript(tiny_artefact, monkeypatch):
    monkeypatch.delattr(torch.jit, "load")
    whole = read_exported(tiny_artefact)
    assert all(
        out.isfinite().all()
        for out in whole(*map(torch.Tensor.double, fields_of(tiny_artefact, 3)))
    )


def test_an_artefact_without_one_runs(tmp_path):
    export = exported(tmp_path, "column", exported_program="no")
    assert export.no_exported_program == "it is not wanted"
    assert export.contract.exported_program is None
    with zipfile.ZipFile(export.path) as archive:
        assert not [m for m in archive.namelist() if "exported" in m]
    with pytest.raises(ContractError, match="has no exported program"):
        read_exported(export.path)


def refuse(*_, **__):
    raise RuntimeError("cannot trace\nthis network")


def test_a_network_that_torch_refuses_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.export, "save", refuse)
    export = exported(tmp_path, "column")
    assert export.no_exported_program == "torch.export: cannot trace"
    assert export.contract.exported_program is None
    with pytest.raises(InferenceError, match="no exported program: torch"):
        exported(tmp_path, "column", exported_program="yes")


def test_one_that_differs_is_left_out(tmp_path, monkeypatch):
    called = torch.func.functional_call

    def other(*given):
        return tuple(1.001 * output for output in called(*given))

    monkeypatch.setattr(torch.func, "functional_call", other)
    assert "it differs by" in exported(tmp_path, "column").no_exported_program


def test_another_word_is_refused(tmp_path, tiny_checkpoint):
    with pytest.raises(ArgumentError, match="exported_program is maybe"):
        export_model(tiny_checkpoint, tmp_path / "a.pt", exported_program="maybe")


def test_the_commands_say_it(tmp_path, capsys, tiny_checkpoint):
    path = tmp_path / "tiny.pt"
    given = ["export", "--ckpt", str(tiny_checkpoint), "-o", str(path)]
    assert main([*given, "--exported-program", "no"]) == 0
    assert "no exported program: it is not wanted" in capsys.readouterr().out
    assert main(given) == 0
    assert "no exported program" not in capsys.readouterr().out
    assert main(["inspect", str(path)]) == 0
    assert "exported_program.pt2.gz, by torch.export" in capsys.readouterr().out
    assert np.prod(read_exported(path).weights["network.trunk.0.weight"].shape) > 0
