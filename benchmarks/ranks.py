"""What several ranks cost: exchange beside the network, strong and weak scaling.

    python benchmarks/ranks.py [--steps N] [--small]

Builds benchmarks/ranks.c against the installed libgwparam_mpi and runs it under mpirun:

- exchange: a T42 host (64 x 128 columns, 40 levels) on 4 ranks with an Attention U-Net
  of the published size on one of them. What the step takes beyond the forward pass, as
  a part of the forward pass; the same on 1 rank, where nothing is sent.
- overlap: the same with lag = 1, the host idle for as long as a forward pass: what is
  left to wait.
- strong and weak scaling of the column path with the embedded WaveNet: as many ranks
  as there are cores, then more ranks than cores, where only overhead can grow.
- default threads: two ranks with threads = 0 against threads = 1.
- memory of 10,000 steps with a gather and a scatter each.

All numbers of a table come from one run of this script; compare ratios.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from formula_weights import formula_weight
from full_size import write_levels, write_recipe
from rich.console import Console
from rich.table import Table
from step_cost import NLAT, NLEV, NLON, export_sample

from gwparam.export import export_model
from gwparam.grids import full_levels, uneven_sigma
from gwparam.networks.attention_unet import WIDTHS, AttentionUNet

SOURCE = Path(__file__).with_name("ranks.c")
PUBLISHED_LEVELS = 122
SMALL_LEVELS = 12
THIN = (4, 8, 8, 16, 16)  # widths of a network that takes no time
CONSOLE = Console()


def build(folder: Path) -> Path:
    flags = subprocess.run(
        ["gwparam", "config", "--mpi", "--cflags", "--libs"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    program = folder / "ranks"
    subprocess.run(["mpicc", "-O2", SOURCE, "-o", program, *flags, "-lm"], check=True)
    return program


def export_unet(
    folder: Path,
    nlev: int,
    rows: int = NLAT,
    row_length: int = NLON,
    widths: tuple[int, ...] = WIDTHS,
) -> Path:
    """Export an Attention U-Net with formula weights."""
    with torch.device("meta"):
        weights = AttentionUNet(3 * nlev, 2 * nlev, widths=widths).state_dict()
    made = {k: formula_weight(k, v.shape, torch.float32) for k, v in weights.items()}
    torch.save({"model_state_dict": made}, folder / "unet.ckpt")
    scaled = {
        "eastward_wind": ("m s-1", 0.0, 30.0),
        "northward_wind": ("m s-1", 0.0, 15.0),
        "air_potential_temperature": ("K", 600.0, 300.0),
        "eastward_momentum_flux_in_pressure_coordinates": ("Pa m s-2", 0.0, 1e-4),
        "northward_momentum_flux_in_pressure_coordinates": ("Pa m s-2", 0.0, 1e-4),
    }
    options = {
        "grid": f"{rows}x{row_length}",
        "features": "uvtheta",
        "levels": str(write_levels(folder, nlev)),
        "scaling": str(write_recipe(folder, scaled)),
        "flux_quantity": "omega",
        "flux_sign": "1",
    }
    artefact = folder / f"unet_{nlev}.pt"
    export_model(folder / "unet.ckpt", artefact, dtype="float32", options=options)
    return artefact


class Host:
    """The program, and how it is run."""

    def __init__(self, folder: Path) -> None:
        self.program = build(folder)
        self.levels = folder / "levels.txt"
        half = uneven_sigma(NLEV)
        sigma = [*half, *full_levels(half)]
        self.levels.write_text(f"{NLEV}\n" + "\n".join(str(float(s)) for s in sigma))

    def run(
        self,
        artefact: Path,
        ranks: int,
        steps: int,
        *,
        rows: int = NLAT,
        row_length: int = NLON,
        lag: int = 0,
        threads: int = 1,
        idle: float = 0.0,
    ) -> dict[str, float]:
        """Run the program; what it prints."""
        environment = os.environ | {
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        }
        environment.pop("OMP_NUM_THREADS", None)
        done = subprocess.run(
            ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)]
            + [self.program, artefact, self.levels]
            + [str(n) for n in (rows, row_length, steps, lag, threads, idle)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


def table(title: str, *headings: str) -> Table:
    made = Table(title=title)
    for heading in headings:
        made.add_column(heading, justify="right")
    return made


def exchange(host: Host, unet: Path, steps: int) -> float:
    """Print the table; return the time of a forward pass [s]."""
    shown = table(
        "Attention U-Net on one of the ranks, T42",
        "ranks",
        "forward [s]",
        "step / forward - 1",
        "exchange / forward",
        "messages a step",
        "MB a step",
    )
    for ranks in (1, 4):
        got = host.run(unet, ranks, steps)
        shown.add_row(
            str(ranks),
            f"{got['inference']:.3f}",
            f"{got['run'] / got['inference'] - 1:.2%}",
            f"{got['exchange'] / got['inference']:.2%}",
            f"{got['messages']:.0f}",
            f"{got['bytes'] / 1e6:.2f}",
        )
    CONSOLE.print(shown)
    return got["inference"]


def overlap(host: Host, unet: Path, steps: int, forward: float) -> None:
    shown = table(
        "lag = 1, 2 ranks: how much of the forward pass the host does not notice",
        "host busy elsewhere / forward",
        "wait / forward",
        "hidden",
    )
    for part in (0.0, 0.5, 1.5):
        got = host.run(unet, 2, steps, lag=1, idle=part * forward)
        share = got["wait"] / got["inference"]
        shown.add_row(f"{part}", f"{share:.2f}", f"{1 - share:.0%}")
    CONSOLE.print(shown)


def scaling(host: Host, wavenet: Path, steps: int) -> None:
    cores = len(os.sched_getaffinity(0))
    counts = sorted({1, 2, cores, 2 * cores, 4 * cores})
    for title, rows_of in (
        ("strong scaling: 8192 columns in all", lambda _: NLAT),
        ("weak scaling: 2048 columns a rank", lambda ranks: NLAT // 4 * ranks),
    ):
        shown = table(
            f"WaveNet float32, {title}; {cores} cores",
            "ranks",
            "step [ms]",
            "columns / s, ratio to 1 rank",
            "step / network - 1",
            "MB of buffers a rank",
        )
        base = 0.0
        for ranks in counts:
            got = host.run(wavenet, ranks, steps, rows=rows_of(ranks))
            rate = got["columns"] / got["run"]
            base = base or rate
            shown.add_row(
                str(ranks),
                f"{1e3 * got['run']:.1f}",
                f"{rate / base:.2f}",
                f"{got['run'] / got['inference'] - 1:.1%}",
                f"{got['staging'] / 1e6:.1f}",
            )
        CONSOLE.print(shown)


def memory(host: Host, folder: Path, steps: int) -> None:
    rows, row_length = 16, 32
    unet = export_unet(folder, 1, rows, row_length, THIN)
    got = host.run(unet, 3, steps, rows=rows, row_length=row_length)
    CONSOLE.print(
        f"memory of {steps} steps on 3 ranks, {got['messages']:.0f} messages a step: "
        f"{got['resident']:.0f} MB on the largest rank, of which "
        f"{got['growth']:.2f} MB came after the first steps on the rank where most did"
    )


def default_threads(host: Host, wavenet: Path, steps: int) -> None:
    rounds = [
        host.run(wavenet, 2, steps, threads=0)["run"]
        / host.run(wavenet, 2, steps, threads=1)["run"]
        for _ in range(3)
    ]
    CONSOLE.print(
        "two ranks, threads = 0 over threads = 1: "
        + ", ".join(f"{ratio:.2f}" for ratio in rounds)
        + f"; median {np.median(rounds):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=20, help="steps of a measurement")
    parser.add_argument(
        "--memory-steps", type=int, default=10_000, help="steps of the memory check"
    )
    parser.add_argument(
        "--small", action="store_true", help="a U-Net with 12 levels, for a quick look"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host = Host(folder)
        levels = SMALL_LEVELS if arguments.small else PUBLISHED_LEVELS
        unet = export_unet(folder, levels)
        wavenet = export_sample(folder, "float32")
        few = max(3, arguments.steps // 4)
        overlap(host, unet, few, exchange(host, unet, few))
        scaling(host, wavenet, arguments.steps)
        default_threads(host, wavenet, arguments.steps)
        memory(host, folder, arguments.memory_steps)


if __name__ == "__main__":
    main()
