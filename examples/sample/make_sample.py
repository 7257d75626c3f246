"""Make the embedded sample: states with native drag, and a WaveNet trained on it.

    python examples/sample/make_sample.py            both files, ten to twenty minutes
    python examples/sample/make_sample.py --states   sample_states.nc alone, a second

Other options go to gwparam train-emulator.

The columns of the sample have a seed of their own, which the training never sees: the
score that the checkpoint carries is for them.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from gwparam.cli import main as gwparam
from gwparam.grids import gaussian_latitudes
from gwparam.synthetic.climatology import draw_globe
from gwparam.synthetic.states import Grid, write_states
from gwparam.synthetic.teacher import alexander_dunkerton

SEED = 20_240_612
DAYS = (15.0, 197.0)  # mid-January and mid-July
NLON, NLAT = 8, 32
STATES, CHECKPOINT = "sample_states.nc", "wavenet_ad99.safetensors"


def main() -> int:
    """Make what the arguments ask for; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--states", action="store_true", help="the states alone")
    add("--folder", type=Path, default=Path(__file__).parent, help="where they go")
    args, training = parser.parse_known_args()
    start = time.perf_counter()
    states, checkpoint = args.folder / STATES, args.folder / CHECKPOINT
    make_states(states)
    print(f"wrote {states} ({states.stat().st_size / 1e6:.2f} MB)")
    if args.states:
        return 0
    status = gwparam(
        [
            "train-emulator",
            "--teacher=ad99",
            f"--output={checkpoint}",
            f"--score-on={states}",
            "--name=WaveNet trained on AD99 (gwparam sample)",
            *training,
        ]
    )
    print(f"took {(time.perf_counter() - start) / 60:.1f} minutes")
    return status


def make_states(path: Path) -> None:
    """Draw the states, and write them with the drag of the native scheme.

    Parameters
    ----------
    path : Path
        The netCDF file; replaced if it exists.
    """
    generator = np.random.default_rng(SEED)
    write_states(
        path,
        (draw_globe(generator, day, NLAT, NLON) for day in DAYS),
        alexander_dunkerton,
        grid=Grid(gaussian_latitudes(NLAT), 360.0 / NLON * np.arange(NLON)),
        days=DAYS,
        attributes={
            "title": "Columns of an analytic climatology with the drag of Alexander "
            "and Dunkerton (1999), settings of MiMA's example run",
            "source": f"examples/sample/make_sample.py of gwparam, seed {SEED}",
            "comment": "Pressure of full levels is sigma_full * ps; level 0 is the "
            "top. Not model output: formulas and random numbers.",
        },
    )


if __name__ == "__main__":
    sys.exit(main())
