"""The full published Prithvi network: time and memory from checkpoint to one forward.

    python benchmarks/full_size.py [--dtype bfloat16] [--checkpoint-dtype bfloat16]
                                   [--folder DIR] [--threads N] [--small]

2,479,889,326 formula weights are written as a published checkpoint, exported,
inspected, loaded and run once on the 64 x 128 grid with 122 levels. Each step is a
process of its own, so that each has its own peak memory: resident (with pages of mapped
files, which the system takes back when it needs them) and anonymous (which it cannot).
Needs disk for checkpoint and artefact, 10 GB in bfloat16, 20 GB in float32.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from formula_weights import formula_weight
from rich.console import Console
from rich.table import Table

import gwparam
from gwparam.contract import read_contract, read_probe
from gwparam.export import export_model
from gwparam.networks.prithvi.unet import PRESETS, UNetWithTransformer

STEPS = ("checkpoint", "export", "inspect", "load", "library")
_SAMPLE_SECONDS = 0.02


def write_checkpoint(folder: Path, arguments: argparse.Namespace) -> str:
    with torch.device("meta"):
        weights = UNetWithTransformer(sizes(arguments)).state_dict()
    dtype = getattr(torch, arguments.checkpoint_dtype)
    made = {
        f"module.{key}": formula_weight(key, value.shape, dtype)
        for key, value in weights.items()
    }
    torch.save(made, folder / "checkpoint.pt")
    return f"{len(made)} tensors, {sum(v.numel() for v in made.values()):,} values"


def export(folder: Path, arguments: argparse.Namespace) -> str:
    options = {
        "grid": "{}x{}".format(*sizes(arguments).grid),
        "levels": str(write_levels(folder, sizes(arguments).in_channels // 4)),
        "scaling": str(write_scaling(folder)),
        "flux_quantity": "omega",
        "flux_sign": "1",
    }
    artefact = folder / "artefact.pt"
    made = export_model(
        folder / "checkpoint.pt", artefact, dtype=arguments.dtype, options=options
    )
    return "; ".join(f"{p.what}: {p.measured}" for p in made.promises)


def write_levels(folder: Path, nlev: int) -> Path:
    """Write hybrid levels of plausible size: the pressures are no model's."""
    fraction = np.linspace(0.0, 1.0, nlev)
    pressure = 100.0 * (98000.0 / 100.0) ** fraction
    share = fraction**3
    levels = {
        "a": (pressure * (1.0 - share)).tolist(),
        "b": (pressure * share / 1.0e5).tolist(),
        "units": "Pa",
    }
    path = folder / "levels.json"
    path.write_text(json.dumps(levels))
    return path


def write_scaling(folder: Path) -> Path:
    flux = "{}_momentum_flux_in_pressure_coordinates"
    usual = {
        "air_temperature": ("K", 240.0, 25.0),
        "air_pressure": ("Pa", 3.0e4, 3.0e4),
        "eastward_wind": ("m s-1", 5.0, 15.0),
        "northward_wind": ("m s-1", 0.0, 10.0),
        "air_potential_temperature_predicted": ("K", 400.0, 150.0),
        flux.format("eastward"): ("Pa m s-2", 0.0, 0.02),
        flux.format("northward"): ("Pa m s-2", 0.0, 0.02),
    }
    return write_recipe(folder, usual)


def write_recipe(folder: Path, linear: dict[str, tuple[str, float, float]]) -> Path:
    """Write a recipe of units, mean and standard deviation of each field."""
    variables = {
        name: {
            "transform": "linear",
            "units": units,
            "mean": mean,
            "standard_deviation": deviation,
        }
        for name, (units, mean, deviation) in linear.items()
    }
    path = folder / "scaling.json"
    path.write_text(json.dumps({"scaling_version": 1, "variables": variables}))
    return path


