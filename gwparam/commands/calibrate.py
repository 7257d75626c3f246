"""``gwparam calibrate``: repair what drives an oscillation, by its statistics."""

import argparse
import hashlib
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.calibrate_report import (
    document_of,
    print_warnings,
    show,
    write_page_of,
)
from gwparam.commands.calibrate_stop import StoppedError, stopped, stopping
from gwparam.commands.given import file_path, refuse_idle, whole_number
from gwparam.commands.torch_threads import torch_threads
from gwparam.errors import ArgumentError, wrong_setting
from gwparam.file_kinds import check_readable
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.calibrate.check import Check, DragOfForcings
    from gwparam.calibrate.models import Model
    from gwparam.calibrate.network import TestbedNetwork
    from gwparam.calibrate.run import Result, Settings, State
    from gwparam.calibrate.target import Wanted
    from gwparam.contract import Calibration
    from gwparam.training.interruption import Interruption

SPECTRUM = Path("spectrum")
CHECK_SEED = 1000
"""Sources of a check that the calibration did not see begin with the seed plus this."""

EPILOG = """\
examples:
  gwparam calibrate spectrum --write-statistics qbo-statistics.nc
      what the spectrum of the testbed gives: 85 statistics and their covariance
  gwparam calibrate qbo.pt --list
      which layers of a network there are, and all statistics
  gwparam calibrate qbo.pt --layers network.layers.0 network.layers.4
      --against qbo-statistics.nc -o repaired.pt
      an artefact whose oscillation has these statistics, and a page beside it
  gwparam calibrate qbo.pt --layers network.layers.0 network.layers.4
      --against qbo-statistics.nc -o repaired.pt --go-on
      goes on where it was ended: its state is written after each iteration
  gwparam calibrate spectrum --against observed.csv -o source.nml
      mean flux and width of the spectrum, the source of AD99, as a namelist group

The statistics of the oscillation move the weights by ensemble Kalman inversion, without
any gradient. All members run as columns of one batch. Statistics are a file of
--write-statistics, or a table name,value,standard_error: docs/qbo/calibrate.md.
"""


NUMBERS = (
    ("members", None, "of the ensemble (default: 200, of the spectrum 40)"),
    ("iterations", 10, "how often it is moved (default: %(default)s)"),
    ("years", None, "of a member that count (default: those of the file, or 12)"),
    ("seed", 0, "of members and sources of waves (default: %(default)s)"),
    ("check-years", 108, "of the runs before and after (default: %(default)s)"),
    ("check-seeds", 5, "sources of these runs, two of which the calibration saw"),
    ("threads", 0, "of torch (default: as many as it takes)"),
)
"""Options of whole numbers: name, default, and what it is."""
SPREAD = 0.1


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "calibrate",
        help="repair an artefact of the QBO testbed by statistics of its oscillation",
        description="Repair an artefact of the QBO testbed, or calibrate the source of "
        "its spectrum, by statistics of the oscillation.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "artefact",
        type=file_path,
        help="artefact of a network of the testbed (.pt), or the word spectrum",
    )
    add(
        "--against",
        type=file_path,
        metavar="FILE",
        help="statistics: netCDF of --write-statistics, or a table that ends in .csv",
    )
    add("-o", "--output", type=file_path, metavar="FILE", help="artefact or namelist")
    add("--layers", nargs="+", metavar="NAME", help="one or two layers to change")
    add("--list", action="store_true", help="print layers and statistics, and end")
    add(
        "--write-statistics",
        type=file_path,
        metavar="FILE.nc",
        help="run the artefact or the spectrum for long, write its statistics, and end",
    )
    add("--go-on", action="store_true", help="go on from the state beside the output")
    for name, default, text in NUMBERS:
        add(f"--{name}", type=whole_number, default=default, metavar="N", help=text)
    add(
        "--spread",
        type=float,
        default=SPREAD,
        metavar="X",
        help="of the first members: of each weight, in root mean squares of its "
        "tensor, or of the logarithm of a source (default: %(default)s)",
    )
    for name, units in (("source-flux", "Pa"), ("spectral-width", "m s-1")):
        add(
            f"--{name}",
            type=float,
            metavar="X",
            help=f"of the spectrum: mean to start from [{units}]",
        )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    _check_numbers(args)
    if args.list:
        return _list(args)
    with torch_threads(args.threads):
        if args.write_statistics is not None:
            return _write_statistics(args)
        return _calibrate_or_stop(args)


