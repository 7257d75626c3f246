"""`make run` of each example of a host: the same drag of the sample's states."""

import shutil
import subprocess

import hosts
import netCDF4
import numpy as np
import pytest
from host_states import drag_of_columns
from hosts import PROJECT

EXAMPLES = PROJECT / "examples"
TOOLS = {
    "cam": ("gfortran", "nf-config"),
    "ccpp": ("gfortran", "nf-config"),
    "cpp": ("g++", "nc-config"),
    "isca": ("mpifort", "mpirun", "nf-config"),
    "mima": ("mpifort", "mpirun", "nf-config"),
    "python": (),
}
TIMEOUT = 300


@pytest.fixture(scope="module")
def copy(sample_artefact, tmp_path_factory):
    """A copy of the examples, with the artefact that each would export."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES / "sample", folder / "sample")
    for name in TOOLS:
        example = folder / f"{name}_coupling"
        shutil.copytree(EXAMPLES / example.name, example)
        shutil.copy(sample_artefact, example / "wavenet.pt")
    return folder


def drag(folder):
    """Tendencies (wind, time, column, level) that a host wrote."""
    if (folder / "tendencies.npz").is_file():
        with np.load(folder / "tendencies.npz") as file:
            return np.stack([file["dudt"], file["dvdt"]])
    with netCDF4.Dataset(folder / "tendencies.nc") as file:
        file.set_auto_mask(False)
        if "dudt" in file.variables:
            return np.stack([file["dudt"][:], file["dvdt"][:]])
        fields = np.stack([file["gwfcng_x"][:], file["gwfcng_y"][:]])
    return np.moveaxis(fields, 2, -1).reshape(2, len(fields[0]), -1, fields.shape[2])


@pytest.mark.slow
@pytest.mark.parametrize("name", TOOLS)
def test_make_run(copy, sample_artefact, sample_states, name):
    for tool in ("make", *TOOLS[name]):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} absent")
    folder = copy / f"{name}_coupling"
    done = subprocess.run(
        ["make", "run"],
        cwd=folder,
        env=hosts.environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = drag_of_columns(sample_artefact, sample_states)
    # Hosts convert latitudes from radians, and MiMA's finds the surface pressure, with
    # a rounding, of which a network in single precision makes one of its own.
    atol = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(drag(folder), expected, rtol=0.0, atol=atol)
