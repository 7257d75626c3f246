"""Damaged records: the same bits, a difference that is named, or a refusal.

They run in other processes, because a flipped byte may be too much for the HDF5
library itself, which then loops for ever (docs/reliability.md).
"""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import netCDF4
import pytest
from mutations import damage_bytes
from records import Call

from gwparam.cli import main
from gwparam.commands.answer import Exit

NUMBERS = range(150)
SLOW_NUMBERS = range(150, 1500)

# Of each file: its status, the lines of an error, and that of the outputs in it.
REPLAY = """
import contextlib, io, json, signal, sys, warnings
from gwparam.cli import main
warnings.simplefilter("ignore")
for path in sys.argv[2:]:
    with open(sys.argv[1], "a") as said:
        said.write(json.dumps([path]) + "\\n")
    out, err = io.StringIO(), io.StringIO()
    signal.alarm(30)  # ends the process
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["replay", path])
    with open(sys.argv[1], "a") as said:
        said.write(json.dumps([path, status, err.getvalue()]) + "\\n")
"""

ODD = ("", "x", "\x1b[2J", "a" * 5000, float("nan"), -1.0, 1e300, 2.5, 2**31 - 1)


@pytest.fixture(scope="module")
def record(tiny_artefact, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("record")
    return Call(tiny_artefact).write(folder / "record.nc")


def replays(files: list[Path], folder: Path) -> dict[str, list]:
    """Status and errors by file; none where the process ended with it."""
    said, rest = folder / "said.txt", [str(file) for file in files]
    found: dict[str, list] = {}
    while rest:
        said.unlink(missing_ok=True)
        process = subprocess.run(
            [sys.executable, "-P", "-c", REPLAY, said, *rest],
            capture_output=True,
            timeout=570,
            cwd=folder,
        )
        for line in said.read_text().splitlines():
            path, *answer = json.loads(line)
            found[path] = answer or [process.returncode, "the process ended"]
        rest = [path for path in rest if path not in found]
    return found


def damaged_bytes(record: Path, folder: Path, numbers: range) -> dict[str, str]:
    files = {}
    for number in numbers:
        path = folder / f"{number}.nc"
        path.write_bytes(record.read_bytes())
        files[str(path)] = damage_bytes(path, Random(number))
    return files


def outputs_of(path: Path) -> list[bytes]:
    with netCDF4.Dataset(path) as file:
        return [
            file[name][:].tobytes() for name in file.variables if "tendency" in name
        ]


def check(record: Path, folder: Path, numbers: range) -> None:
    files = damaged_bytes(record, folder, numbers)
    good, crashed = outputs_of(record), []
    for path, (status, error) in replays([Path(f) for f in files], folder).items():
        what = f"{path}: {files[path]}: {status} {error[-500:]}"
        if status < 0:  # HDF5's doing
            crashed.append(what)
        elif status == Exit.REFUSED:
            assert error.count("gwparam: error: ") == 1, what
        else:
            assert status in (Exit.DONE, Exit.DISAGREES), what
            # The same bits, so what the record says came out is what comes out.
            assert status == Exit.DISAGREES or outputs_of(Path(path)) == good, what
    assert len(crashed) <= len(files) // 100, crashed


def test_a_damaged_record_has_the_same_bits_or_is_refused(record, tmp_path) -> None:
    check(record, tmp_path, NUMBERS)


@pytest.mark.slow
def test_many_damaged_records_have_the_same_bits_or_are_refused(
    record, tmp_path
) -> None:
    check(record, tmp_path, SLOW_NUMBERS)


def change(path: Path, random: Random) -> str:
    """Change one attribute or variable of a record in place."""
    with netCDF4.Dataset(path, "a") as file:
        kind = random.choice(("lost", "odd", "odd", "units", "values", "name"))
        if kind in ("lost", "odd"):
            name = random.choice(file.ncattrs())
            if kind == "lost":
                file.delncattr(name)
            else:
                file.setncattr(name, random.choice(ODD))
        else:
            name = random.choice(list(file.variables))
            if kind == "units":
                file[name].setncattr("units", random.choice(ODD))
            elif kind == "values":
                file[name][...] = random.choice((0, -1, 1e6))
            else:
                file.renameVariable(name, f"{name}_")
    return f"{kind} of {name}"


def test_a_record_with_something_wrong_is_a_line_and_a_status(
    record, tmp_path, capfd
) -> None:
    for number in range(80):
        path = tmp_path / f"{number}.nc"
        path.write_bytes(record.read_bytes())
        said = change(path, Random(number))
        status = main(["replay", str(path)])
        errors = capfd.readouterr().err
        what = f"{number}: {said}: {status} {errors}"
        assert status in (Exit.DONE, Exit.DISAGREES, Exit.REFUSED), what
        assert status != Exit.REFUSED or errors.count("gwparam: error: ") == 1, what