def _check_numbers(args: argparse.Namespace) -> None:
    for name, least, most in (
        ("members", 10, 10_000),
        ("iterations", 1, 1000),
        ("years", 4, 1000),
        ("seed", 0, 2**31 - 1),
        ("check_years", 13, 10_000),
        ("check_seeds", 1, 1000),
        ("threads", 0, 4096),
    ):
        value = getattr(args, name)
        if value is not None and not least <= value <= most:
            raise wrong_setting(name, value, f"{least} to {most}")
    spectrum = args.artefact == SPECTRUM
    if not spectrum:
        refuse_idle(args, "for an artefact", ("source_flux", "spectral_width"))
    else:
        refuse_idle(args, "for the spectrum", ("layers", "list"))


def _network(args: argparse.Namespace) -> "TestbedNetwork":
    from gwparam.calibrate.network import TestbedNetwork
    from gwparam.qbo.testbed import Testbed

    check_readable(args.artefact)
    return TestbedNetwork(args.artefact, Testbed())


def _list(args: argparse.Namespace) -> Answer:
    """List layers and statistics."""
    from gwparam.qbo.statistics import statistic_names

    refuse_idle(args, "with --list", ("against", "output", "layers", "go_on"))
    network = _network(args)
    layers = {
        layer: {name: list(network.weights[name].shape) for name in names}
        for layer, names in network.layers.items()
    }

    def show() -> None:
        from gwparam import console

        lines = console.lines()
        for layer, weights in layers.items():
            shapes = (
                f"{name.rpartition('.')[2]} {' x '.join(map(str, shape))}"
                for name, shape in weights.items()
            )
            lines.print(f"{layer:32} {', '.join(shapes)}")
        lines.print("statistics:")
        for name in statistic_names():
            lines.print(f"  {name}")

    return Answer({"layers": layers, "statistics": statistic_names()}, show)


def _write_statistics(args: argparse.Namespace) -> Answer:
    """Run for long, and write what it is like."""
    import numpy as np

    from gwparam.calibrate.models import spectrum_drag
    from gwparam.qbo.forcing import draw_forcing
    from gwparam.qbo.months import run_months
    from gwparam.qbo.statistics import (
        WINDOW_YEARS,
        save_statistics,
        statistics_of_run,
    )
    from gwparam.qbo.testbed import DAYS_A_MONTH, SPINUP_YEARS, Testbed

    refuse_idle(
        args,
        "with --write-statistics",
        ("against", "output", "layers", "go_on", "members"),
    )
    testbed, path = Testbed(), args.write_statistics
    spectrum = args.artefact == SPECTRUM
    check_outputs([path], [] if spectrum else [args.artefact])
    years = args.years or WINDOW_YEARS
    # Sixteen runs of four windows each.
    months, columns = 12 * (SPINUP_YEARS + 4 * years), 16
    forcings = [
        draw_forcing(months * DAYS_A_MONTH, args.seed + column)
        for column in range(columns)
    ]
    if spectrum:
        means = np.tile(_means(args), (columns, 1))
        drag = spectrum_drag(forcings, testbed, means)
    else:
        drag = _network(args).drag(forcings)
    wind = run_months(testbed, drag, columns, months)
    found = statistics_of_run(wind[12 * SPINUP_YEARS :], testbed, years)
    save_statistics(path, found)
    values = dict(zip(found.names, found.values.tolist(), strict=True))
    errors = np.sqrt(np.diag(found.covariance)).tolist()

    def show() -> None:
        from gwparam import console

        lines = console.lines()
        for (name, value), error in zip(values.items(), errors, strict=True):
            lines.print(f"{name:36} {value:9.3f} +- {error:.3f}")
        lines.print(
            f"wrote {path}: {len(values)} statistics of {found.windows} windows of "
            f"{years} years"
        )

    document = {"statistics": values, "standard_errors": errors, "written": [path]}
    return Answer(document, show)


