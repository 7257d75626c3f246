"""Commands whose output does not fit on the disk: a line, a status, no part of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

GWPARAM = Path(sys.executable).parent / "gwparam"

# A small disk of this process's own, gone with it.
ON_A_SMALL_DISK = """
mount -t tmpfs -o size={kib}k tmpfs small || exit 99
"$@"
status=$?
ls -A small > left.txt
exit $status
"""


@pytest.fixture
def on_small_disk(tmp_path):
    """Run a command beside the folder `small`, which is a disk of so many KiB."""
    space = ("unshare", "--map-root-user", "--mount")
    mount = (*space, "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    if shutil.which("unshare") is None or subprocess.run(mount).returncode != 0:
        pytest.skip("no disk can be mounted")
    (tmp_path / "small").mkdir()

    def run(kib, *words):
        script = ON_A_SMALL_DISK.format(kib=kib)
        found = subprocess.run(
            [*space, "sh", "-c", script, "sh", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
        )
        return found, (tmp_path / "left.txt").read_text().split()

    return run


@pytest.fixture
def commands(tmp_path, tiny_checkpoint, tiny_artefact_float32):
    """What writes a file, by its name, without the file."""
    random = np.random.default_rng(3)
    dims, shape = ("time", "lev", "lat", "lon"), (40, 5, 8, 16)
    winds = {
        name: (dims, random.normal(0.0, 20.0, shape), {"units": "m s-1"})
        for name in ("u", "v")
    }
    surface = (
        ("time", "lat", "lon"),
        random.normal(9.7e4, 2e3, (40, 8, 16)),
        {"units": "Pa"},
    )
    xr.Dataset(
        {**winds, "ps": surface},
        {
            "time": ("time", np.arange(40.0), {"units": "days since 2000-01-01"}),
            "lev": ("lev", [10.0, 100.0, 300.0, 600.0, 900.0], {"units": "hPa"}),
            "lat": ("lat", np.linspace(-70.0, 70.0, 8), {"units": "degrees_north"}),
            "lon": ("lon", np.arange(16) * 22.5, {"units": "degrees_east"}),
        },
    ).to_netcdf(tmp_path / "states.nc")
    return {
        "replay": ("replay", tiny_artefact_float32, tmp_path / "states.nc"),
        "export": ("export", "--ckpt", tiny_checkpoint),
    }


@pytest.mark.parametrize(("name", "file"), [("replay", "out.nc"), ("export", "out.pt")])
def test_an_output_that_does_not_fit_is_a_line_and_a_status(
    on_small_disk, commands, name, file
):
    found, left = on_small_disk(16, GWPARAM, *commands[name], "-o", f"small/{file}")
    errors = [line for line in found.stderr.splitlines() if "error: " in line]
    assert found.returncode == 2, found.stderr
    assert len(errors) == 1
    assert errors[0].startswith(f"gwparam: error: cannot write small/{file}: ")
    assert "Traceback" not in found.stderr
    assert left == []


@pytest.mark.parametrize(("name", "file"), [("replay", "out.nc"), ("export", "out.pt")])
def test_an_output_that_fits_is_there(on_small_disk, commands, name, file):
    found, left = on_small_disk(
        1 << 15, GWPARAM, *commands[name], "-o", f"small/{file}"
    )
    assert found.returncode == 0, found.stderr
    assert left == [file]
