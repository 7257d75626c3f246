"""What one step on the globe costs: native scheme, library, bare network.

    python benchmarks/step_cost.py [ARTEFACT] [--threads N] [--chunks N ...]

A T42 globe (128 x 64 columns, 40 levels) of smooth winds, arrays as a Fortran host has
them, (lon, lat, lev) with longitude fastest. Each round times all three one after the
other, so that a busy machine slows them alike; the table gives medians, and ratios as
medians of the ratios in a round.

- native: Alexander and Dunkerton (1999), gwparam.native, one thread.
- library: put four fields, run, get two, through the C ABI; on one thread, and on N,
  which share out the chunks; also in chunks of other sizes.
- network: the artefact's graph alone, run by torch on one thread on tensors that are
  already packed in the library's chunks. What the library adds is its
  overhead.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

import gwparam
from gwparam.constants import CHUNK_COLUMNS, SEA_LEVEL_PRESSURE
from gwparam.export import export_model
from gwparam.grids import full_levels, gaussian_latitudes, latitude_edges, uneven_sigma
from gwparam.native import MIMA_SETTINGS, AlexanderDunkerton

NLON, NLAT, NLEV = 128, 64, 40
SAMPLE = Path(__file__).parents[1] / "examples" / "sample" / "wavenet_ad99.safetensors"


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


def native_step(state: dict[str, np.ndarray]) -> Callable[[], object]:
    edges = latitude_edges(NLAT)
    reference = full_levels(uneven_sigma(NLEV)) * SEA_LEVEL_PRESSURE
    scheme = AlexanderDunkerton(reference, (edges[1:] + edges[:-1]) / 2, MIMA_SETTINGS)
    row = np.repeat(np.arange(NLAT), NLON)
    names = (
        "pressure",
        "height",
        "air_temperature",
        "eastward_wind",
        "northward_wind",
    )
    fields = [np.ascontiguousarray(state[name].reshape(-1, NLEV)) for name in names]
    latitude = state["latitude"].ravel()
    return lambda: scheme.drag(row, latitude, *fields)


def library_step(
    artefact: Path, state: dict[str, np.ndarray], threads: int, chunk: int = 0
) -> Callable[[], object]:
    scheme = gwparam.load_scheme(artefact, threads=threads, chunk_columns=chunk)
    scheme.set_levels(full_levels(uneven_sigma(NLEV)) * 1e5)
    fields = {f.name: fortran_layout(state[f.name]) for f in scheme.contract.inputs}
    out = {
        field.name: fortran_layout(np.zeros((NLAT, NLON, NLEV)))
        for field in scheme.contract.outputs
    }

    def step() -> None:
        for name, array in fields.items():
            scheme.put(name, array)
        scheme.run()
        for name, array in out.items():
            scheme.get(name, array)

    return step


def network_step(artefact: Path, state: dict[str, np.ndarray]) -> Callable[[], object]:
    network = torch.jit.load(str(artefact)).eval()
    contract = gwparam.contract.read_contract(artefact)
    columns = NLAT * NLON
    chunks = []
    for start in range(0, columns, CHUNK_COLUMNS):
        chunk = []
        for field in contract.inputs:
            shape = contract.input_shape(field, columns)
            whole = np.ascontiguousarray(state[field.name].reshape(shape))
            dtype = getattr(torch, field.dtype)
            chunk.append(
                torch.tensor(whole[start : start + CHUNK_COLUMNS], dtype=dtype)
            )
        chunks.append(chunk)

    def step() -> None:
        torch.set_num_threads(1)
        with torch.inference_mode():
            for chunk in chunks:
                network(*chunk)

    return step


def measure(
    steps: dict[str, Callable[[], object]], rounds: int
) -> dict[str, np.ndarray]:
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        for _ in range(3):
            step()
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - start)
    return {name: np.array(values) for name, values in times.items()}


def export_sample(folder: Path, dtype: str) -> Path:
    path = folder / f"{dtype}.pt"
    export_model(SAMPLE, path, dtype=dtype)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("artefact", nargs="?", type=Path, help="default: the sample's")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--chunks", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    state = globe()
    with tempfile.TemporaryDirectory() as folder:
        artefacts = (
            [arguments.artefact]
            if arguments.artefact
            else [export_sample(Path(folder), d) for d in ("float32", "float64")]
        )
        for artefact in artefacts:
            report(artefact, state, arguments)


def report(
    artefact: Path, state: dict[str, np.ndarray], arguments: argparse.Namespace
) -> None:
    times = measure(
        {
            "native, AD99": native_step(state),
            **{
                f"library, {n} thread(s)": library_step(artefact, state, n)
                for n in sorted({1, arguments.threads})
            },
            **{
                f"chunks of {n}": library_step(artefact, state, 1, n)
                for n in arguments.chunks
            },
            "network alone": network_step(artefact, state),
        },
        arguments.rounds,
    )
    dtype = gwparam.contract.read_contract(artefact).inputs[0].dtype
    table = Table(
        title=f"one T42 globe, {dtype}, {arguments.rounds} rounds",
        caption="time: median (ms); ratios: median over the rounds",
    )
    for heading in ("", "time", "fastest", "over native", "over the network alone"):
        table.add_column(heading, justify="left" if not heading else "right")
    native, network = times["native, AD99"], times["network alone"]
    for name, seconds in times.items():
        table.add_row(
            name,
            f"{1e3 * np.median(seconds):.1f}",
            f"{1e3 * seconds.min():.1f}",
            f"{np.median(seconds / native):.2f}",
            f"{np.median(seconds / network):.3f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
