"""Files as others made them: each row of the cases, and whether it is as expected.

``python tests/system/cases/run.py [WORD]`` runs the rows whose name holds WORD and
prints a table. Every row is a command in this process, and what may come of it: the
numbers of another command, or a line that refuses the file by name.
"""

import io
import re
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import recipes
import xarray as xr
from numpy.typing import NDArray

from gwparam.cli import main

DATA = Path(__file__).parents[4] / "shared" / "data"
CASES = DATA / "cases"
STATES, CHECKPOINTS = CASES / "states", CASES / "checkpoints"
ROUNDING = 1e-5  # of the largest value; inputs are float32, and units are converted
NETWORK_LEVELS = 8

Numbers = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Seen:
    """What a command gave: status, the lines of standard error, and numbers."""

    status: int
    lines: list[str]
    printed: str
    numbers: Numbers = field(default_factory=dict)

    def __str__(self) -> str:
        if self.status:
            text = " ".join(self.lines).removeprefix("gwparam: error: ")
            return f"exit {self.status}: {re.sub(r'/[^ ,]*/', '', text)}"
        scores = [f"{float(v):.3f}" for v in self.numbers.get("r2", np.empty(0))]
        return " ".join(["exit 0", *scores])


Verdict = str
"""What is not as expected; empty if all is."""
Check = Callable[[Seen], Verdict]


@dataclass(frozen=True)
class Row:
    """A command on files, and what may come of it."""

    name: str
    command: str
    files: tuple[str, ...]
    expected: str
    check: Check

    def see(self) -> Seen:
        return see(self.command, *self.files)


def refused(pattern: str = ".") -> Check:
    """Refused in one line that says so."""

    def check(seen: Seen) -> Verdict:
        if seen.status != 2:
            return f"exit status {seen.status}, expected 2"
        if len(seen.lines) != 1:
            return f"{len(seen.lines)} lines, expected 1"
        return "" if re.search(pattern, seen.lines[0]) else f"says nothing of {pattern}"

    return check


def same(command: str, *files: str) -> Check:
    """The numbers of another command, to rounding."""

    def check(seen: Seen) -> Verdict:
        if seen.status:
            return f"exit status {seen.status}, expected 0"
        wanted = see(command, *files)
        if wanted.status or not wanted.numbers:
            return f"no numbers to compare with: {wanted}"
        return different(seen.numbers, wanted.numbers)

    return check


def says(pattern: str) -> Check:
    """Done, and said so."""

    def check(seen: Seen) -> Verdict:
        if seen.status:
            return f"exit status {seen.status}, expected 0"
        return "" if re.search(pattern, seen.printed) else f"says nothing of {pattern}"

    return check


def either(*checks: Check) -> Check:
    def check(seen: Seen) -> Verdict:
        verdicts = [one(seen) for one in checks]
        return "" if "" in verdicts else "; ".join(verdicts)

    return check


def different(found: Numbers, wanted: Numbers) -> Verdict:
    if set(found) != set(wanted):
        return f"gives {', '.join(found)}, expected {', '.join(wanted)}"
    for name, expected in wanted.items():
        if found[name].shape != expected.shape:
            return f"{name}: shape {found[name].shape}, expected {expected.shape}"
        largest = np.nanmax(np.abs(expected))
        error = np.abs(found[name] - expected).max() / largest
        if not error <= ROUNDING:
            return f"{name}: {error:.1e} of the largest value off"
    return ""


@cache
def folder() -> Path:
    keeper = tempfile.TemporaryDirectory(prefix="cases")
    folder.keeper = keeper  # type: ignore[attr-defined] # as long as the process
    return Path(keeper.name)


def run(*words: object) -> Seen:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main([*map(str, words)])
        except SystemExit as error:
            status = int(error.code or 0)
        except Exception:
            status = 1
            traceback.print_exc()
    return Seen(status, err.getvalue().strip().splitlines(), out.getvalue())


@cache
def network(name: str) -> Path:
    """Export one of the networks of the cases."""
    path = folder() / f"{name}.pt"
    if name == "W":
        options: list[object] = ["--ckpt", DATA / "wavenet" / "network_wst.pkl"]
    else:
        options = _own_levels(name)
    seen = run("export", "-o", path, *options)
    assert seen.status == 0, seen
    return path


def _own_levels(name: str) -> list[object]:
    known = recipes.options(folder(), NETWORK_LEVELS)
    channels, odim = 3 + 3 * NETWORK_LEVELS, 2 * NETWORK_LEVELS
    net = folder() / f"{name}.ckpt"
    if name == "A":
        recipes.ann_cnn(net, channels, odim)
        grid: list[str] = []
    else:
        recipes.attention_unet(net, 3 * NETWORK_LEVELS, odim)
        grid = ["--grid", "16x16"]
    words = [w for k, v in known.items() for w in (f"--{k.replace('_', '-')}", v)]
    return ["--ckpt", net, *words, "--features", "uvtheta", "--max-tendency", "1e9",
            *grid]  # fmt: skip


