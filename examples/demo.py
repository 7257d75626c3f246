"""The main job, from a trained network to drag in a Fortran model, on the sample.

`make demo` calls this after the set-up. It exports the network of examples/sample,
builds the stand-in host of examples/mima_coupling, runs it on two ranks with the native
drag and with the network's, replays the same states offline, and draws the drag.
Everything that it makes is in demo/.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from rich.console import Console
from rich.table import Table

from gwparam.evaluate.plots import zonal_mean_figure

PROJECT = Path(__file__).resolve().parents[1]
DEMO = PROJECT / "demo"
GWPARAM = Path(sys.executable).with_name("gwparam")
COUPLING = PROJECT / "examples" / "mima_coupling"
CHECKPOINT = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
STATES = PROJECT / "examples" / "sample" / "sample_states.nc"
ARTEFACT = DEMO / "wavenet_ad99.pt"
FIGURE = DEMO / "drag.png"
SCORES = DEMO / "replay.json"
RANKS = 2
# Relative to the largest drag: the host derives the surface pressure from the pressure
# of full levels, which changes its last digits, and the network computes in float32.
HOST_TOLERANCE = 1.0e-4

Report = Mapping[str, Any]
console = Console(highlight=False)


class StepError(Exception):
    """A step failed; the message is for people."""


def main() -> int:
    """Run all steps; the exit status."""
    start = time.perf_counter()
    console.rule("[bold]gwparam demo")
    try:
        DEMO.mkdir(exist_ok=True)
        step("export the network", export)
        step("build the Fortran host", build)
        step(f"run it on {RANKS} ranks with native drag", lambda: couple("native"))
        step(f"run it on {RANKS} ranks with the network's drag", lambda: couple("ml"))
        step("replay the states offline", replay)
        difference = step("compare host and replay", compare)
        step("draw the drag", draw)
    except StepError as error:
        console.print(f"[bold red]failed:[/] {error}", markup=True, soft_wrap=True)
        return 1
    summarise(json.loads(SCORES.read_text()), difference, time.perf_counter() - start)
    return 0


def step(name: str, work: Callable[[], Any]) -> Any:
    """Do one step, and say how long it took."""
    start = time.perf_counter()
    with console.status(name):
        result = work()
    console.print(
        f"[green]done[/] {name:<50} {time.perf_counter() - start:6.1f} s", markup=True
    )
    return result


def call(
    command: Sequence[str | Path], log: Path, folder: Path = PROJECT, **variables: str
) -> str:
    """Run a program, with its output in a file; what is on its standard output.

    Raises
    ------
    StepError
        If it is absent or fails; the message has the end of its output.
    """
    line = shlex.join(map(str, command))
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise StepError(f"{error.filename} is not installed: {line}") from None
    said = done.stdout + done.stderr
    log.write_text(f"$ {line}\n{said}")
    if done.returncode:
        end = "\n".join(said.strip().splitlines()[-15:])
        raise StepError(
            f"exit status {done.returncode} of\n  {line}\nin {folder}\n{end}\n"
            f"all of its output is in {log}"
        )
    return done.stdout


def export() -> None:
    """Turn the checkpoint into an artefact."""
    call([GWPARAM, "export", "--ckpt", CHECKPOINT, "-o", ARTEFACT], DEMO / "export.log")


def build() -> None:
    """Build the host out of the source tree, with the flags of `gwparam config`."""
    folder = DEMO / "build"
    # From scratch: make does not see that the library's modules have changed.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    makefile = COUPLING / "Makefile"
    call(
        ["make", "-f", makefile, f"GWPARAM={GWPARAM}", "driver"],
        DEMO / "build.log",
        folder,
    )


def couple(mode: str) -> None:
    """Run the host with one kind of drag."""
    folder = DEMO / mode
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "RESTART").mkdir(parents=True)
    namelist = (COUPLING / "input.nml").read_text()
    # Paths relative to the folder: a Fortran host has no room for long ones.
    for name, value in (
        ("states", os.path.relpath(STATES, folder)),
        ("artefact", os.path.relpath(ARTEFACT, folder)),
        ("mode", mode),
    ):
        namelist, changes = re.subn(
            rf"(?m)^( *{name} *= *)'[^']*'", rf"\g<1>'{value}'", namelist
        )
        if changes != 1:
            raise StepError(
                f"{COUPLING / 'input.nml'} has {changes} items {name}, expected one"
            )
    (folder / "input.nml").write_text(namelist)
    call(
        [*mpirun(), "-n", str(RANKS), DEMO / "build" / "driver"],
        DEMO / f"{mode}.log",
        folder,
        # Containers run as root, which Open MPI refuses unless told twice.
        OMPI_ALLOW_RUN_AS_ROOT="1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
    )


def mpirun() -> list[str | Path]:
    """Find the launcher; Open MPI has to be told that ranks may share cores."""
    try:
        version = subprocess.run(
            ["mpirun", "--version"], capture_output=True, text=True, check=False
        ).stdout
    except FileNotFoundError:
        raise StepError("mpirun is not installed") from None
    return ["mpirun", "--oversubscribe"] if "Open MPI" in version else ["mpirun"]


def replay() -> None:
    """Run the states through the same library from Python, and score the network."""
    options: list[str | Path] = ["--reference", "gwfcng_x,gwfcng_y", "--json"]
    scores = call(
        [GWPARAM, "replay", ARTEFACT, STATES, *options, "-o", DEMO / "replay.nc"],
        DEMO / "replay.log",
    )
    SCORES.write_text(scores)


def compare() -> float:
    """Compare the host's drag with the replay's: largest difference over largest drag.

    Raises
    ------
    StepError
        If they differ by more than rounding.
    """
    largest = 0.0
    with (
        netCDF4.Dataset(DEMO / "ml" / "tendencies.nc") as host,
        netCDF4.Dataset(DEMO / "replay.nc") as offline,
    ):
        for name, wind in (("gwfcng_x", "eastward"), ("gwfcng_y", "northward")):
            online = host[name][:]
            again = offline[f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"][:]
            if online.shape != again.shape:
                raise StepError(
                    f"the host's {name} has shape {online.shape}, "
                    f"the replay's {again.shape}"
                )
            difference = np.abs(online - again).max() / np.abs(again).max()
            largest = max(largest, float(difference))
    if not largest <= HOST_TOLERANCE:
        raise StepError(
            f"host and replay differ by {largest:.1e} of the largest drag, "
            f"expected at most {HOST_TOLERANCE:.0e}"
        )
    return largest


def draw() -> None:
    """Draw the zonal means of what the two runs of the host wrote."""
    rows: dict[str, dict[str, Any]] = {}
    with (
        netCDF4.Dataset(DEMO / "native" / "tendencies.nc") as native,
        netCDF4.Dataset(DEMO / "ml" / "tendencies.nc") as network,
    ):
        latitude = np.asarray(native["lat"][:])
        pressure = 100.0 * np.asarray(native["lev"][:])
        for time_index, season in enumerate(("January", "July")):
            means = {
                label: np.asarray(dataset["gwfcng_x"][time_index]).mean(axis=-1)
                for label, dataset in (("native", native), ("network", network))
            }
            means["difference"] = means["network"] - means["native"]
            rows[season] = means
    zonal_mean_figure(
        FIGURE,
        latitude,
        pressure,
        rows,
        caption="Drag on the eastward wind from two runs of the Fortran host on the "
        "states of examples/sample. Difference: network minus native.",
        title="Zonal-mean gravity-wave drag",
    )


def summarise(scores: Report, difference: float, seconds: float) -> None:
    """Print the scores, what was done, and where things are."""
    table = Table(title="the network against the native scheme", title_justify="left")
    for heading in ("drag on the wind", "R2", "correlation", "rms error", "rms native"):
        table.add_column(heading, justify="left" if " on " in heading else "right")
    for variable in scores["variables"]:
        found = variable["globe"]["reference"]
        wind = variable["name"].removeprefix("tendency_of_").partition("_")[0]
        table.add_row(
            wind,
            f"{found['r2']:.3f}",
            f"{found['correlation']:.3f}",
            *(
                f"{86400 * found[key]:.2f} m/s/day"
                for key in ("rms_error", "rms_reference")
            ),
        )
    console.print()
    console.print(table)
    columns = scores["times"] * scores["columns"]
    closeness = (
        "bit for bit"
        if difference == 0.0
        else f"to {difference:.0e} of its largest value"
    )
    console.print(
        f"""
A network that had learned the scheme of Alexander and Dunkerton (1999) took its place
in a Fortran host on {RANKS} MPI ranks, for {columns} columns that it had never seen.
The same library, called from Python, gave the host's drag {closeness};
PyTorch agrees within the artefact's tolerance.
""",
        soft_wrap=True,
    )
    for what, path in (
        ("figure", FIGURE),
        ("artefact", ARTEFACT),
        ("the host's drag, native", DEMO / "native" / "tendencies.nc"),
        ("the host's drag, network", DEMO / "ml" / "tendencies.nc"),
        ("replayed drag", DEMO / "replay.nc"),
        ("all scores", SCORES),
        ("what every step said", DEMO / "*.log"),
    ):
        shown = os.path.relpath(path, PROJECT)
        console.print(f"  {what:<26}{shown}", soft_wrap=True)
    console.print(f"\nfinished in {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
