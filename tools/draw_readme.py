"""Draws the picture of README: the drag of the native scheme, and of a network of it.

    python tools/draw_readme.py docs/images/drag.png

The states are those of examples/sample, in January; the network is exported and runs
through the compiled library, as `gwparam replay` does for everybody.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import netCDF4
import numpy as np

from gwparam.evaluate.plots import zonal_mean_figure

SAMPLE = Path(__file__).resolve().parents[1] / "examples" / "sample"
STATES = SAMPLE / "sample_states.nc"
GWPARAM = Path(sys.executable).with_name("gwparam")
JANUARY = 0


def main() -> None:
    """Export, run, draw."""
    with tempfile.TemporaryDirectory() as folder:
        artefact, drag = Path(folder, "wavenet.pt"), Path(folder, "drag.nc")
        checkpoint = SAMPLE / "wavenet_ad99.safetensors"
        call("export", "--ckpt", checkpoint, "-o", artefact)
        call("replay", artefact, STATES, "-o", drag)
        with netCDF4.Dataset(STATES) as native, netCDF4.Dataset(drag) as network:
            draw(Path(sys.argv[1]), native, network)


def call(*words: str | Path) -> None:
    """Call the command gwparam."""
    subprocess.run([GWPARAM, *words], check=True, stdout=subprocess.DEVNULL)


def draw(path: Path, native: netCDF4.Dataset, network: netCDF4.Dataset) -> None:
    """Draw the zonal means side by side."""
    drag = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
    panels = {
        "native scheme": np.asarray(native["gwfcng_x"][JANUARY]).mean(axis=-1),
        "network": np.asarray(network[drag][JANUARY]).mean(axis=-1),
    }
    panels["difference"] = panels["network"] - panels["native scheme"]
    zonal_mean_figure(
        path,
        np.asarray(native["lat"][:]),
        100.0 * np.asarray(native["lev"][:]),  # [Pa]
        {"January": panels},
        title="Zonal-mean drag on the eastward wind",
    )


if __name__ == "__main__":
    main()
