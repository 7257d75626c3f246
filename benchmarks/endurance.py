"""A long run in a short time, in which nothing may grow, drift or go astray.

    python benchmarks/endurance.py [ARTEFACT] [--calls N] [--years N] [--threads N]

First a million calls of a few columns. Then years of a climate of columns, in steps of
three hours: the winds get the drag of the network and are drawn back, within ten days,
to a state whose jets follow the season. Guards of the training range look at all of it,
and leave a column that they catch without drag. Resident memory, descriptors and
threads have to stay what they were after the first hundredth; counters have to be what
was called, to the last column. The exit status is 1 if not.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from memory import resident_megabytes
from rich.console import Console
from rich.progress import track
from rich.table import Table
from step_cost import NLEV, export_sample, globe

import gwparam
from gwparam.grids import full_levels, uneven_sigma

ROW = 31  # next to the equator
DAY = 86400.0
STEP = DAY / 8
DRAWN_BACK = 10 * DAY
GROWTH = 1.0
"""Of resident memory after the first hundredth of the calls, that is none [MB]."""
DUDT, DVDT = (
    f"tendency_of_{way}ward_wind_due_to_gravity_wave_drag" for way in ("east", "north")
)
Fields = dict[str, np.ndarray]


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    megabytes: float
    descriptors: int
    threads: int


def held() -> Held:
    """Look at this process."""
    return Held(
        resident_megabytes(),
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
    )


class Climate:
    """Winds of columns, and the season of their jets."""

    def __init__(self, fields: Fields) -> None:
        self.fields = {name: values.copy() for name, values in fields.items()}
        self._mean = {n: fields[n].copy() for n in ("eastward_wind", "northward_wind")}
        self.largest = 0.0

    def step(self, call: int, drag: Fields) -> None:
        """Three hours on."""
        season = 1.0 + 0.5 * np.sin(2 * np.pi * call * STEP / (365 * DAY))
        for name, out in (("eastward_wind", DUDT), ("northward_wind", DVDT)):
            wind = self.fields[name]
            back = (season * self._mean[name] - wind) / DRAWN_BACK
            wind += STEP * (np.clip(drag[out], -1e-3, 1e-3) + back)
            self.largest = max(self.largest, float(np.abs(wind).max()))


def stay(
    scheme: gwparam.Scheme,
    fields: Fields,
    calls: int,
    after: Callable[[int, Fields], None],
    title: str,
) -> bool:
    """Call again and again, print what is held, and tell whether all is as it was."""
    out = {n: np.zeros_like(fields["eastward_wind"]) for n in (DUDT, DVDT)}
    columns = fields["latitude"].size
    before = scheme.statistics()
    marks = {calls // 100, *np.linspace(calls / 10, calls, 10).astype(int).tolist()}
    table = Table(title=f"{title}: {calls} calls of {columns} columns")
    for heading in ("calls", "resident memory [MB]", "descriptors", "threads"):
        table.add_column(heading, justify="right")
    seen = []
    for call in track(range(1, calls + 1), title, transient=True):
        for name, array in fields.items():
            scheme.put(name, array)
        scheme.run()
        for name, array in out.items():
            scheme.get(name, array)
        after(call, out)
        if call in marks:
            seen.append(held())
            megabytes, *others = astuple(seen[-1])
            table.add_row(str(call), f"{megabytes:.2f}", *map(str, others))
    now = scheme.statistics()
    counted = (now.runs - before.runs, now.columns - before.columns)
    expected = (calls, calls * columns)
    flat = max(one.megabytes for one in seen) - seen[0].megabytes <= GROWTH
    same = all(astuple(one)[1:] == astuple(seen[0])[1:] for one in seen)
    console = Console()
    console.print(table)
    console.print(
        f"counted {counted[0]} runs of {counted[1]} columns, expected {expected[0]} of "
        f"{expected[1]}; guards caught {now.guarded_columns - before.guarded_columns}; "
        f"memory {'flat' if flat else 'GREW'}, descriptors and threads "
        f"{'the same' if same else 'CHANGED'}"
    )
    return flat and same and counted == expected


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("artefact", nargs="?", type=Path, help="default: the sample's")
    parser.add_argument("--calls", type=int, default=1_000_000, help="default: 1000000")
    parser.add_argument("--years", type=int, default=20, help="default: 20")
    parser.add_argument("--threads", type=int, default=2, help="default: 2")
    given = parser.parse_args()
    state = globe()
    with tempfile.TemporaryDirectory() as folder:
        artefact = given.artefact or export_sample(Path(folder), "float32")
        with gwparam.load_scheme(
            artefact,
            threads=given.threads,
            on_range="zero",
            range_sigmas=10.0,
            on_limit="zero",
        ) as scheme:
            scheme.set_levels(full_levels(uneven_sigma(NLEV)) * 1e5)
            inputs = [f.name for f in scheme.contract.inputs]
            few = {n: np.ascontiguousarray(state[n][ROW, :4]) for n in inputs}
            fine = stay(scheme, few, given.calls, lambda *_: None, "the same columns")
            climate = Climate({n: state[n][:, ROW] for n in inputs})
            steps = int(given.years * 365 * DAY / STEP)
            title = f"{given.years} years"
            fine &= stay(scheme, climate.fields, steps, climate.step, title)
    print(f"largest wind of those years {climate.largest:.1f} m s-1")
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