def _means(args: argparse.Namespace) -> list[float]:
    """Means of the spectrum's source: given, or those of the control case."""
    from gwparam.calibrate.models import SOURCES

    given = (getattr(args, name) for name in SOURCES)
    return [
        control if value is None else value
        for value, control in zip(given, SOURCES.values(), strict=True)
    ]


def _calibrate_or_stop(args: argparse.Namespace) -> Answer:
    """Calibrate, or say how to go on if somebody asked to stop."""
    from gwparam.training.interruption import Interruption

    with Interruption() as interruption:
        try:
            return _calibrate(args, interruption)
        except StoppedError:
            defaults = {name.replace("-", "_"): value for name, value, _ in NUMBERS}
            return stopped(args, state_of(args.output), defaults | {"spread": SPREAD})


def _calibrate(args: argparse.Namespace, interruption: "Interruption") -> Answer:
    """Calibrate, check, and write the result with its page."""
    from gwparam.calibrate.models import Layers, Sources
    from gwparam.calibrate.run import Settings, calibrate
    from gwparam.calibrate.target import read_wanted
    from gwparam.qbo.statistics import WINDOW_YEARS
    from gwparam.qbo.testbed import SPINUP_YEARS, Testbed

    testbed, spectrum = Testbed(), args.artefact == SPECTRUM
    page, state_path = _outputs(args, spectrum)
    advance = stopping(interruption)
    wanted = read_wanted(args.against)
    years = args.years or wanted.window_years or WINDOW_YEARS
    if wanted.window_years not in (None, years):
        raise ArgumentError(
            f"years is {years}, expected {wanted.window_years} of the windows in "
            f"{args.against}",
            settings=("years",),
        )
    least = SPINUP_YEARS + years
    if args.check_years < least:
        raise wrong_setting("check_years", args.check_years, f"at least {least}")
    members = args.members or (40 if spectrum else 200)
    settings = Settings(members, args.iterations, years, args.seed)
    model = (
        Sources(_means(args), args.spread, testbed)
        if spectrum
        else Layers(_network(args), args.layers or (), args.spread, testbed)
    )
    begun = time.monotonic()
    result = calibrate(
        model,
        wanted,
        settings,
        testbed,
        state_path=state_path,
        key=_key(args, settings),
        resume=args.go_on,
        advance=advance,
        report=_reporter(settings),
    )
    if result.iteration == 0:
        raise ArgumentError(
            f"no iteration is better than the start, whose misfit is "
            f"{result.misfits[0]:.4g}: go on with more iterations, or delete "
            f"{state_path} and try more members or another spread",
            settings=("go_on", "iterations", "members", "spread"),
        )
    minutes = (time.monotonic() - begun) / 60.0
    checks = _checks(args, settings, wanted, model, result, advance)
    calibration = _provenance(args, settings, result, checks)
    written = [args.output, page]
    if isinstance(model, Layers):
        from gwparam.calibrate.repaired import write_artefact

        changed = model.changed(result.parameters)
        write_artefact(args.output, model.network, changed, calibration)
    else:
        import numpy as np

        from gwparam.calibrate.repaired import write_namelist

        write_namelist(args.output, np.exp(result.parameters).tolist(), calibration)
    document = document_of(args, settings, result, checks, wanted, calibration, minutes)
    document["written"] = written
    write_page_of(page, document, result, wanted, checks)
    print_warnings(document)
    state_path.unlink(missing_ok=True)
    then = () if spectrum else (f"gwparam inspect {shlex.quote(str(args.output))}",)
    return Answer(document, lambda: show(document, checks), next=then)


