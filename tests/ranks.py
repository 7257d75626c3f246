"""Runs the programs of tests/mpi, which meson builds, on several ranks."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from built import built

TIMEOUT = 60  # seconds: a run that hangs is a failure
# Where Open MPI keeps what its processes share, up to version 4 and from 5 on.
FOLDERS_OF_MPI = ("OMPI_MCA_orte_tmpdir_base", "PRTE_MCA_prte_tmpdir_base")


def program(name: str) -> Path:
    """Path of a program; skips where it was not built or cannot be run."""
    if shutil.which("mpirun") is None:
        pytest.skip("mpirun absent")
    return built(f"mpi/{name}", part="MPI")


# mpirun writes to ranks that may have ended: then it must see an error of writing, and
# not be killed by SIGPIPE, which Python would set back to do so.
OUTLIVES_RANKS = {"stdin": subprocess.DEVNULL, "restore_signals": False}


def begin(
    ranks: int, path: Path, *arguments: object, flags: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start a program on a number of ranks, with flags for mpirun."""
    # Its own, because some tests begin several runs at the same time.
    folder = tempfile.mkdtemp(dir=os.environ[FOLDERS_OF_MPI[0]])
    environment = os.environ | dict.fromkeys(FOLDERS_OF_MPI, folder)
    environment |= {
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
        **OUTLIVES_RANKS,
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
