"""What one step on the globe costs: native scheme, library, what one would write.

    python benchmarks/step_cost.py [STATES] [--columns N] [--threads N] [--chunks N ...]

One state of MiMA (T42, 8192 columns of 40 levels, or the first N), in turns: each round
times all, so that a busy machine slows them alike. The table gives medians, and ratios
as medians of the ratios in a round; of CPU time on one thread, of time by the clock on
more. The default state is that of the reference data beside the project; without them
smooth synthetic winds are taken, and said.

- native: Alexander and Dunkerton (1999), gwparam.native, one thread; also its Fortran
  reference.
- library: put four fields, run, get two, through the C ABI, float32 and float64; on one
  thread, and on N; also in chunks of other sizes.
- dense: the same with weights of which none is negative, so that no unit is off: the
  library leaves out what is zero in all columns that it computes together.
- plain: the network as published, scripted and not rewritten, the whole globe in one
  call, float32 and float64: what FTorch runs. Its tensors are ready.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import gwparam
from gwparam.checkpoints import read_checkpoint
from gwparam.constants import SEA_LEVEL_PRESSURE
from gwparam.export import export_model
from gwparam.export.precision import in_precision
from gwparam.grids import full_levels, gaussian_latitudes, latitude_edges, uneven_sigma
from gwparam.networks import from_checkpoint
from gwparam.synthetic.columns import Columns, read_columns
from gwparam.timing.candidates import (
    PEAK_OPERATIONS,
    library_step,
    native_step,
    operations,
    peak_step,
)
from gwparam.timing.columns import Inputs
from gwparam.timing.processor import processor_name
from gwparam.timing.rounds import Step, measure, ratio

NLON, NLAT, NLEV = 128, 64, 40
PROJECT = Path(__file__).parents[1]
SAMPLE = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
MIMA = PROJECT.parent / "shared/data/mima/mima_t42l40_ad99_onestep_f64.nc"
DTYPES = ("float32", "float64")


def fortran_layout(field: np.ndarray) -> np.ndarray:
    """Turn (lat, lon[, lev]) into (lon, lat[, lev]) as Fortran stores it."""
    return np.asfortranarray(np.swapaxes(field, 0, 1))


def globe() -> dict[str, np.ndarray]:
    """Smooth winds of plausible size over a Gaussian grid, with hydrostatic heights."""
    random = np.random.default_rng(0)
    sigma = full_levels(uneven_sigma(NLEV))
    latitude = np.broadcast_to(gaussian_latitudes(NLAT)[:, None], (NLAT, NLON))
    surface_pressure = 1e5 + 1e3 * random.standard_normal((NLAT, NLON))
    pressure = sigma * surface_pressure[..., None]
    height = -7000.0 * np.log(sigma)
    jet = 30 * np.sin(np.deg2rad(2 * latitude))[..., None] ** 2 * np.cos(height / 1e4)

    def wind() -> np.ndarray:
        noise = random.standard_normal((NLAT, NLON, NLEV)).cumsum(axis=-1)
        return jet + 5 * noise

    return {
        "latitude": np.ascontiguousarray(latitude),
        "surface_air_pressure": surface_pressure,
        "pressure": pressure,
        "height": np.broadcast_to(height, pressure.shape),
        "air_temperature": 240 + 20 * np.cos(height / 2e4) + np.zeros_like(pressure),
        "eastward_wind": wind(),
        "northward_wind": wind(),
    }


def synthetic_columns() -> Columns:
    state = globe()
    edges = latitude_edges(NLAT)
    return Columns(
        latitude=state["latitude"].ravel(),
        setup_latitude=np.repeat((edges[1:] + edges[:-1]) / 2, NLON),
        surface_pressure=state["surface_air_pressure"].ravel(),
        **{
            name: np.ascontiguousarray(state[field].reshape(-1, NLEV))
            for name, field in (
                ("pressure", "pressure"),
                ("height", "height"),
                ("temperature", "air_temperature"),
                ("eastward_wind", "eastward_wind"),
                ("northward_wind", "northward_wind"),
            )
        },
    )


def inputs_of(columns: Columns) -> Inputs:
    fields = {
        "eastward_wind": columns.eastward_wind,
        "northward_wind": columns.northward_wind,
        "surface_air_pressure": columns.surface_pressure,
        "latitude": columns.latitude,
    }
    pressure = full_levels(uneven_sigma(NLEV)) * SEA_LEVEL_PRESSURE
    return Inputs(fields, pressure.tolist(), "top_down")


def plain_step(inputs: Inputs, dtype: str) -> Step:
    """Script the network as published and call it for all columns at once."""
    published = from_checkpoint(read_checkpoint(SAMPLE))
    network = torch.jit.script(in_precision(published, dtype)).eval()
    tensors = [
        torch.tensor(inputs.fields[field.name], dtype=getattr(torch, dtype))
        for field in published.inputs
    ]

    def step() -> None:
        torch.set_num_threads(1)
        with torch.inference_mode():
            network(*tensors)

    return step


def export_sample(folder: Path, dtype: str, checkpoint: Path = SAMPLE) -> Path:
    path = folder / f"{checkpoint.stem}_{dtype}.pt"
    export_model(checkpoint, path, dtype=dtype)
    return path


def dense_sample(folder: Path) -> Path:
    """Write the sample with hidden units that are all on."""
    weights = load_file(SAMPLE)
    with safe_open(SAMPLE, "pt") as file:
        metadata = file.metadata()
    for key, value in weights.items():
        if key.startswith("weights.") and "running" not in key:
            weights[key] = value.abs()
    weights["weights.shared.1.bias"] += 100.0  # whatever the sign of its inputs
    path = folder / "dense.safetensors"
    save_file(weights, path, metadata)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("states", nargs="?", type=Path, default=MIMA)
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--columns", type=int, metavar="N")
    parser.add_argument("--chunks", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.states.is_file():
        columns = next(iter(read_columns([arguments.states])))
        described = arguments.states.name
    elif arguments.states == MIMA:
        columns, described = synthetic_columns(), "synthetic winds, MiMA's are absent"
    else:
        parser.error(f"no file {arguments.states}")
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), columns, described, arguments)


def report(
    folder: Path, columns: Columns, described: str, arguments: argparse.Namespace
) -> None:
    n = arguments.columns or len(columns)
    inputs = inputs_of(columns).repeated(n)
    steps = {
        "native": native_step(columns, n),
        "native, its reference": native_step(columns, n, by_reference=True),
    }
    work = 0.0
    for dtype in DTYPES:
        artefact = export_sample(folder, dtype)
        contract = gwparam.contract.read_contract(artefact)
        work = operations(artefact, contract, inputs)
        for of in sorted({1, arguments.threads}):
            name = f"library {dtype}, {of} thread" + ("s" if of > 1 else "")
            steps[name] = library_step(artefact, contract, inputs, of)
        dense = export_sample(folder, dtype, dense_sample(folder))
        steps[f"library {dtype}, dense"] = library_step(dense, contract, inputs, 1)
        for chunk in arguments.chunks:
            name = f"library {dtype}, chunks of {chunk}"
            steps[name] = library_step(artefact, contract, inputs, 1, chunk)
        steps[f"plain {dtype}"] = plain_step(inputs, dtype)
        steps[f"peak {dtype}"] = peak_step(dtype)
    times = measure(steps, arguments.rounds)
    table = Table(
        title=f"{n} columns of {described}, {arguments.rounds} rounds, "
        f"{processor_name()}",
        caption="median (ms); ratios: median over the rounds, above 1 is slower",
    )
    headings = ("", "CPU", "fastest", "clock", "of the peak", "over native")
    for heading in (*headings, *(f"over plain {dtype}" for dtype in DTYPES)):
        table.add_column(heading, justify="right" if heading else "left")
    for name, its in times.items():
        if name.startswith("peak"):
            continue
        clock = "elapsed" if name.endswith("threads") else "cpu"
        seconds = getattr(its, clock)
        share = ""
        if not name.startswith("native"):
            peak = times[f"peak {name.split()[1].rstrip(',')}"]
            per_operation = peak.cpu / (2 * PEAK_OPERATIONS)
            share = f"{ratio(n * work * per_operation, its.cpu):.0%}"
        table.add_row(
            name,
            f"{1e3 * np.median(its.cpu):.3g}",
            f"{1e3 * its.cpu.min():.3g}",
            f"{1e3 * np.median(its.elapsed):.3g}",
            share,
            *(
                f"{ratio(seconds, getattr(times[other], clock)):.2f}"
                for other in ("native", *(f"plain {dtype}" for dtype in DTYPES))
            ),
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
