"""Pythons that are newer than the one of the tests, where they are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from environments import run
from hosts import PROJECT


def found(version: str) -> str:
    """A Python of this version, or the test is skipped."""
    name = f"python{version}"
    # pyenv puts a name into the path that may stand for nothing.
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}"))
    for python in filter(None, (shutil.which(name), *map(str, kept))):
        asked = [python, "-c", "import ensurepip, venv"]
        if subprocess.run(asked, capture_output=True).returncode == 0:
            return python
    pytest.skip(f"Python {version} is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_package_is_built_and_used(
    version: str, sample_artefact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "ARTEFACT", str(sample_artefact))
    said = run([PROJECT / "tools" / "try_versions.sh", found(version)], PROJECT)
    assert "with_pkg_config: gwparam 0." in said
    assert f"Python {version}." in said.splitlines()[-1]
