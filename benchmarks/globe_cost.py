"""What one step of a network of the globe costs: plain, library, compiled.

    python benchmarks/globe_cost.py [STATES] [--threads N] [--rounds N] [--no-compile]

The Attention U-Net of published size (366 to 244 channels, weights of a formula) on
64 x 128 cells, float32, one state of MiMA (T42, 40 levels), in turns:

- plain: the network as published, scripted, from normalised channels to normalised
  fluxes; its tensor is ready.
- graph: the artefact's, which scales and takes the potential temperature too.
- library: put five fields, run, get the drag, through the C ABI, from the host's 40
  levels to the network's 122 and back; by TorchScript, and by the package that `gwparam
  compile` makes, which takes a minute.

Medians, and ratios as medians of the ratios in a round; of CPU time on one thread, of
time by the clock on more.
"""

import argparse
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from gpu import UNET_LEVELS, export_unet
from rich.console import Console
from rich.table import Table
from step_cost import MIMA, inputs_of

import gwparam
from gwparam.compiled_package import package_path
from gwparam.contract import read_contract, read_probe
from gwparam.export.compiled import compile_artefact
from gwparam.grids import uneven_sigma
from gwparam.networks.attention_unet import AttentionUNet
from gwparam.synthetic.columns import Columns, read_columns
from gwparam.timing.candidates import put_run_get
from gwparam.timing.processor import processor_name
from gwparam.timing.rounds import Step, Times, measure, ratio

NLAT, NLON, NLEV = 64, 128, 40


def plain_step(checkpoint: Path, threads: int) -> Step:
    network = AttentionUNet(3 * UNET_LEVELS, 2 * UNET_LEVELS)
    network.load_state_dict(torch.load(checkpoint)["model_state_dict"])
    scripted = torch.jit.script(network.eval())
    image = torch.randn(1, 3 * UNET_LEVELS, NLAT, NLON)

    def step() -> None:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            scripted(image)

    return step


def graph_step(artefact: Path, threads: int) -> Step:
    graph = torch.jit.load(str(artefact)).eval()
    fields, _ = read_probe(artefact)
    images = [torch.tensor(np.asarray(fields[name])) for name in fields]

    def step() -> None:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            graph(*images)

    return step


def library_step(artefact: Path, columns: Columns, threads: int) -> tuple[Step, str]:
    """Make the step, and say how the package beside the artefact does."""
    scheme = gwparam.load_scheme(artefact, threads=threads, on_limit="ignore")
    inputs = inputs_of(columns)
    scheme.set_levels(inputs.pressure, inputs.order)
    longitude = np.tile(np.arange(NLON) * 360.0 / NLON, NLAT)
    scheme.set_columns(columns.latitude, longitude)
    half = np.asarray(uneven_sigma(NLEV)) * columns.surface_pressure[:, None]
    given = {
        "eastward_wind": columns.eastward_wind,
        "northward_wind": columns.northward_wind,
        "air_temperature": columns.temperature,
        "air_pressure": columns.pressure,
        "air_pressure_at_half_levels": half,
    }
    contract = read_contract(artefact)
    drag = (o for o in contract.host_outputs(NLEV) if o[0] in contract.tendencies)
    return put_run_get(scheme, given, drag), scheme.statistics().compiled


def report(times: Mapping[str, Times], threads: int, described: str) -> None:
    clock = "cpu" if threads == 1 else "elapsed"
    table = Table(
        title=f"Attention U-Net, {described}, {processor_name()}",
        caption="ms; over plain: median over the rounds, above 1 is slower",
    )
    for heading in ("", "median", "fastest", "over plain"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, its in times.items():
        seconds = getattr(its, clock)
        table.add_row(
            name,
            f"{1e3 * np.median(seconds):.4g}",
            f"{1e3 * seconds.min():.4g}",
            f"{ratio(seconds, getattr(times['plain'], clock)):.3f}",
        )
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("states", nargs="?", type=Path, default=MIMA)
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--rounds", type=int, default=12, metavar="N")
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()
    columns = next(iter(read_columns([arguments.states])))
    if len(columns) != NLAT * NLON:
        parser.error(f"{len(columns)} columns, expected a globe of {NLAT} x {NLON}")
    threads = arguments.threads
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artefact = export_unet(folder)["float32"]
        steps = {
            "plain": plain_step(folder / "unet_checkpoint.pt", threads),
            "graph": graph_step(artefact, threads),
            "library, TorchScript": library_step(artefact, columns, threads)[0],
        }
        if not arguments.no_compile:
            copy = folder / "compiled.pt"
            shutil.copy(artefact, copy)
            compile_artefact(copy, package_path(copy))
            steps["library, compiled"], state = library_step(copy, columns, threads)
            if state != "runs":
                parser.error(f"the package is {state}")
        times = measure(steps, arguments.rounds)
    described = f"{arguments.states.name}, {threads} threads, {arguments.rounds} rounds"
    report(times, threads, described)


if __name__ == "__main__":
    main()
