"""The examples of networks of one's own, from PyTorch to Fortran."""

import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hosts import PROJECT, TIMEOUT, environment

import gwparam
from gwparam.contract import read_contract

EXAMPLE = PROJECT / "examples" / "own_network"
NETWORKS = {
    "Drag": "drag",
    "Closure": "closure",
    "WaveNetWithTemperature": "wavenet_t",
}
NCOL, NLEV = 7, 40


def call(folder, *words):
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the example, with states and the host."""
    path = tmp_path_factory.mktemp("own") / "example"
    shutil.copytree(EXAMPLE, path)
    words = ("--teacher", "ad99", "--columns", "2400")
    call(path, "gwparam", "make-states", *words, "-o", "states.nc")
    if shutil.which("gfortran") is None:
        pytest.skip("gfortran absent")
    flags = [
        shlex.split(call(path, "gwparam", "config", o)) for o in ("--fflags", "--libs")
    ]
    call(
        path, "gfortran", "-fcheck=all", *flags[0], "host.f90", *flags[1], "-o", "host"
    )
    return path


def state(name, i, k):
    """As in host.f90."""
    return {
        "eastward_wind": 5.0 * i - 0.5 * k,
        "northward_wind": 0.25 * k - 2.0 * i,
        "air_temperature": 210.0 + 1.5 * k + i,
        "surface_air_pressure": 1.0e5 + 100.0 * i,
        "latitude": -80.0 + 20.0 * i,
    }[name]


@pytest.mark.parametrize("network", NETWORKS)
def test_from_pytorch_to_fortran(folder, network):
    name = NETWORKS[network]
    trained = call(
        folder, sys.executable, "train.py", network, "states.nc", f"{name}.safetensors"
    )
    losses = [float(line.split()[-1]) for line in trained.splitlines()]
    assert losses[-1] < 0.8 * losses[0]
    said = call(
        folder, "gwparam", "export", "--module", f"networks.py:{network}",
        "--contract", f"{name}.toml", "--ckpt", f"{name}.safetensors",
        "--example", "states.nc", "-o", f"{name}.pt",
    )  # fmt: skip
    assert "runs through libtorch" not in said
    assert "library and eager agree" in call(
        folder, "gwparam", "replay", f"{name}.pt", "states.nc"
    )

    printed = call(folder, "./host", f"{name}.pt", NLEV)

    contract = read_contract(folder / f"{name}.pt")
    scheme = gwparam.load_scheme(folder / f"{name}.pt")
    pressure = [1e5 * (k - 0.5) / NLEV for k in range(1, NLEV + 1)]
    scheme.set_levels(pressure)
    i, k = np.meshgrid(np.arange(1, NCOL + 1), np.arange(1, NLEV + 1), indexing="ij")
    fields = {
        field.name: np.broadcast_to(state(field.name, i, k), i.shape)[:, -1].copy()
        if field.levels == "surface"
        else np.broadcast_to(state(field.name, i, k), i.shape).copy()
        for field in contract.inputs
    }
    expected = scheme.predict(fields)
    found = {field: values.copy() for field, values in expected.items()}
    for line in printed.splitlines():
        field, column, *numbers = line.split()
        values = np.array([float(number) for number in numbers])
        if int(column):
            found[field][int(column) - 1] = values
        else:
            found[field][:] = values
    assert len(printed.splitlines()) == sum(
        NCOL if field.levels == "full" else 1 for field in contract.outputs
    )
    for field, values in expected.items():
        np.testing.assert_array_equal(found[field], values)
        assert np.ptp(values) > 0.0


def test_the_readme_says_what_is_there():
    text = (EXAMPLE / "README.md").read_text()
    for network, name in NETWORKS.items():
        assert f"`{network}` | `{name}.toml`" in text