@cache
def see(command: str, *files: str) -> Seen:
    """Run a command of the cases on files of their folders."""
    number = f"{command}{abs(hash(files))}"
    if command in "WAU":
        output = folder() / f"{number}.nc"
        paths = [STATES / file for file in files]
        seen = run("replay", network(command), *paths, "-o", output, "--json")
        return _with(seen, lambda: _replayed(seen, output))
    if command == "E":
        output = folder() / number
        paths = [STATES / file for file in files]
        words = ["--truth", *paths, "-o", output, "--no-report", "--json"]
        seen = run("evaluate", network("W"), *words)
        return _with(seen, lambda: _evaluated(seen))
    if command == "F":
        weights = DATA / "wavenet" / "network_wst.pkl"
        files_ = ["--data", *(STATES / file for file in files)]
        words = [
            "--arch",
            "wavenet",
            "--pretrained",
            weights,
            "--epochs",
            "1",
            "--json",
        ]
        seen = run("finetune", *words, *files_, "-o", folder() / number)
        return _with(seen, lambda: _trained(seen))
    options = [word for word in files if word.startswith("--")]
    (path,) = [CASES / word for word in files if not word.startswith("--")]
    return run("export", "-o", folder() / f"{number}.pt", "--ckpt", path, *options)


def _with(seen: Seen, numbers: Callable[[], Numbers]) -> Seen:
    if seen.status:
        return seen
    return Seen(seen.status, seen.lines, seen.printed, numbers())


def _json(seen: Seen) -> Any:
    import json

    return json.loads(seen.printed)


def _replayed(seen: Seen, path: Path) -> Numbers:
    scores = [
        variable["globe"]["reference"]["r2"]
        for variable in _json(seen)["variables"]
        if variable["globe"]["reference"]
    ]
    found = {"r2": np.array(scores)} if scores else {}
    with xr.open_dataset(path, decode_times=False) as data:
        places = ("lat", "latitude", "lon", "longitude")
        ordered = data.sortby([name for name in places if name in data.dims])
        names = [n for n in ordered.data_vars if str(n).startswith("tendency_of")]
        return found | {str(n): ordered[n].values for n in sorted(names)}


def _evaluated(seen: Seen) -> Numbers:
    (model,) = _json(seen)["models"].values()
    globes = [component["globe"] for component in model.values()]
    names = [n for n, v in globes[0].items() if isinstance(v, float)]
    return {name: np.array([globe[name] for globe in globes]) for name in names}


def _trained(seen: Seen) -> Numbers:
    fields = _json(seen)["scores"]["validation"]["before"]["fields"]
    return {"r2": np.array([found["r2"] for found in fields])}


def column(*files: str) -> Check:
    """The drag of one column of base.nc."""

    def check(seen: Seen) -> Verdict:
        if seen.status:
            return f"exit status {seen.status}, expected 0"
        base, at = see("W", "base.nc").numbers, _place(STATES / files[0])
        wanted = {n: v[:, :, *at] for n, v in base.items() if n != "r2"}
        found = {
            n: v.reshape(wanted[n].shape) for n, v in seen.numbers.items() if n != "r2"
        }
        return different(found, wanted)

    return check


def _place(path: Path) -> tuple[int, int]:
    names = ("lat", "lon")
    with (
        xr.open_dataset(path, decode_times=False) as one,
        xr.open_dataset(STATES / "base.nc", decode_times=False) as base,
    ):
        lat, lon = (
            int(np.abs(base[name].values - float(one[name])).argmin()) for name in names
        )
    return lat, lon


