"""Does reading training files keep up with a network? Files of published size.

    python benchmarks/training_data.py [--times 48] [--threads 1]

Writes times of 491 features and 366 outputs on 64 x 128 (28 MB each, as one published
hour) to a temporary folder, and reads them through the loader of ``gwparam finetune``.
Ratios are of one run: the loader alone against bare reading with netCDF4, and the share
of the time that a consumer waits that computes for as long as reading takes, for twice
as long, and so on. The files are in the page cache: a slow disk is not measured.
"""

import argparse
import tempfile
import time
from pathlib import Path

import netCDF4
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from gwparam.data.training_files import TrainingFiles
from gwparam.grids import gaussian_latitudes
from gwparam.training.loader import Loader
from gwparam.training.tasks.flux_data import FluxData, prithvi_channels

IDIM, ODIM, NLAT, NLON = 491, 366, 64, 128
BATCH = 4
PACES = (0.5, 1.0, 2.0, 4.0)


def write(path: Path, times: int) -> None:
    generator = np.random.default_rng(0)
    with netCDF4.Dataset(path, "w") as data:
        sizes = {"time": times, "idim": IDIM, "odim": ODIM, "lat": NLAT, "lon": NLON}
        for name, size in sizes.items():
            data.createDimension(name, size)
        hours = data.createVariable("time", "i4", ("time",))
        hours.units = "hours since 2010-01-01"
        hours[:] = np.arange(times)
        data.createVariable("lat", "f4", ("lat",))[:] = gaussian_latitudes(NLAT)
        data.createVariable("lon", "f4", ("lon",))[:] = 360.0 / NLON * np.arange(NLON)
        for name, channel in (("features", "idim"), ("output", "odim")):
            shape = (sizes[channel], NLAT, NLON)
            values = data.createVariable(name, "f4", ("time", channel, "lat", "lon"))
            for index in range(times):
                values[index] = generator.random(shape, np.float32)


def bare(path: Path, times: int) -> float:
    """Seconds to read everything with netCDF4, as it lies in the file."""
    start = time.perf_counter()
    with netCDF4.Dataset(path) as data:
        data.set_auto_mask(False)
        for index in range(times):
            for name in ("features", "output"):
                data[name][index]
    return time.perf_counter() - start


def load(path: Path, work: float) -> tuple[float, float]:
    """Seconds of an epoch whose every batch takes `work`, and the share waited for."""
    with TrainingFiles([path]) as files:
        data = FluxData(files, prithvi_channels(files), whole=True)
        times = range(len(files))
        loader = Loader(data.samples, times, BATCH, memory=0)
        start = time.perf_counter()
        for _ in loader.epoch(0):
            time.sleep(work)  # as a GPU computes: the processor is free
        seconds = time.perf_counter() - start
    return seconds, loader.waited / seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=48, help="default: 48, 1.3 GB")
    parser.add_argument("--threads", type=int, default=1, help="default: 1")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "month.nc")
        write(path, args.times)
        size = path.stat().st_size / 1e9
        load(path, 0.0)  # into the page cache
        read = bare(path, args.times)
        alone, _ = load(path, 0.0)
        a_batch = alone * BATCH / args.times
        table = Table(title=f"{size:.1f} GB, batches of {BATCH} hours")
        for heading in ("computing over reading, a batch", "waiting for data"):
            table.add_column(heading, justify="right")
        for pace in PACES:
            _, waited = load(path, pace * a_batch)
            table.add_row(f"{pace:.1f}", f"{waited:.0%}")
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"bare reading {size / read:.2f} GB/s; the loader takes {alone / read:.2f} "
        f"times as long: it checks and orders {a_batch / BATCH * 1e3:.0f} ms an hour"
    )


if __name__ == "__main__":
    main()