def _outputs(args: argparse.Namespace, spectrum: bool) -> tuple[Path, Path]:
    """Give page and state; check all that is written."""
    for name in ("against", "output"):
        if getattr(args, name) is None:
            raise ArgumentError(f"--{name} is missing, expected a file")
    page = args.output.with_suffix(".html")
    state = state_of(args.output)
    read = [args.against] if spectrum else [args.artefact, args.against]
    check_outputs([args.output, page, state], read)
    return page, state


def state_of(output: Path) -> Path:
    """Give the file beside an output that says how far its calibration is."""
    return output.with_name(output.name + ".state")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _key(args: argparse.Namespace, settings: "Settings") -> str:
    """Say what a state belongs to; more iterations can follow on fewer."""
    subject = "spectrum" if args.artefact == SPECTRUM else _digest(args.artefact)[:16]
    what = _means(args) if subject == "spectrum" else args.layers
    return (
        f"{subject} {what} against {_digest(args.against)[:16]}, spread {args.spread}, "
        f"{settings.members} members of {settings.window_years} years, seed "
        f"{settings.seed}"
    )


def _reporter(settings: "Settings") -> Callable[["State"], None]:
    """Say on standard error how far it is."""
    begun, first = time.monotonic(), -1

    def report(state: "State") -> None:
        nonlocal first
        done = len(state.misfit)
        first = done - 1 if first < 0 else first
        minutes = (time.monotonic() - begun) / 60.0 / (done - first)
        # The last run, of the means, takes about as long as an iteration.
        left = minutes * (settings.iterations - done + 1)
        print(
            f"iteration {done} of {settings.iterations}: misfit "
            f"{state.misfit[-1]:.4g}, of the mean "
            f"{state.misfit_of_mean[-1]:.4g}; {state.failed[-1]} of "
            f"{settings.members} members unstable, drawn anew; {left:.1f} minutes left",
            file=sys.stderr,
            flush=True,
        )

    return report


def _checks(
    args: argparse.Namespace,
    settings: "Settings",
    wanted: "Wanted",
    model: "Model",
    result: "Result",
    advance: Callable[[], None],
) -> tuple["Check", "Check"]:
    """Run for long, before and after."""
    from gwparam.calibrate.check import check
    from gwparam.qbo.testbed import Testbed

    seen = [settings.source_seed(i) for i in range(min(2, args.check_seeds - 1))]
    fresh = range(args.check_seeds - len(seen))
    seeds = [*seen, *(args.seed + CHECK_SEED + i for i in fresh)]

    def run(drag: "DragOfForcings") -> "Check":
        years = settings.window_years
        return check(drag, seeds, args.check_years, years, wanted, Testbed(), advance)

    return run(model.drag(model.start)), run(model.drag(result.parameters))


def _provenance(
    args: argparse.Namespace,
    settings: "Settings",
    result: "Result",
    checks: tuple["Check", "Check"],
) -> "Calibration":
    import math

    from gwparam.calibrate.run import SPINUP_YEARS
    from gwparam.contract import Calibration

    before, after = (check.misfit for check in checks)
    if not math.isfinite(after):
        raise ArgumentError(
            f"the result is unstable within {args.check_years} years, expected stable: "
            "go on with more iterations, or try a smaller spread",
            settings=("go_on", "iterations", "spread"),
        )
    return Calibration(
        args.artefact.name,
        "" if args.artefact == SPECTRUM else _digest(args.artefact),
        args.against.name,
        _digest(args.against),
        tuple(args.layers or ()),
        settings.members,
        len(result.state.misfit),
        SPINUP_YEARS + settings.window_years,
        settings.seed,
        after,
        before if math.isfinite(before) else None,
    )
