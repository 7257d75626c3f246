"""Runs the programs of tests/mpi, which meson builds, on several ranks."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1] / "build" / "tests"
TIMEOUT = 60  # seconds: a run that hangs is a failure


def program(name: str) -> Path:
    """Path of a program; skips where it was not built or cannot be run."""
    if shutil.which("mpirun") is None:
        pytest.skip("mpirun absent")
    path = TESTS / "mpi" / name
    if not path.is_file():
        pytest.skip(f"{path} absent: built without MPI or without -Dtests=true")
    return path


def begin(
    ranks: int, path: Path, *arguments: object, flags: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start a program on a number of ranks, with flags for mpirun."""
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    }
    return subprocess.Popen(
        ["mpirun", "--oversubscribe", *flags, "-n", str(ranks), path]
        + [str(argument) for argument in arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def check(run: subprocess.Popen[str], ranks: int) -> None:
    """Wait for the end, where every rank has passed its checks."""
    try:
        text = run.communicate(timeout=TIMEOUT)[0]
    except subprocess.TimeoutExpired:
        run.terminate()  # mpirun ends its ranks
        raise
    assert run.returncode == 0, text
    assert text.count(" checks\n") == ranks, text
