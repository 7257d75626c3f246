"""tools/try_linking.sh names what fails; that it links is in the tests of installs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hosts import PROJECT, TIMEOUT

SCRIPT = PROJECT / "tools" / "try_linking.sh"


@pytest.fixture(autouse=True)
def compiler() -> None:
    if shutil.which("gfortran") is None:
        pytest.skip("gfortran absent")


def link(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *words], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT
    )


def test_the_command_may_be_a_relative_path(sample_artefact: Path) -> None:
    programs = Path(sys.executable).parent
    done = link(programs.parent, f"{programs.name}/gwparam", sample_artefact)
    assert done.returncode == 0, done.stderr
    first, *_ = done.stdout.splitlines()
    assert first.startswith("with_gwparam_config: gwparam 0.")
    assert first.endswith(": loaded")


def test_flags_that_cannot_be_had_are_no_fault_of_the_compiler(tmp_path: Path) -> None:
    command = tmp_path / "gwparam"
    command.write_text(
        "#!/bin/sh\ncase $* in *dir) pwd ;; *) echo no flags >&2; exit 3 ;; esac\n"
    )
    command.chmod(0o755)
    done = link(tmp_path, "./gwparam")
    assert done.returncode == 1
    assert done.stderr == "no flags\nwith_gwparam_config failed: \n"


def test_a_command_that_there_is_not_is_named(tmp_path: Path) -> None:
    done = link(tmp_path, "absent")
    assert done.returncode == 1
    expected = "absent: expected a folder, or the command of a pip install\n"
    assert done.stderr == expected