def inspect(folder: Path, arguments: argparse.Namespace) -> str:
    contract = read_contract(folder / "artefact.pt")
    read_probe(folder / "artefact.pt")
    return f"{contract.name}, {contract.vertical.nlev} levels, probe read"


def load(folder: Path, arguments: argparse.Namespace) -> str:
    artefact = folder / "artefact.pt"
    start = time.perf_counter()
    network = torch.jit.load(str(artefact)).eval()
    loaded = time.perf_counter()
    inputs, outputs = read_probe(artefact)
    with torch.inference_mode():
        result = network(*map(torch.from_numpy, inputs.values()))
    done = time.perf_counter()
    worst = max(
        float(np.abs(r.numpy() - o).max() / np.abs(o).max())
        for r, o in zip(result, outputs.values(), strict=True)
    )
    return (
        f"torch.jit.load {loaded - start:.0f} s, one forward {done - loaded:.0f} s, "
        f"probe within {worst:.1e}"
    )


def library(folder: Path, arguments: argparse.Namespace) -> str:
    scheme = gwparam.load_scheme(folder / "artefact.pt", threads=arguments.threads)
    return f"{scheme.contract.name} loaded, its probe run"


def sizes(arguments: argparse.Namespace):
    return PRESETS["tiny" if arguments.small else "published"]


def measured(step: Callable[[], str]) -> dict[str, object]:
    """Run a step; its time, and the peaks of its process's memory [GB]."""
    anonymous = [0]
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(_SAMPLE_SECONDS):
            anonymous.append(_status("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    try:
        note = step()
    finally:
        finished.set()
        watcher.join()
    return {
        "seconds": time.perf_counter() - start,
        "resident": _status("VmHWM") / 1e6,
        "anonymous": max(anonymous) / 1e6,
        "note": note,
    }


def _status(key: str) -> int:
    """Memory of this process from the kernel [kB]."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 // 1000 for line in lines if key in line)


def run_step(name: str, folder: Path, arguments: list[str]) -> dict[str, object]:
    command = [sys.executable, __file__, *arguments, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--step", name], stdout=subprocess.PIPE, text=True, check=True
    )
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    dtypes = ("bfloat16", "float32")
    parser.add_argument("--dtype", choices=dtypes, default=dtypes[0])
    parser.add_argument("--checkpoint-dtype", choices=dtypes, default=dtypes[0])
    parser.add_argument(
        "--folder", type=Path, help="keeps the files; default: a temporary one"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--small", action="store_true", help="the tiny preset")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step is not None:
        torch.set_num_threads(arguments.threads)
        steps = (write_checkpoint, export, inspect, load, library)
        step = steps[STEPS.index(arguments.step)]
        result = measured(lambda: step(arguments.folder, arguments))
        print(json.dumps(result))
        return
    passed = ["--dtype", arguments.dtype, "--threads", str(arguments.threads)]
    passed += ["--checkpoint-dtype", arguments.checkpoint_dtype]
    passed += ["--small"] if arguments.small else []
    if arguments.folder is not None:
        report(arguments, arguments.folder, passed)
        return
    with tempfile.TemporaryDirectory() as folder:
        report(arguments, Path(folder), passed)


def report(arguments: argparse.Namespace, folder: Path, passed: list[str]) -> None:
    table = Table(title=f"Prithvi in {arguments.dtype}, {arguments.threads} thread(s)")
    for heading in ("step", "time [s]", "peak resident [GB]", "anonymous [GB]", "file"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    for name in arguments.steps:
        result = run_step(name, folder, passed)
        path = folder / ("checkpoint.pt" if name == "checkpoint" else "artefact.pt")
        console.print(f"{name}: {result['note']}", soft_wrap=True)
        table.add_row(
            name,
            f"{result['seconds']:.1f}",
            f"{result['resident']:.2f}",
            f"{result['anonymous']:.2f}",
            f"{path.stat().st_size / 1e9:.3f} GB",
        )
    console.print(table)


if __name__ == "__main__":
    main()
