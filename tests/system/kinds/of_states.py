"""Files of states: grids, units, times, masks, impossible values, names of models."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
from system.kinds.commands import (
    ROUNDING,
    Dataset,
    Made,
    check_refused,
    check_same,
    network,
    plain,
    reads,
    refuses,
    replay,
    run,
    written,
)
from system.test_replay_of_models import HALF_A, HALF_B, MADE, A, B
from wind_states import INPUTS, VERTICAL

from gwparam.data import open_states

FRAME = "1 a second file on another grid"
SCALARS = "2 units of scalars and coefficients"
TWICE = "3 a time that comes twice"
IMPOSSIBLE = "6 values that physics does not know, and masked points"
FMS = "MiMA, Isca, FMS"
MODELS = "CAM, CMIP6, ECHAM, ERA5"
LARGE = "files that stream, stores"
EMPTY = "files without a state"


def two(folder: Path, change, *, at=1) -> list[Path]:
    """The times of `plain` in two files, the second of them changed."""
    first, second = (plain().isel(time=slice(k, k + 1)) for k in (0, at))
    return [written(folder, first, "a.nc"), written(folder, change(second), "b.nc")]


def shifted(data: Dataset, **axes: float) -> Dataset:
    moved = {n: data[n].copy(data=data[n].values + by) for n, by in axes.items()}
    return data.assign_coords(moved)


def turned(data: Dataset) -> Dataset:
    """Columns from the date line, rows from the north, levels from below."""
    west = (data.lon + 180.0) % 360.0 - 180.0
    data = data.assign_coords(lon=west.assign_attrs(data.lon.attrs)).sortby("lon")
    data = data.isel(lat=slice(None, None, -1), lev=slice(None, None, -1))
    return data.transpose("lon", "time", "lat", "lev")


def tiles(folder: Path) -> str:
    """Rows side by side, columns that take turns."""
    parts = [
        plain().isel(lat=rows, lon=slice(k, None, 2))
        for rows in (slice(0, 1), slice(1, 4))
        for k in (0, 1)
    ]
    files = [written(folder, p, f"atmos.nc.{n:04d}") for n, p in enumerate(parts)]
    return check_same(replay(folder, *files))


def half_levels(folder: Path, change) -> str:
    """The pressures at half levels are those of the coefficients, in Pa."""
    base = written(folder, change(plain().rename(ua="u", va="v")))
    with open_states([base], INPUTS, VERTICAL, pressures=True) as states:
        found = states.read(1)["air_pressure_at_half_levels"]
    right = HALF_A + HALF_B * plain().ps.values[1][..., None]
    np.testing.assert_allclose(found, right, rtol=ROUNDING)
    return "the right values"


def interfaces(a: float, units: str, **variables):
    """Coefficients between levels, `a` times those in Pa."""
    attrs = {"units": units}
    named = {"hyai": ("ilev", a * HALF_A, attrs), "hybi": ("ilev", HALF_B)}
    return lambda folder: half_levels(folder, lambda d: d.assign(named | variables))


def linked(folder: Path) -> str:
    file = written(folder, plain())
    os.link(file, folder / "other.nc")
    return check_refused(replay(folder, file, folder / "other.nc"), "overlap|twice")


def overlapping(folder: Path) -> str:
    files = two(folder, lambda d: d, at=0)
    return check_refused(replay(folder, *files), "overlap at 0002")


def undated(folder: Path) -> str:
    """Without dates, the same states; the truth of an evaluation."""

    def number(data: Dataset) -> Dataset:
        data.time.attrs["calendar"] = "NO_CALENDAR"
        return data

    files = [written(folder, number(plain()), name) for name in ("a.nc", "b.nc")]
    to = ["-o", folder / "out", "--no-report"]
    seen = run("evaluate", network(), "--truth", *files, *to)
    return check_refused(seen, "holds the values of time 0 of .*, expected every state")


def masked(folder: Path) -> str:
    """Below the ground, as on levels of pressure: the other columns are right."""
    data = plain()
    data.ua[:, -2:, 1, 2:4] = np.nan
    data.va[0, -1, 0, 0] = np.nan
    for name in ("ua", "va"):
        data[name].encoding["_FillValue"] = -9999.0
    holes = np.zeros((2, 1, 4, 6), bool)
    holes[:, 0, 1, 2:4] = holes[0, 0, 0, 0] = True
    seen = replay(folder, written(folder, data))
    assert "5 of 48 columns are left out" in seen.lines[0]
    return check_same(seen, holes) + ", 5 columns left out"


def value(name: str, number: float):
    def change(data: Dataset) -> Dataset:
        data[name][1, ..., 2, 3] = number
        return data

    return change


def fms(change):
    """A file of FMS, changed once more."""
    return lambda folder: check_same(
        replay(folder, written(folder, change(MADE["isca"]())))
    )


def months(data: Dataset) -> Dataset:
    data = data.assign_coords(time=[0.5, 1.5])
    return data.assign_coords(
        time=data.time.assign_attrs(units="months since 0000-00-00")
    )


def noleap(data: Dataset) -> Dataset:
    data.time.attrs |= {"cartesian_axis": "T", "calendar_type": "NOLEAP"}
    return data.assign(ps=data.ps.assign_attrs(units="pa"))


def upwards(folder: Path) -> str:
    """The drag has the order of the file."""
    data = MADE["cmip_pressures"]().isel(lev=slice(None, None, -1))
    seen = replay(folder, written(folder, data))
    seen.numbers.update({n: v[:, ::-1] for n, v in seen.numbers.items()})
    return check_same(seen)


def groups(folder: Path) -> str:
    MADE["cam"]().to_netcdf(folder / "states.nc", group="run/atm/h0")
    return check_same(replay(folder, folder / "states.nc"))


def logarithm(data: Dataset) -> Dataset:
    ps = data.sp * {"Pa": 1.0, "hPa": 100.0}[data.sp.attrs["units"]]
    return data.drop_vars("sp").assign(
        lnsp=(ps.dims, np.log(ps.values), {"units": "~"})
    )


def heights(data: Dataset) -> Dataset:
    """Hybrid heights, beside the pressure of every column."""
    z = -7000.0 * np.log(data.lev.values / 1e5)
    attrs = {"units": "m", "formula_terms": "a: a b: b orog: orog", "positive": "up"}
    pressure = A[:, None, None] + B[:, None, None] * data.ps.values[:, None]
    return data.assign(
        lev=("lev", z, attrs),
        a=("lev", z, {"units": "m"}),
        b=("lev", np.zeros(z.size), {"units": "1"}),
        orog=(("lat", "lon"), np.zeros((4, 6)), {"units": "m"}),
        p=(data.ua.dims, pressure, {"standard_name": "air_pressure", "units": "Pa"}),
    )


def of_model(name: str, change=lambda d: d):
    return lambda folder: check_same(
        replay(folder, written(folder, change(MADE[name]())))
    )


def streamed(name: str):
    """More times than are held at once."""

    def act(folder: Path) -> str:
        times, copies = 60, 40
        data = plain().isel(time=np.zeros(times, int))
        data = data.isel(lon=np.repeat(np.arange(6), copies))
        data["lon"] = np.arange(6 * copies) * (360.0 / (6 * copies))
        data.lon.attrs["units"] = "degrees_east"
        data["time"] = ("time", np.arange(float(times)), plain().time.attrs)
        file = written(folder, data, name)
        tracemalloc.start()
        seen = run("replay", network(), file, "--json", "--reference", "none")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert seen.status == 0, seen
        assert peak < data.nbytes / 2, (peak, data.nbytes)
        return f"at most {100.0 * peak / data.nbytes:.0f} % of it in memory"

    return act


def no_rows(data: Dataset) -> Dataset:
    return data.isel(lat=slice(0, 0))


def no_times(folder: Path, name: str) -> str:
    file = written(folder, plain().isel(time=slice(0, 0)), name)
    return check_refused(replay(folder, file), "no time|expected at least one")


ROWS = [
    Made(FRAME, "from the date line, dimensions in another order",
         lambda f: check_same(replay(f, *two(f, turned)))),
    Made(FRAME, "tiles side by side and in turns", tiles),
    Made(FRAME, "rows half way between", lambda f: check_refused(
        replay(f, *two(f, lambda d: shifted(d, lat=10.0))), "b.nc has another grid")),
    Made(SCALARS, "P0 in kPa", interfaces(
        1e-5, "1", P0=((), 100.0, {"units": "kPa"}))),
    Made(SCALARS, "P0 = 1 bar, shares in %", interfaces(
        1e-3, "%", P0=((), 1.0, {"units": "bar"}))),
    Made(SCALARS, "coefficients in mb", interfaces(1e-2, "mb")),
    Made(SCALARS, "wind in ms-1", refuses(
        '"ms-1" is ambiguous', lambda d: d.assign(ua=d.ua.assign_attrs(units="ms-1")))),
    Made(TWICE, "the same file by a hard link", linked),
    Made(TWICE, "two files that begin alike", overlapping),
    Made(TWICE, "the same states without dates, evaluated", undated),
    Made(IMPOSSIBLE, "masked below the ground", masked),
    Made(IMPOSSIBLE, "a surface pressure of 9 hPa", refuses(
        "is 900 Pa at .*lat 2, lon 3", value("ps", 900.0))),
    Made(IMPOSSIBLE, "-9999 that nobody declares", refuses(
        "is -9999 .*_FillValue", value("va", -9999.0))),
    Made(IMPOSSIBLE, "a latitude of 95 degrees", refuses(
        "latitude", lambda d: shifted(d, lat=35.0))),
    Made(FMS, "months since a year 0", fms(months)),
    Made(FMS, "NOLEAP and pa", fms(noleap)),
    Made(FMS, "degrees north, m s{-1}", fms(lambda d: d.assign_coords(
        lat=d.lat.assign_attrs(units="degrees north")).assign(
        ucomp=d.ucomp.assign_attrs(units="m s{-1}")))),
    Made(MODELS, "CAM in a group of a group", groups),
    Made(MODELS, "ERA5 with lnsp", of_model("era5_model_levels", logarithm)),
    Made(MODELS, "hybrid heights with a pressure", reads(heights)),
    Made(MODELS, "CMIP6 with levels from below", upwards),
    Made(LARGE, "netCDF-4", streamed("large.nc")),
    Made(LARGE, "netCDF-3", streamed("large.nc3")),
    Made(LARGE, "zarr", streamed("large.zarr")),
    Made(EMPTY, "no time, netCDF-3", lambda f: no_times(f, "empty.nc3")),
    Made(EMPTY, "no time, zarr", lambda f: no_times(f, "empty.zarr")),
    Made(EMPTY, "no row", refuses("no column|expected at least one", no_rows)),
]  # fmt: skip
