"""The stand-in host of examples/mima_coupling, built once, and states to run it on."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hosts
import netCDF4
import numpy as np
import pytest
from ensembles import members_of
from hosts import PROJECT, REFERENCE_SETTINGS, TIMEOUT, Items, Run

from gwparam.export import export_model
from gwparam.grids import full_levels, gaussian_latitudes, uneven_sigma

NLEV = 40

Runner = Callable[..., Run]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Variables of programs under mpirun, which find the installed package."""
    return hosts.environment()


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver, built as the example's README says."""
    if shutil.which("mpirun") is None:
        pytest.skip("mpirun absent")
    folder = tmp_path_factory.mktemp("mima_coupling")
    return hosts.build("mima_coupling", folder, "mpifort")


@pytest.fixture
def run(driver: Path, tmp_path: Path) -> Runner:
    """Run the driver: run(ranks, states=..., windows=..., gwparam={...}, ...).

    With a command, that runs the driver, whose path it gets.
    """

    def run_driver(
        ranks: int = 1,
        *,
        folder: Path = tmp_path,
        cg_drag: Items | None = None,
        gwparam: Items | None = None,
        command: Sequence[str] = (),
        **items: object,
    ) -> Run:
        for name in ("INPUT", "RESTART"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        groups = {
            "driver_nml": items,
            "cg_drag_nml": REFERENCE_SETTINGS | dict(cg_drag or {}),
            "gwparam_nml": gwparam or {},
        }
        return hosts.run(
            driver, folder, "input.nml", groups, ranks=ranks, command=command
        )

    return run_driver


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Export a checkpoint by the command line: export(checkpoint, *options)."""

    def run_export(checkpoint: Path, *options: str) -> Path:
        path = tmp_path_factory.mktemp("artefact") / "wavenet.pt"
        done = subprocess.run(
            ["gwparam", "export", "--ckpt", checkpoint, "-o", path, *options],
            env=hosts.environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return path

    return run_export


@pytest.fixture(scope="session")
def artefact(export: Callable[..., Path]) -> Path:
    """The network of the embedded sample."""
    return export(PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors")


@pytest.fixture(scope="session")
def published(export: Callable[..., Path], reference_data: Path) -> Path:
    """The published WaveNet."""
    return export(reference_data / "wavenet" / "network_wst.pkl")


@pytest.fixture(scope="session")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network of the sample, three times with other weights, in one artefact."""
    folder = tmp_path_factory.mktemp("ensemble")
    sample = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
    path = folder / "ensemble.pt"
    export_model(members_of(sample, folder), path)
    return path


@pytest.fixture(scope="session")
def spread_artefact(artefact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without least and largest values: `range_sigmas` alone decides."""

    def forget(contract: dict[str, Any]) -> None:
        for field in contract["training_range"]:
            field["minimum"] = field["maximum"] = None

    path = tmp_path_factory.mktemp("spread") / "spread.pt"
    return hosts.change_contract(artefact, path, forget)


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three states on 8 x 16 columns: jets, waves on them, and an isothermal sky."""
    path = tmp_path_factory.mktemp("states") / "states.nc"
    _write_states(path)
    return path


@pytest.fixture
def write_states() -> Callable[..., None]:
    """Write other states: write_states(path, nlev=..., hybrid=...)."""
    return _write_states


def _write_states(path: Path, *, nlev: int = NLEV, hybrid: bool = False) -> None:
    """Write a state file in MiMA's layout; with `hybrid`, not on pure sigma levels."""
    nlon, nlat, ntime = 8, 16, 3
    rng = np.random.default_rng(2)
    bk = uneven_sigma(nlev)
    # A bulge in pk that leaves the pressures monotonic.
    pk = 2.0e3 * bk * (1.0 - bk) if hybrid else np.zeros(nlev + 1)
    sigma = full_levels(bk)
    lat = gaussian_latitudes(nlat)
    lon = np.arange(nlon) * 360.0 / nlon
    ps = 1.0e5 + 2.0e3 * rng.standard_normal((ntime, nlat, nlon))
    # Height of an atmosphere of 250 K [m].
    z = (-287.04 * 250.0 / 9.8 * np.log(sigma))[None, :, None, None]
    shape = (ntime, nlev, nlat, nlon)
    jet = (
        40.0
        * np.sin(np.deg2rad(2.0 * lat))[:, None] ** 2
        * np.exp(-(((z - 1.1e4) / 1.0e4) ** 2))
    )
    fields = {
        "u": ("m s-1", "eastward_wind", jet + 8.0 * rng.standard_normal(shape)),
        "v": ("m s-1", "northward_wind", 8.0 * rng.standard_normal(shape)),
        "temp": ("K", "air_temperature", 250.0 + rng.standard_normal(shape)),
        "zfull": ("m", "geopotential_height", np.broadcast_to(z, shape)),
    }
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(
            ("time", "lev", "ilev", "lat", "lon"),
            (ntime, nlev, nlev + 1, nlat, nlon),
            strict=True,
        ):
            file.createDimension(name, size)
        for name, units, dimension, values in (
            ("lev", "hPa", "lev", 1000.0 * sigma),
            ("lat", "degrees_north", "lat", lat),
            ("lon", "degrees_east", "lon", lon),
            ("sigma_full", "1", "lev", sigma),
            ("pk", "Pa", "ilev", pk),
            ("bk", "1", "ilev", bk),
        ):
            file.createVariable(name, "f8", (dimension,))[:] = values
            file[name].units = units
        file.createVariable("ps", "f8", ("time", "lat", "lon"))[:] = ps
        file["ps"].setncatts({"units": "Pa", "standard_name": "surface_air_pressure"})
        for name, (units, standard_name, values) in fields.items():
            file.createVariable(name, "f8", ("time", "lev", "lat", "lon"))[:] = values
            file[name].setncatts({"units": units, "standard_name": standard_name})
