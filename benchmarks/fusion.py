"""What do the rewrites of ``gwparam.export.fuse`` save? One thread, the usual chunks.

    python benchmarks/fusion.py [--ckpt network_wst.pkl]

Without a checkpoint the network has random weights and the published sizes, which costs
the same time.
"""

import argparse
import copy
import time

import torch
from rich.console import Console
from rich.table import Table

from gwparam.checkpoints import read_checkpoint
from gwparam.constants import CHUNK_COLUMNS
from gwparam.contract import Description, TrainingRange, Vertical
from gwparam.export import fuse
from gwparam.networks import from_checkpoint
from gwparam.networks.scaling import Destandardise
from gwparam.networks.wavenet import WaveNet, WaveNetDrag

NLEV = 40
COLUMNS = 8192  # of a global T42 grid
REPEATS = 10
GROUP_SIZES = (8, 16, 24, 40)


def random_network() -> WaveNetDrag:
    torch.manual_seed(1)
    description = Description(
        "random",
        "",
        Vertical("host", "top_down", NLEV, None, 0.1),
        (TrainingRange("latitude", None, None, None, None),),
        (),
    )
    scaling = Destandardise(torch.zeros(NLEV), torch.ones(NLEV))
    return WaveNetDrag(WaveNet(NLEV), scaling, description).double().eval()


def in_groups_of(network: WaveNetDrag, branches: int) -> torch.nn.Module:
    fuse._BRANCHES_PER_GROUP = branches
    return fuse.fuse(network)


def chunks(nlev: int, dtype: torch.dtype) -> list[list[torch.Tensor]]:
    generator = torch.Generator().manual_seed(2)
    wind = 20 * torch.randn(2, COLUMNS, nlev, generator=generator)
    pressure = 97e3 + 4e3 * torch.randn(COLUMNS, generator=generator)
    latitude = 180 * torch.rand(COLUMNS, generator=generator) - 90
    fields = [x.to(dtype) for x in (wind[0], wind[1], pressure, latitude)]
    return [
        list(part)
        for part in zip(*(x.split(CHUNK_COLUMNS) for x in fields), strict=True)
    ]


def best_times(
    networks: dict[str, torch.nn.Module], dtype: torch.dtype, nlev: int
) -> dict[str, float]:
    """Shortest time of a global call [s]; the networks take turns."""
    scripted = {
        name: torch.jit.script(copy.deepcopy(network).to(dtype))
        for name, network in networks.items()
    }
    parts = chunks(nlev, dtype)
    times: dict[str, list[float]] = {name: [] for name in networks}
    with torch.inference_mode():
        for _ in range(REPEATS):
            for name, network in scripted.items():
                start = time.perf_counter()
                for part in parts:
                    network(*part)
                times[name].append(time.perf_counter() - start)
    return {name: min(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ckpt")
    args = parser.parse_args()
    torch.set_num_threads(1)
    network = random_network()
    if args.ckpt is not None:
        network = from_checkpoint(read_checkpoint(args.ckpt))
    networks = {"as published": network} | {
        f"fused, {size} branches a group": in_groups_of(network, size)
        for size in GROUP_SIZES
    }
    table = Table("network", "float32 [ms]", "gain", "float64 [ms]", "gain")
    columns = []
    for dtype in (torch.float32, torch.float64):
        times = best_times(networks, dtype, network.description.vertical.nlev)
        published = times["as published"]
        columns.append([f"{1e3 * t:.0f}" for t in times.values()])
        columns.append([f"{published / t:.2f}" for t in times.values()])
    for name, *numbers in zip(networks, *columns, strict=True):
        table.add_row(name, *numbers)
    Console().print(f"{COLUMNS} columns, chunks of {CHUNK_COLUMNS}, 1 thread", table)


if __name__ == "__main__":
    main()
