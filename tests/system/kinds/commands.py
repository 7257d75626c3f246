"""Commands on inputs that the tests make, and what must come of them."""

import io
import re
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from system.cases.run import Seen, run
from system.test_replay_of_models import CMIP, PRESSURE, export_small, states

Dataset = xr.Dataset
ROUNDING = 1e-6  # of the largest drag; the network is float32, and units are converted
TENDENCIES = [
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
]
_WRITE: dict[str, Callable[[Dataset, Path], Any]] = {
    ".nc": lambda data, path: data.to_netcdf(path),
    ".zarr": lambda data, path: data.to_zarr(path, zarr_format=2),
    ".nc3": lambda data, path: data.to_netcdf(path, format="NETCDF3_64BIT"),
}


@dataclass(frozen=True)
class Made:
    """An input of a kind: `act` makes it in a folder, and says what came of it."""

    kind: str
    name: str
    act: Callable[[Path], str]


def plain() -> Dataset:
    """The physics of all states here, as nothing needs to be guessed."""
    axis = ("lev", PRESSURE, {"units": "Pa", "positive": "down"})
    return states(CMIP, ("m s-1", "m s-2"), axis)


@cache
def network() -> Path:
    """A small WaveNet on these levels."""
    keeper = tempfile.TemporaryDirectory(prefix="kinds")
    network.keeper = keeper  # type: ignore[attr-defined] # as long as the process
    with redirect_stdout(io.StringIO()):
        return export_small(Path(keeper.name), PRESSURE)


def written(folder: Path, data: Dataset, name: str = "states.nc") -> Path:
    suffix = Path(name).suffix
    _WRITE.get(suffix, _WRITE[".nc"])(data, folder / name)
    return folder / name


def replay(folder: Path, *files: Path) -> Seen:
    """Replay files; the numbers are the drag, by time, level, latitude, longitude."""
    output = folder / "predicted.nc"
    seen = run("replay", network(), *files, "-o", output, "--json")
    if seen.status:
        return seen
    with xr.open_dataset(output, decode_times=False) as data:
        places = [n for n in ("lat", "latitude", "lon", "longitude") if n in data.dims]
        data = data.assign_coords({n: data[n] % 360.0 for n in places if "lon" in n})
        data = data.sortby(places)
        (level,) = set(data[TENDENCIES[0]].dims) - {"time", *places}
        numbers = {
            n: data[n].transpose("time", level, *places).values for n in TENDENCIES
        }
    return Seen(seen.status, seen.lines, seen.printed, numbers)


@cache
def expected() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return replay(Path(folder), written(Path(folder), plain())).numbers


def check_same(seen: Seen, missing: Any = False) -> str:
    """Check that the drag is that of `plain`, but where it is missing."""
    assert seen.status == 0, seen
    for name, wanted in expected().items():
        found = seen.numbers[name]
        holes = np.broadcast_to(missing, wanted.shape)
        assert found.shape == wanted.shape, (found.shape, wanted.shape)
        np.testing.assert_array_equal(np.isnan(found), holes)
        error = np.abs(found - wanted)[~holes].max() / np.abs(wanted).max()
        assert error < ROUNDING, f"{name}: {error:.1e} of the largest off"
    return "the right values"


def check_refused(seen: Seen, pattern: str) -> str:
    """Check that it is refused in one line that says so."""
    assert seen.status == 2, seen
    assert len(seen.lines) == 1, seen.lines
    assert re.search(pattern, seen.lines[0]), seen.lines[0]
    return str(seen).replace("exit 2", "refused")


def reads(change: Callable[[Dataset], Dataset], name: str = "states.nc") -> Any:
    """Make an input of which the drag is that of `plain`."""
    return lambda folder: check_same(
        replay(folder, written(folder, change(plain()), name))
    )


def refuses(pattern: str, change: Callable[[Dataset], Dataset]) -> Any:
    """Make an input that is refused."""
    return lambda folder: check_refused(
        replay(folder, written(folder, change(plain()))), pattern
    )
