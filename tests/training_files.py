"""Small files to train on: published layouts, and states of a host with drag.

No two cells of a variable hold the same value, and no two extents are the same.
"""

from pathlib import Path

import numpy as np
import xarray as xr

NTIME, NLEV, NLAT, NLON = 2, 5, 3, 4
IDIM, ODIM = 3 + 4 * NLEV, 2 * NLEV
UNITS = "hours since 2010-01-01"
PRESSURE = np.array([1e3, 1e4, 3e4, 6e4, 9e4])
DRAG = ("utendnogw", "vtendnogw")
DEAD = 3
"""Level whose drag is the same number everywhere."""


def distinct(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Give numbers between -1 and 1, no two alike, in no order."""
    count = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(count)
    return ((2.0 * order + 1.0) / count - 1.0).astype(np.float32).reshape(shape)


def training_set(
    count: int = NTIME,
    idim: int = IDIM,
    odim: int = ODIM,
    grid: tuple[int, int] = (NLAT, NLON),
    stencil: int = 1,
    start: float | None = 0.0,
    seed: int = 0,
) -> xr.Dataset:
    """Make a training file; with `start` None its times are no dates."""
    around, dims = ((stencil,) * 2, ("sty", "stx")) if stencil > 1 else ((), ())
    attrs = {"units": "hourly timestep of the month" if start is None else UNITS}
    return xr.Dataset(
        {
            name: (
                ("time", channel, "lat", "lon", *dims),
                distinct((count, width, *grid, *around), seed + number),
            )
            for number, (name, channel, width) in enumerate(
                (("features", "idim", idim), ("output", "odim", odim))
            )
        },
        {
            "time": ("time", (start or 0.0) + np.arange(count), attrs),
            "lat": np.linspace(-60.0, 80.0, grid[0]),
            "lon": np.arange(grid[1]) * (360.0 / grid[1]),
        },
    )


def state_set(
    count: int = NTIME, start: float = 0.0, seed: int = 0, nlev: int = NLEV
) -> xr.Dataset:
    """Make a state file with drag, top first."""
    full, flat = (count, nlev, NLAT, NLON), (count, NLAT, NLON)
    level = np.arange(nlev).reshape(-1, 1, 1)
    dims = ("time", "lev", "lat", "lon")
    drag = [
        1e-5 * (1 + level) * (distinct(full, seed + 3 + wind) + 0.3 * level)
        for wind in range(2)
    ]
    for values in drag:
        values[:, DEAD] = 2e-6

    def variable(values: np.ndarray, units: str, at: tuple[str, ...] = dims) -> tuple:
        return at, values.astype(np.float64), {"units": units}

    return xr.Dataset(
        {
            "ua": variable(10.0 + 25.0 * distinct(full, seed), "m s-1"),
            "va": variable(-3.0 + 8.0 * distinct(full, seed + 1), "m s-1"),
            "ps": variable(
                9.5e4 + 6e3 * distinct(flat, seed + 2), "Pa", ("time", "lat", "lon")
            ),
            DRAG[0]: variable(drag[0], "m s-2"),
            DRAG[1]: variable(drag[1], "m s-2"),
        },
        {
            "time": ("time", start + np.arange(count), {"units": UNITS}),
            "lev": ("lev", PRESSURE[:nlev], {"units": "Pa", "positive": "down"}),
            "lat": ("lat", np.linspace(-60.0, 80.0, NLAT), {"units": "degrees_north"}),
            "lon": ("lon", np.arange(NLON) * 90.0, {"units": "degrees_east"}),
        },
    )


def written(folder: Path, dataset: xr.Dataset, name: str = "file.nc") -> str:
    """Write a file; its path."""
    path = folder / name
    dataset.to_netcdf(path)
    return str(path)
