"""The same checkpoint gives the same bytes, which say nothing of the machine."""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from recipes import ann_cnn, levels, options, write_json

from gwparam.contract import check_contents, read_contract
from gwparam.contract.checksums import CHECKSUMS_FILE
from gwparam.errors import ArgumentError
from gwparam.export import export_model
from gwparam.export.seal import add_checksums, save, seal

NLEV = 4


def saved(path):
    torch.jit.save(
        torch.jit.script(torch.nn.Linear(3, 5)), str(path), _extra_files={"a": "b"}
    )
    return path


def test_what_is_saved_is_what_torch_saves(tmp_path):
    """But for the name of the folder inside, that of the file."""
    network = torch.jit.script(torch.nn.Linear(3, 5))
    torch.jit.save(network, str(tmp_path / "torch.pt"), _extra_files={"a": "b"})
    save(network, tmp_path / "own.pt", {"a": "b"})

    def contents(name):
        with zipfile.ZipFile(tmp_path / name) as archive:
            return {
                e.filename.split("/", 1)[1]: archive.read(e) for e in archive.infolist()
            }

    assert contents("own.pt") == contents("torch.pt")


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("/dev/full", "No space left on device"),
        ("absent/net.pt", "Directory nonexistent|No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_an_error(tmp_path, monkeypatch, where, reason):
    monkeypatch.chdir(tmp_path)
    network = torch.jit.script(torch.nn.Linear(300, 500))  # more than a pipe holds
    with pytest.raises(OSError, match=reason):
        save(network, where, {})


def test_sealed_archive_is_read_by_torch_and_holds_the_same(tmp_path):
    path = saved(tmp_path / "net.pt")
    before = torch.jit.load(path)

    seal(path)

    for name, value in torch.jit.load(path).state_dict().items():
        assert torch.equal(value, before.state_dict()[name])
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert {e.compress_type for e in archive.infolist()} == {zipfile.ZIP_STORED}
        for entry in archive.infolist():
            data = archive.read(entry)
            assert path.read_bytes().find(data) % 64 == 0 or len(data) < 12
    assert f"artefact/extra/{CHECKSUMS_FILE}" in names
    assert not [name for name in names if "debug" in name or "serialization" in name]
    check_contents(path)


def test_list_holds_all_but_itself(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/b", b"c")

    add_checksums(path)

    with zipfile.ZipFile(path) as archive:
        listed = archive.read(f"artefact/extra/{CHECKSUMS_FILE}").decode()
    assert listed == f"{hashlib.sha256(b'c').hexdigest()}  b\n"


def exported(folder, sample, epoch="1700000000"):
    """Exports of a process of its own, in a folder and from a folder of its own."""
    folder.mkdir()
    checkpoint = shutil.copy(sample, folder)
    ann = ann_cnn(folder / "ann.ckpt", 3 + 4 * NLEV, 2 * NLEV)
    given = options(folder, NLEV)
    write_json(folder / "levels.json", levels(NLEV))
    code = (
        "from gwparam.export import export_model as e\n"
        f"e({str(checkpoint)!r}, {str(folder / folder.name)!r})\n"
        f"e({str(ann)!r}, {str(folder / 'ann.pt')!r}, options={given!r})\n"
    )
    environment = os.environ | {"SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "random"}
    # Not from the sources, whose package has no compiled library.
    subprocess.run(
        [sys.executable, "-P", "-c", code], check=True, env=environment, cwd=folder
    )
    return [(folder / name).read_bytes() for name in (folder.name, "ann.pt")]


def unpacked(data):
    """All bytes of an archive, and of those in it."""
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from unpacked(archive.read(name))
    yield data


def test_the_same_checkpoint_gives_the_same_bytes(tmp_path):
    sample = Path(__file__).parents[3] / "examples/sample/wavenet_ad99.safetensors"
    first = exported(tmp_path / "one", sample)
    second = exported(tmp_path / "another_folder", sample)

    assert first == second
    said = b"".join(part for data in first for part in unpacked(data))
    places = {tmp_path, Path.home(), Path(torch.__file__).parents[1], Path.cwd()}
    for place in places:
        assert str(place).encode() not in said
    assert read_contract(tmp_path / "one" / "one").created.startswith(
        "2023-11-14T22:13"
    )


def test_the_same_bytes_whatever_was_scripted_before(
    tiny_checkpoint, tmp_path, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    export_model(tiny_checkpoint, tmp_path / "a.pt")
    torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 7), torch.nn.ReLU()))
    export_model(tiny_checkpoint, tmp_path / "b.pt")

    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


@pytest.mark.parametrize("given", ["", "yesterday", "1e9", "9" * 30])
def test_a_date_that_is_none(tiny_checkpoint, tmp_path, monkeypatch, given):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)

    with pytest.raises(ArgumentError, match="SOURCE_DATE_EPOCH"):
        export_model(tiny_checkpoint, tmp_path / "net.pt")
    assert not (tmp_path / "net.pt").exists()
