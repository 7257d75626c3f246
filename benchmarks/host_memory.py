"""Memory and load time of a host in C that runs a WaveNet.

    python benchmarks/host_memory.py [ARTEFACT] [--columns N,N] [--loads N]

Prints what a load and a step add to the resident memory of the host, which holds its
fields and is linked with the library before; how much of it is mapped files, which all
ranks of a node share; and the time of a load, the least of some. The default is the
sample's WaveNet, float32, of the published size.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from step_cost import export_sample

from gwparam.contract import read_contract
from gwparam.timing.columns import inputs_of_probe

SOURCE = Path(__file__).with_name("host_memory.c")
FIELDS = ("eastward_wind", "northward_wind", "surface_air_pressure", "latitude")


def build(folder: Path) -> Path:
    """Compile the host against the installed package."""
    config = Path(sys.executable).with_name("gwparam")
    flags = subprocess.run(
        [config, "config", "--cflags", "--libs"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    host = folder / "host"
    cflags = shlex.split(flags)
    command = ["cc", "-O2", str(SOURCE), "-o", str(host), *cflags]
    subprocess.run(command, check=True)
    return host


def run(host: Path, artefact: Path, columns: int) -> dict[str, list[float]]:
    """Run the host on columns of the artefact's probe; what it says, by word."""
    contract = read_contract(artefact)
    inputs = inputs_of_probe(artefact, contract).repeated(columns)
    state = host.with_name("state.bin")
    parts = [inputs.fields[name].astype("f4").tobytes() for name in FIELDS]
    state.write_bytes(np.asarray(inputs.pressure, "f8").tobytes() + b"".join(parts))
    arguments = [artefact, state, columns, contract.vertical.nlev]
    text = subprocess.run(
        [str(host), *map(str, arguments)],
        env={"OMP_WAIT_POLICY": "passive", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = (line.split() for line in text.splitlines())
    return {word: [float(number) for number in numbers] for word, *numbers in lines}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("artefact", nargs="?", type=Path, help="default: the sample's")
    parser.add_argument("--columns", default="256,8192", metavar="N,N")
    parser.add_argument("--loads", type=int, default=10, metavar="N")
    arguments = parser.parse_args()
    table = Table(title="over the bare host: resident, of which the process's own [MB]")
    for heading in ("columns", "bare host", "load", "a step", "10 steps", "load [ms]"):
        table.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host = build(folder)
        artefact = arguments.artefact or export_sample(folder, "float32")
        for columns in map(int, arguments.columns.split(",")):
            runs = [run(host, artefact, columns) for _ in range(arguments.loads)]
            last, bare = runs[-1], np.array(runs[-1]["bare"])
            row = [str(columns), f"{bare[0] / 1024:.1f}, {bare[1] / 1024:.1f}"]
            for word in ("loaded", "stepped", "after10"):
                more = (np.array(last[word]) - bare) / 1024
                row.append(f"{more[0]:.1f}, {more[1]:.1f}")
            least = min(its["seconds"][0] for its in runs)
            table.add_row(*row, f"{1e3 * least:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
