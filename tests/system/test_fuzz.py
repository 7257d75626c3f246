"""Damaged files through the commands: a status of the table and one line, always.

The corpus is made here: states of 5 levels with drag in three formats of netCDF, a
WaveNet of 5 levels as safetensors and as `torch.save` writes it, and its artefact. Each
case damages one of them (`mutations`) and runs a command in this process. Cases are
drawn with their number as the seed: NUMBERS take about 10 s, SLOW_NUMBERS a minute. A
file that is still good may be read (exit status 0).
"""

import resource
import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
import xarray as xr
from mutations import damage_bytes, damage_states, damage_weights, write_states
from safetensors.torch import load_file, save_file

from gwparam.cli import main
from gwparam.commands.answer import Exit

NUMBERS = range(200)
SLOW_NUMBERS = range(200, 900)
NLEV = 5
MEMORY = 4 << 30  # bytes


@pytest.fixture(scope="module")
def states():
    random = np.random.default_rng(20261128)
    dims, shape = ("time", "lev", "lat", "lon"), (4, NLEV, 4, 6)
    fields = {
        name: (dims, random.normal(0.0, scale, shape), {"units": units})
        for name, units, scale in (
            ("u", "m s-1", 20.0),
            ("v", "m s-1", 10.0),
            ("gwfcng_x", "m s-2", 1e-5),
            ("gwfcng_y", "m s-2", 1e-5),
        )
    }
    surface = random.normal(9.7e4, 2e3, (4, 4, 6))
    return xr.Dataset(
        {**fields, "ps": (("time", "lat", "lon"), surface, {"units": "Pa"})},
        {
            "time": ("time", np.arange(4.0), {"units": "days since 2000-01-01"}),
            "lev": ("lev", [10.0, 100.0, 300.0, 600.0, 900.0], {"units": "hPa"}),
            "lat": ("lat", [-60.0, -20.0, 20.0, 60.0], {"units": "degrees_north"}),
            "lon": ("lon", np.arange(6) * 60.0, {"units": "degrees_east"}),
        },
    )


def damaged_states(folder: Path, states: xr.Dataset, random: Random) -> tuple:
    path, said = folder / "states.nc", ""
    data = states
    if random.random() < 0.8:
        data, said = damage_states(states, random)
    write_states(data, path, random)
    if not said or random.random() < 0.1:
        said += damage_bytes(path, random)
    return path, said


def damaged_checkpoint(folder: Path, checkpoint: Path, random: Random) -> tuple:
    safe = random.random() < 0.4
    path = folder / ("net.safetensors" if safe else "net.pt")
    weights = {**load_file(checkpoint)}
    if random.random() < 0.3:
        if safe:
            shutil.copy(checkpoint, path)
        else:
            torch.save(weights, path)
        return path, damage_bytes(path, random)
    content, said = damage_weights(weights, random)
    kept = isinstance(content, dict) and all(
        isinstance(k, str) and torch.is_tensor(v) for k, v in content.items()
    )
    if safe and kept:
        save_file(content, path)
    else:
        path = folder / "net.pt"
        torch.save(content, path)
    return path, said


def damaged_artefact(folder: Path, artefact: Path, random: Random) -> tuple:
    path = folder / "net_damaged.pt"
    shutil.copy(artefact, path)
    return path, damage_bytes(path, random)


def run(number, folder, states, checkpoint, artefact, capfd):
    """Run one case; what went wrong, or nothing."""
    random = Random(number)
    command = random.choice(
        ("replay", "replay", "evaluate", "export", "export", "inspect", "finetune")
    )
    if command == "replay":
        path, said = damaged_states(folder, states, random)
        words = [artefact, path]
    elif command == "evaluate":
        path, said = damaged_states(folder, states, random)
        out = folder / "evaluation"
        words = [artefact, "--truth", path, "-o", out, "--no-report"]
    elif command == "finetune":
        path, said = damaged_states(folder, states, random)
        sizes = ["--size", "trunk_width=8", "--size", "trunk_depth=1"]
        words = ["--arch", "wavenet", "--data", path, "--epochs", "1", *sizes,
                 "-o", folder / "run", "--threads", "1"]  # fmt: skip
    elif command == "inspect":
        path, said = damaged_artefact(folder, artefact, random)
        words = [path]
    else:
        path, said = damaged_checkpoint(folder, checkpoint, random)
        words = ["--ckpt", path, "-o", folder / "out.pt"]
    status = main([command, *map(str, words)])
    lines = capfd.readouterr().err.splitlines()
    errors = [line for line in lines if line.startswith("gwparam: error: ")]
    what = f"{number}: {command}, {said}: {status} {lines[-3:]}"
    if status == Exit.DONE:
        return None if not errors else what
    # A training says first how far it is.
    quiet = command == "finetune" or len(lines) == 1
    return None if status == Exit.REFUSED and len(errors) == 1 and quiet else what


@pytest.fixture
def bounded_memory():
    """Let the process have some GB more at most.

    A flipped byte can make the library below netCDF ask for all that the machine has.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture
def fuzz(
    bounded_memory, tmp_path, states, tiny_checkpoint, tiny_artefact_float32, capfd
):
    def over(numbers):
        found = []
        for number in numbers:
            folder = tmp_path / str(number)
            folder.mkdir()
            files = states, tiny_checkpoint, tiny_artefact_float32
            found.append(run(number, folder, *files, capfd))
            shutil.rmtree(folder)
        return [what for what in found if what]

    return over


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_file_is_a_line_and_a_status(fuzz):
    assert not (found := fuzz(NUMBERS)), "\n".join(found)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_many_damaged_files_are_lines_and_statuses(fuzz):
    assert not (found := fuzz(SLOW_NUMBERS)), "\n".join(found)
