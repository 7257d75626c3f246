"""Memory and speed of many calls in one process.

    python benchmarks/memory.py [ARTEFACT] [--calls N]

Calls the library again and again on two latitude rows of a T42 host (256 columns) and
prints the resident memory: after the warm-up it must stay flat. The first call must be
as fast as the tenth, because the network is warmed up when it is loaded.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from step_cost import NLEV, NLON, export_sample, globe

import gwparam
from gwparam.grids import full_levels, uneven_sigma

ROWS = slice(30, 32)


def resident_megabytes() -> float:
    """Resident memory of this process [MB], from the kernel."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def measure(artefact: Path, calls: int) -> None:
    scheme = gwparam.load_scheme(artefact)
    scheme.set_levels(full_levels(uneven_sigma(NLEV)) * 1e5)
    state = globe()
    fields = {f.name: state[f.name][ROWS] for f in scheme.contract.inputs}
    out = {f.name: np.zeros((2, NLON, NLEV)) for f in scheme.contract.outputs}
    marks = {0, 1, 10, *np.linspace(100, calls, 9).astype(int).tolist()}
    seconds = np.full(calls, np.nan)  # touched, so that it is resident from the start
    table = Table(title=f"{2 * NLON} columns a call")
    for heading in ("calls", "resident memory [MB]"):
        table.add_column(heading, justify="right")
    table.add_row("0", f"{resident_megabytes():.2f}")
    for call in track(range(calls), "calling", transient=True):
        start = time.perf_counter()
        for name, array in fields.items():
            scheme.put(name, array)
        scheme.run()
        for name, array in out.items():
            scheme.get(name, array)
        seconds[call] = time.perf_counter() - start
        if call + 1 in marks:
            table.add_row(str(call + 1), f"{resident_megabytes():.2f}")
    console = Console()
    console.print(table)
    console.print(
        f"call 1: {1e3 * seconds[0]:.2f} ms, call 10: {1e3 * seconds[9]:.2f} ms, "
        f"ratio {seconds[0] / seconds[9]:.2f}; median {1e3 * np.median(seconds):.2f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("artefact", nargs="?", type=Path, help="default: the sample's")
    parser.add_argument("--calls", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        artefact = arguments.artefact or export_sample(Path(folder), "float32")
        measure(artefact, arguments.calls)


if __name__ == "__main__":
    main()
