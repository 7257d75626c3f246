"""What ``gwparam compile`` writes; the library is in commands/test_compile.py."""

import os
import shutil
import zipfile

import pytest
import torch
from ensembles import members_of
from recipes import attention_unet, options

from gwparam.compiled_package import package_path, why_unfit
from gwparam.errors import ContractError, InferenceError
from gwparam.export import compiled, export_model

pytestmark = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="no C++ compiler"
)


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artefact")
    checkpoint = attention_unet(folder / "unet.ckpt", 16, 8)
    known = options(folder, 4, grid="16x32")
    return export_model(checkpoint, folder / "unet.pt", options=known).path


def test_package_fits_and_leaves_nothing_else(artefact, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = {name: os.environ.get(name) for name in ("TORCHINDUCTOR_CACHE_DIR",)}
    threads = torch.get_num_threads()
    made = compiled.compile_artefact(artefact, package_path(artefact))

    assert 0 <= made.difference <= 1e-5
    assert made.seconds > 0
    assert made.torchscript_seconds > 0
    assert made.compile_seconds > 0
    assert why_unfit(artefact, torch.__version__.split("+")[0]) == ""
    with zipfile.ZipFile(package_path(artefact)) as archive:
        assert archive.testzip() is None
    assert {name: os.environ.get(name) for name in before} == before
    assert torch.get_num_threads() == threads
    assert not list(tmp_path.glob("gwparam-compile-*"))


def test_what_does_not_give_the_probe_is_not_written(artefact, monkeypatch, tmp_path):
    read = compiled.read_exported

    def other(path):
        program = read(path)
        for weight in program.weights.values():
            weight.mul_(1.1)
        return program

    monkeypatch.setattr(compiled, "read_exported", other)
    with pytest.raises(InferenceError, match="differs by"):
        compiled.compile_artefact(artefact, tmp_path / "package")
    assert not (tmp_path / "package").exists()


def test_several_networks_are_refused(artefact, tmp_path):
    checkpoints = members_of(artefact.with_name("unet.ckpt"), tmp_path, 2)
    path = tmp_path / "ensemble.pt"
    export_model(checkpoints, path, options=options(tmp_path, 4, grid="16x32"))
    with pytest.raises(ContractError, match="has 2 members, expected one network"):
        compiled.check_compilable(path)


def test_failure_of_the_compiler_is_said(artefact, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise RuntimeError("C++ compile error\nand a thousand lines")

    monkeypatch.setattr(torch._inductor, "aoti_compile_and_package", fail)
    with pytest.raises(InferenceError, match=r"compile it: C\+\+ compile error$"):
        compiled.compile_artefact(artefact, tmp_path / "package")
    assert not (tmp_path / "package").exists()
