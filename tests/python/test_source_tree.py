import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from gwparam.source_tree import expect_built

PROJECT = Path(__file__).parents[2]


def test_python_in_a_checkout_is_told_what_to_do():
    # -S: no editable install, which would be found before the folder.
    run = subprocess.run(
        [sys.executable, "-S", "-c", "import gwparam"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    said = run.stderr.splitlines()[-1]
    assert said.startswith(f"ImportError: {PROJECT}/gwparam is source code")
    assert "pip install --no-build-isolation -e ." in said


def test_what_was_built_may_be_imported(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    with pytest.raises(ImportError, match="without the compiled library"):
        expect_built()
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libgwparam.so").touch()
    expect_built()
