"""New Python environments for tests, which download nothing."""

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path

from hosts import PROJECT

SMALL_BUILD = ("torch", "mpi", "restart_file")
"""Parts that a build for tests of installation can do without."""


def environment_without(names: Iterable[str], folder: Path) -> Path:
    """Make an environment with the packages of the running one, but some.

    Parameters
    ----------
    names : iterable of str
        What is left out, as pip calls it and as Python imports it.
    folder : path
        Where the environment comes to be.

    Returns
    -------
    path
        Its folder of programs, ``python`` and ``pip`` among them.
    """
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    there = Path(run([folder / "bin" / "python", "-c", purelib], folder).strip())
    left_out = re.compile(rf"_?({'|'.join(names)})(?![a-z])", re.IGNORECASE)
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not (left_out.match(path.name) or (there / path.name).exists()):
            (there / path.name).symlink_to(path)
    return folder / "bin"


def copied_checkout(folder: Path) -> Path:
    """Copy what git has or would take of the project."""
    listed = ["git", "ls-files", "-co", "--exclude-standard"]
    for name in run(listed, PROJECT).split():
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((PROJECT / name).read_bytes())
    return folder


def run(command: Sequence[str | Path], folder: Path, path: Path | None = None) -> str:
    """Run a program in a folder; what it printed.

    What it calls is looked for in `path`, then beside the running Python, then where it
    is found as ever.
    """
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    places = [path, Path(sys.executable).parent, variables["PATH"]]
    variables["PATH"] = os.pathsep.join(str(place) for place in places if place)
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
