"""How good and how fast networks are that are meant to be cheap.

    python benchmarks/cheap_networks.py FOLDER [--no-training] [--rounds N]

trains on January's states of MiMA what is not in FOLDER yet, one `gwparam finetune` a
network; the first five states of the season choose the epoch, the other ten test. Then
all are exported in float32 and timed on a state of 8192 columns, in turns with the
native scheme (Alexander and Dunkerton 1999) as it is and its Fortran reference: CPU
time of one thread, medians of the rounds, ratios as medians of the ratios in a round.
The table and FOLDER/front.png show R2 of the later states against time. With
--no-training they show what is in FOLDER.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from gwparam.contract import read_contract
from gwparam.export import export_model
from gwparam.synthetic.columns import read_columns
from gwparam.timing.candidates import library_step, native_step
from gwparam.timing.columns import inputs_of_states
from gwparam.timing.processor import processor_name
from gwparam.timing.rounds import Times, measure, ratio

mpl.use("agg")
from matplotlib import pyplot as plt

REFERENCE_DATA = Path(__file__).parents[2] / "shared" / "data"
CHOOSING = 5
"""States of the season that say which epoch is best."""
NATIVE, REFERENCE = "native scheme", "its Fortran reference"


def spectrum(width: int, activation: str) -> list[str]:
    sizes = (f"width={width}", f"activation={activation}")
    return ["--arch", "filtered_spectrum", *(f"--size={size}" for size in sizes)]


def wavenet(width: int, depth: int) -> list[str]:
    sizes = {"trunk_width": width, "trunk_depth": depth, "neck_width": width // 2}
    sizes["branch_width"] = 4
    options = ["--arch", "wavenet", "--epochs", "20", "--seed", "1"]
    return options + [f"--size={name}={size}" for name, size in sizes.items()]


TRAININGS = {
    "filtered spectrum, 32 SiLU": spectrum(32, "silu"),
    "filtered spectrum, 32 ReLU": spectrum(32, "relu"),
    "filtered spectrum, 16 ReLU": spectrum(16, "relu"),
    "filtered spectrum, 16 ReLU, 8 epochs": [*spectrum(16, "relu"), "--epochs=8"],
    "WaveNet, 64 x 2": wavenet(64, 2),
    "WaveNet, published, fine-tuned": ["--arch", "wavenet", "--pretrained"],
}


@dataclass(frozen=True)
class Candidate:
    """A trained network.

    Attributes
    ----------
    name : str
        In the table.
    artefact : Path
        In float32.
    parameters : int
        Number of its weights.
    r2 : tuple of float
        Of the eastward and the northward drag, on the later states.
    """

    name: str
    artefact: Path
    parameters: int
    r2: tuple[float, float]


def split_season(mima: Path, folder: Path) -> tuple[Path, Path]:
    """Write the states that choose and those that test into files of their own."""
    choose, test = folder / "choose.nc", folder / "test.nc"
    if not test.is_file():
        path = mima / "mima_t42l40_season.nc"
        with xr.open_dataset(path, decode_times=False) as season:
            season.isel(time=slice(CHOOSING)).to_netcdf(choose)
            season.isel(time=slice(CHOOSING, None)).to_netcdf(test)
    return choose, test


def folder_of(name: str, folder: Path) -> Path:
    return folder / name.replace(",", "").replace(" ", "_")


def trained(name: str, mima: Path, folder: Path) -> Candidate:
    """Train and export a network, as far as that has not been done."""
    its = folder_of(name, folder)
    checkpoint, artefact = its / "network.safetensors", its / "network.pt"
    choose, test = split_season(mima, folder)
    if not checkpoint.is_file():
        options = list(TRAININGS[name])
        if options[-1] == "--pretrained":
            options.append(str(mima.parent / "wavenet" / "network_wst.pkl"))
        files = ("--data", str(mima / "mima_t42l40_ad99.nc"), "--validation")
        gwparam = Path(sys.executable).with_name("gwparam")
        command = [gwparam, "finetune", *options, *files]
        subprocess.run(
            [*command, choose, "--test", test, "--threads", "1", "-o", its],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    export_model(checkpoint, artefact, dtype="float32")
    scores = json.loads((its / "scores.json").read_text())["test"]["after"]["fields"]
    run = json.loads((its / "run.json").read_text())
    return Candidate(
        name, artefact, run["parameters"]["all"], tuple(f["r2"] for f in scores)
    )


def timed(
    candidates: list[Candidate], mima: Path, rounds: int
) -> tuple[int, dict[str, Times]]:
    """Time all in turns on the first state; say how many columns it has."""
    path = mima / "mima_t42l40_ad99.nc"
    columns = next(iter(read_columns([path])))
    n = len(columns)
    steps = {
        NATIVE: native_step(columns, n),
        REFERENCE: native_step(columns, n, by_reference=True),
    }
    for its in candidates:
        contract = read_contract(its.artefact)
        inputs = inputs_of_states(path, contract)
        steps[its.name] = library_step(its.artefact, contract, inputs, 1)
    return n, measure(steps, rounds)


def print_table(
    candidates: list[Candidate], columns: int, times: dict[str, Times]
) -> None:
    table = Table(
        title=f"{columns} columns, one thread, float32, {processor_name()}",
        caption="median CPU time; ratios of the native ones over this, above 1: faster",
    )
    for heading in ("", "weights", "R2 u", "R2 v", "ms", "fastest"):
        table.add_column(heading, justify="right" if heading else "left")
    for other in (REFERENCE, NATIVE):
        table.add_column(f"{other} over it", justify="right")
    known = {its.name: its for its in candidates}
    for name, its in times.items():
        network = known.get(name)
        described = ["", "1", "1"]
        if network is not None:
            r2 = [f"{value:.4f}" for value in network.r2]
            described = [f"{network.parameters}", *r2]
        table.add_row(
            name,
            *described,
            f"{1e3 * np.median(its.cpu):.1f}",
            f"{1e3 * its.cpu.min():.1f}",
            *(f"{ratio(times[o].cpu, its.cpu):.2f}" for o in (REFERENCE, NATIVE)),
        )
    Console(width=160).print(table)


def draw(candidates: list[Candidate], times: dict[str, Times], path: Path) -> None:
    """Draw the worse of both R2 against time."""
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for its in candidates:
        x, y = 1e3 * np.median(times[its.name].cpu), 1.0 - min(its.r2)
        axes.plot(x, y, "o", color="C0" if "spectrum" in its.name else "C1")
        axes.annotate(
            its.name,
            (x, y),
            (0, -8),
            textcoords="offset points",
            ha="center",
            va="top",
            size=8,
        )
    for name, style in ((NATIVE, "-"), (REFERENCE, "--")):
        x = 1e3 * np.median(times[name].cpu)
        axes.axvline(x, color="0.4", linestyle=style, label=f"{name}, {x:.0f} ms")
    axes.axhline(0.02, color="C3", linewidth=0.8, label="R2 = 0.98")
    axes.set(xscale="log", yscale="log", ylabel="1 - R2, the worse of u and v")
    axes.set_xlabel("CPU time of 8192 columns, one thread [ms]")
    axes.set_title("Drag of Alexander and Dunkerton (1999), trained on January")
    axes.margins(x=0.35, y=0.2)
    axes.legend(loc="best", fontsize=8)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mima", type=Path, default=REFERENCE_DATA / "mima")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--no-training", action="store_true")
    arguments = parser.parse_args()
    if not arguments.mima.is_dir():
        parser.error(f"no folder {arguments.mima}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    candidates = [
        trained(name, arguments.mima, arguments.folder)
        for name in TRAININGS
        if not arguments.no_training or folder_of(name, arguments.folder).is_dir()
    ]
    columns, times = timed(candidates, arguments.mima, arguments.rounds)
    print_table(candidates, columns, times)
    draw(candidates, times, arguments.folder / "front.png")


if __name__ == "__main__":
    main()
