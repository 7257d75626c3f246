"""Stand-in hosts of the examples: how they are built, set up and read."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from numpy.typing import NDArray
from ranks import OUTLIVES_RANKS

from gwparam.contract.checksums import CHECKSUMS_FILE

PROJECT = Path(__file__).parents[1]
TIMEOUT = 120  # seconds: a run that hangs is a failure

Items = Mapping[str, object]

# AD99.md's reference run: what the native drag of the reference data was computed with.
REFERENCE_SETTINGS = {
    "Bt_0": 0.0043,
    "Bt_eq": 0.0043,
    "Bt_nh": 0.0,
    "Bt_sh": 0.0,
    "phi0n": 15.0,
    "phi0s": -15.0,
    "dphin": 10.0,
    "dphis": -10.0,
    "flag": 0,
    "cw": 35.0,
    "cwtropics": 35.0,
    "damp_level_pressure": 85.0,
}


@dataclass(frozen=True)
class Run:
    """A finished run of the driver."""

    folder: Path
    code: int
    text: str
    """All that it printed."""

    def field(self, name: str) -> NDArray[np.float64]:
        """Field of tendencies.nc, (step, level, latitude, longitude)."""
        with netCDF4.Dataset(self.folder / "tendencies.nc") as file:
            file.set_auto_mask(False)
            return np.asarray(file[name][:])

    def fields(
        self, names: Sequence[str] = ("gwfcng_x", "gwfcng_y")
    ) -> NDArray[np.float64]:
        """Fields of a run that succeeded, (field, step, level, latitude, longitude)."""
        assert self.code == 0, self.text
        return np.stack([self.field(name) for name in names])


def _value(item: object) -> str:
    if isinstance(item, bool):
        return f".{item}.".lower()
    if isinstance(item, str | Path):
        return f"'{item}'"
    if isinstance(item, tuple):
        return ", ".join(map(_value, item))
    return repr(item)


def record(name: str, items: Items) -> str:
    """Write a namelist group."""
    return "\n".join(
        [f"&{name}", *(f"  {k} = {_value(v)}" for k, v in items.items()), "/", ""]
    )


def environment() -> dict[str, str]:
    """Variables of hosts and of mpirun, which find the installed package."""
    variables = os.environ | {"OMP_NUM_THREADS": "1"}
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    if os.geteuid() == 0:
        variables |= {
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        }
    return variables


def run(
    driver: Path,
    folder: Path,
    namelist: str,
    groups: Mapping[str, Items],
    *,
    ranks: int | None = None,
    threads: int = 1,
    command: Sequence[str] = (),
) -> Run:
    """Run a host in a folder, which is made, on its namelist; with ranks, by mpirun.

    With a command, that runs the host, whose path it gets.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / namelist).write_text(
        "".join(record(name, items) for name, items in groups.items())
    )
    starts = [] if ranks is None else ["mpirun", "--oversubscribe", "-n", str(ranks)]
    done = subprocess.run(
        [*starts, *command, driver],
        cwd=folder,
        env=environment() | {"OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        **({} if ranks is None else OUTLIVES_RANKS),
    )
    return Run(folder, done.returncode, done.stdout + done.stderr)


FORTRAN_CHECKS = "FFLAGS=-O2 -fcheck=all -ffpe-trap=invalid,zero,overflow"


def build(
    example: str,
    folder: Path,
    compiler: str,
    checks: str = FORTRAN_CHECKS,
    netcdf: str = "nf-config",
    *options: str,
) -> Path:
    """Build the host of an example as its README says, with all checks."""
    for tool in ("make", compiler, netcdf):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} absent")
    built = subprocess.run(
        [
            "make",
            "-f",
            PROJECT / "examples" / example / "Makefile",
            "driver",
            checks,
            *options,
        ],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "driver"


def change_contract(
    artefact: Path, path: Path, change: Callable[[dict[str, Any]], None]
) -> Path:
    """Copy an artefact with another contract, without the checksums of its own."""
    with zipfile.ZipFile(artefact) as source, zipfile.ZipFile(path, "w") as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.endswith("gwparam_contract.json"):
                contract = json.loads(data)
                change(contract)
                data = json.dumps(contract).encode()
            if not item.filename.endswith(CHECKSUMS_FILE):
                target.writestr(item, data)
    return path