def rows() -> Iterator[Row]:
    """All rows of the cases that are commands."""

    def row(
        commands: str,
        files: str,
        expected: str,
        *checks: Check | Callable[[str], Check],
    ) -> Iterator[Row]:
        words = tuple(shlex.split(files))
        for command in commands:
            chosen = [c(command) if _needs_command(c) else c for c in checks]
            name = f"{command} {' + '.join(Path(word).name for word in words)}"
            yield Row(name, command, words, expected, either(*chosen))

    def like(*files: str) -> Callable[[str], Check]:
        def of_command(command: str) -> Check:
            return same(command, *files)

        of_command.needs_command = True  # type: ignore[attr-defined]
        return of_command

    both = like("jan.nc", "feb.nc")
    for second in ("second_lat_flipped.nc", "second_lon_rolled.nc"):
        yield from row("UWE", f"jan.nc {second}", "its own coordinates, or refused",
                       both, refused(second))  # fmt: skip
    yield from row("WE", "atmos.nc.0000 atmos.nc.0001", "one globe", like("base.nc"))
    twice = "refused, or counted once"
    yield from row("WE", "jan.nc jan.nc", twice, like("jan.nc"), refused("jan.nc"))
    yield from row("WE", "jan.nc jan_feb_overlap.nc", twice, both, refused("overlap"))
    yield from row("WE", "duplicate_time.nc", twice, refused("duplicate_time.nc"))
    yield from row("A", "cam_P0_hPa.nc", "as cam.nc", like("cam.nc"))
    yield from row("WEF", "mima_native.nc", "as base.nc", like("base.nc"))
    for name in ("calendar_360", "calendar_NO_CALENDAR", "months_since"):
        yield from row("EF", f"{name}.nc", "as base.nc", like("base.nc"))
    for name in ("fms_hybrid_pk_Pa", "fms_pk_pascals_lev"):
        yield from row("A", f"{name}.nc", "as fms_pk_Pa_lev.nc",
                       like("fms_pk_Pa_lev.nc"))  # fmt: skip
    yield from row("W", "era5_old_millibars.nc", "as base.nc", like("base.nc"))
    yield from row("W", "cmip6_hybrid.nc", "as cam.nc", like("cam.nc"))
    yield from row("WE", "no_times.nc", "one line", refused("no_times.nc"))
    yield from row("WF", "jan.nc second_lev_float32.nc", "as jan.nc + feb.nc", both)
    yield from row("W", "single_column.nc", "as that column of base.nc",
                   column("single_column.nc"))  # fmt: skip
    yield from row("W", "ps_with_singleton_level.nc", "as base.nc", like("base.nc"))
    yield from row("W", "in_group.nc", "as base.nc, or names the group",
                   like("base.nc"), refused(r"\bgroups?\b"))  # fmt: skip
    yield from row("W", "ps_hPa_labelled_Pa.nc", "refused with the place",
                   refused("surface_air_pressure|ps"))  # fmt: skip
    exported = says("wrote ")
    for name in ("compiled_orig_mod.pt", "lightning_model_prefix.ckpt",
                 "ema_averaged.pt"):  # fmt: skip
        yield from row("X", f"checkpoints/{name}", "exported", exported)
    yield from row("X", "checkpoints/prithvi_compiled.pt",
                   "recognised: asks for what no checkpoint says",
                   exported, refused("is not known"))  # fmt: skip
    yield from row("X", "checkpoints/key_model.pt", "recognised, or the keys",
                   exported, refused("holds model, means, stds"))  # fmt: skip
    yield from row("X", "checkpoints/both_raw_and_ema.pt", "says which were taken",
                   says(r"(?i)\bema\b"), refused(r"(?i)\bema\b"))  # fmt: skip
    for name, dtype in (("complex", "complex64"), ("fp8", "float8")):
        yield from row("X", f"checkpoints/{name}.pt", f"{dtype} is refused",
                       refused(f"holds .*{dtype}"))  # fmt: skip
    yield from row("X", "checkpoints/numpy_bool_str.pt", "exported", exported)
    for name in ("plain_pickle_tensors.pkl", "whole_module.pt"):
        yield from row("X", f"checkpoints/{name} --allow-pickle",
                       "exported, or what is missing",
                       exported, refused("No module|missing|not here"))  # fmt: skip
    yield from row("X", "checkpoints/sharded", "exported, by the index", exported)
    yield from row("X", "faults/12_deep_metadata_traceback.safetensors",
                   "exported, or one line", exported, refused())  # fmt: skip
    yield from row("X", "faults/13_markup_in_name_traceback.safetensors",
                   "exported, or one line", exported, refused())  # fmt: skip


def _needs_command(check: object) -> bool:
    return getattr(check, "needs_command", False)


def table(word: str) -> int:
    """Print the rows whose name holds a word; the number of those that fail."""
    from rich.table import Table

    from gwparam import console

    shown, failed = Table(), 0
    for heading in ("case", "expected", "seen", "verdict"):
        shown.add_column(heading, overflow="fold")
    for row in rows():
        if word in row.name:
            seen = row.see()
            verdict = row.check(seen)
            failed += bool(verdict)
            cells = (row.name, row.expected, str(seen)[:200], verdict or "as expected")
            shown.add_row(*cells)
            print(".!"[bool(verdict)], end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    console.tables(180).print(shown)
    console.lines().print(f"{failed} of {shown.row_count} rows are not as expected")
    return failed


if __name__ == "__main__":
    if not CASES.is_dir():
        sys.exit(f"the cases are absent: {CASES}")
    sys.exit(1 if table(" ".join(sys.argv[1:])) else 0)
