"""Make the embedded sample: states with native drag, and a WaveNet trained on it.

    python examples/sample/make_sample.py            both files, ten to twenty minutes
    python examples/sample/make_sample.py --states   sample_states.nc alone, a second

The columns of the sample have a seed of their own, which the training never sees: the
score that the checkpoint carries is for them.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import netCDF4
import numpy as np

from gwparam.cli import main as gwparam
from gwparam.grids import (
    full_levels,
    gaussian_latitudes,
    latitude_edges,
    uneven_sigma,
)
from gwparam.synthetic.climatology import draw_globe
from gwparam.synthetic.columns import read_columns
from gwparam.synthetic.teacher import alexander_dunkerton

SEED = 20_240_612
DAYS = (15.0, 197.0)  # mid-January and mid-July
NLON, NLAT, NLEV = 8, 32, 40
FOLDER = Path(__file__).parent
STATES = FOLDER / "sample_states.nc"
CHECKPOINT = FOLDER / "wavenet_ad99.safetensors"

# Name, dimensions, dtype and attributes, as in output of MiMA.
_COORDINATES = {
    "time": (
        "f8",
        ("time",),
        {
            "units": "days since 0001-01-01 00:00:00",
            "calendar": "noleap",
            "standard_name": "time",
            "axis": "T",
        },
    ),
    "lev": (
        "f8",
        ("lev",),
        {
            "long_name": "nominal pressure of full levels (sigma * 1000), top first",
            "units": "hPa",
            "positive": "down",
            "axis": "Z",
        },
    ),
    "lat": (
        "f8",
        ("lat",),
        {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
    ),
    "lon": (
        "f8",
        ("lon",),
        {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
    ),
    "pk": (
        "f8",
        ("ilev",),
        {"long_name": "p_half = pk + bk * ps: pk", "units": "Pa"},
    ),
    "bk": (
        "f8",
        ("ilev",),
        {"long_name": "p_half = pk + bk * ps: bk (pure sigma)", "units": "1"},
    ),
    "sigma_full": (
        "f8",
        ("lev",),
        {"long_name": "pressure of full levels over ps", "units": "1"},
    ),
    "lat_cg_init": (
        "f8",
        ("lat",),
        {
            "long_name": "middle between the edges of the row, at which the native "
            "scheme sets up its source",
            "units": "degrees_north",
        },
    ),
}
_SURFACE = ("time", "lat", "lon")
_FULL = ("time", "lev", "lat", "lon")
_FIELDS = {
    "ps": (_SURFACE, "Pa", "surface_air_pressure", "surface_pressure"),
    "u": (_FULL, "m s-1", "eastward_wind", "eastward_wind"),
    "v": (_FULL, "m s-1", "northward_wind", "northward_wind"),
    "temp": (_FULL, "K", "air_temperature", "temperature"),
    "zfull": (_FULL, "m", "geopotential_height", "height"),
}
_DRAG = {
    f"gwfcng_{axis}": (
        _FULL,
        "m s-2",
        f"tendency_of_{wind}_wind_due_to_nonorographic_gravity_wave_drag",
        wind,
    )
    for axis, wind in (("x", "eastward"), ("y", "northward"))
}


def main() -> int:
    """Make what the arguments ask for; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--states", action="store_true", help="the states alone")
    parser.add_argument("--threads", default=None, help="threads of the training")
    args = parser.parse_args()
    start = time.perf_counter()
    write_states(STATES)
    print(f"wrote {STATES} ({STATES.stat().st_size / 1e6:.2f} MB)")
    if args.states:
        return 0
    status = gwparam(
        [
            "train-emulator",
            "--teacher=ad99",
            f"--output={CHECKPOINT}",
            f"--score-on={STATES}",
            "--name=WaveNet trained on AD99 (gwparam sample)",
            *([f"--threads={args.threads}"] if args.threads else []),
        ]
    )
    print(f"took {(time.perf_counter() - start) / 60:.1f} minutes")
    return status


def write_states(path: Path) -> None:
    """Draw the states, and write them with the drag of the native scheme.

    Parameters
    ----------
    path : Path
        The netCDF file; replaced if it exists.
    """
    generator = np.random.default_rng(SEED)
    globes = [draw_globe(generator, day, NLAT, NLON) for day in DAYS]
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        partial = Path(folder) / path.name
        with netCDF4.Dataset(partial, "w") as dataset:
            _write_grid(dataset)
            for name, (dims, units, standard_name, attribute) in _FIELDS.items():
                values = [_on_grid(getattr(globe, attribute), dims) for globe in globes]
                _write_field(dataset, name, dims, units, standard_name, values)
        # Drag of the values as stored, so that it can be reproduced from the file.
        drags = [alexander_dunkerton(columns) for columns in read_columns([partial])]
        with netCDF4.Dataset(partial, "a") as dataset:
            for name, (dims, units, standard_name, attribute) in _DRAG.items():
                values = [_on_grid(getattr(drag, attribute), dims) for drag in drags]
                _write_field(dataset, name, dims, units, standard_name, values)
        partial.replace(path)


def _write_grid(dataset: netCDF4.Dataset) -> None:
    half = uneven_sigma(NLEV)
    edges = latitude_edges(NLAT)
    values = {
        "time": np.array(DAYS),
        "lev": 1000.0 * full_levels(half),
        "lat": gaussian_latitudes(NLAT),
        "lon": 360.0 / NLON * np.arange(NLON),
        "pk": np.zeros(NLEV + 1),
        "bk": half,
        "sigma_full": full_levels(half),
        "lat_cg_init": 0.5 * (edges[1:] + edges[:-1]),
    }
    sizes = {"time": len(DAYS), "lev": NLEV, "ilev": NLEV + 1, "lat": NLAT, "lon": NLON}
    for name, size in sizes.items():
        dataset.createDimension(name, size)
    for name, (dtype, dims, attributes) in _COORDINATES.items():
        variable = dataset.createVariable(name, dtype, dims)
        variable.setncatts(attributes)
        variable[:] = values[name]
    dataset.setncatts(
        {
            "Conventions": "CF-1.8",
            "title": "Columns of an analytic climatology with the drag of Alexander "
            "and Dunkerton (1999), settings of MiMA's example run",
            "source": f"examples/sample/make_sample.py of gwparam, seed {SEED}",
            "comment": "Pressure of full levels is sigma_full * ps; level 0 is the "
            "top. Not model output: formulas and random numbers.",
        }
    )


def _on_grid(values: np.ndarray, dims: tuple[str, ...]) -> np.ndarray:
    """Columns to (lat, lon) or (lev, lat, lon)."""
    grid = values.reshape(NLAT, NLON, *values.shape[1:])
    return np.moveaxis(grid, -1, 0) if "lev" in dims else grid


def _write_field(
    dataset: netCDF4.Dataset,
    name: str,
    dims: tuple[str, ...],
    units: str,
    standard_name: str,
    values: list[np.ndarray],
) -> None:
    variable = dataset.createVariable(name, "f4", dims, zlib=True, shuffle=True)
    variable.setncatts({"units": units, "standard_name": standard_name})
    variable[:] = np.stack(values)


if __name__ == "__main__":
    sys.exit(main())
