"""The library without libtorch under valgrind: no bad access, nothing lost."""

import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[2] / "build" / "tests" / "cpp"

MEMCHECK = (
    "--error-exitcode=9",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect,possible",
    "--errors-for-leak-kinds=definite,indirect,possible",
    "--fair-sched=yes",
    "--quiet",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "array",
        "backend_registry",
        "background_thread",
        "batch",
        "boundary",
        "columns_on_grid",
        "communicator",
        "directory",
        "exchange",
        "exchange_plans",
        "grid",
        "guards",
        "horizontal",
        "inference",
        "network",
        "pending",
        "placement",
        "probe",
        "regrid",
        "remap",
        "scheme",
        "thread_pool",
        "units",
        "vertical",
        "windows",
    ],
)
def test_memory_is_clean(name: str) -> None:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        pytest.skip("valgrind is not installed")
    program = PROGRAMS / f"test_{name}"
    if not program.exists():
        pytest.skip(f"not built: {program}")
    run = subprocess.run(
        [valgrind, *MEMCHECK, program, "short"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    assert run.stderr == ""
