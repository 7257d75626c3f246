"""Loading a network through the C ABI from Python."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import artefacts
import pytest

import gwparam
from gwparam import errors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("artefacts")
    artefacts.write_all(path)
    return path


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"on_limit": "stop"}, errors.ArgumentError, "expected one of error, zero"),
        ({"device": "tpu"}, errors.ArgumentError, 'device is "tpu"'),
        ({"device": "x" * 40}, errors.ArgumentError, "expected auto, cpu, cuda"),
        ({"threads": -2}, errors.ArgumentError, "threads is -2"),
    ],
)
def test_load_refuses_options(folder, options, error, message) -> None:
    with pytest.raises(error, match=message):
        gwparam.load_scheme(folder / "linear.pt", **options)


def test_load_raises_oserror_for_absent_file(folder) -> None:
    with pytest.raises(OSError, match="No such file"):
        gwparam.load_scheme(folder / "absent.pt")


def test_one_file_is_pinned(folder) -> None:
    path = folder / "linear.pt"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    other = "0" * 64

    gwparam.load_scheme(path, artefact_sha256=found).free()
    with pytest.raises(
        errors.ModelFileError, match=f"the SHA-256 {found}, expected {other}, as art"
    ):
        gwparam.load_scheme(path, artefact_sha256=other)
    for wrong in ("abc", found.upper(), 100 * "a"):
        with pytest.raises(errors.ArgumentError, match="64 hexadecimal digits"):
            gwparam.load_scheme(path, artefact_sha256=wrong)


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, kind) -> None:
    path = tmp_path / "artefact.pt"
    os.mkfifo(path) if kind == "fifo" else path.mkdir()
    command = "import gwparam, sys; gwparam.load_scheme(sys.argv[1])"
    found = subprocess.run(
        [sys.executable, "-P", "-c", command, path],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert found.stderr.splitlines()[-1].endswith("is no regular file")
