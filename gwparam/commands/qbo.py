"""``gwparam qbo``: what drag schemes do online, in one column, for a century."""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import check_page, file_path, refuse_idle, whole_number
from gwparam.commands.progress import show_progress
from gwparam.commands.qbo_answer import document, how, lead, relaxation, show
from gwparam.commands.states import read_threads
from gwparam.errors import ArgumentError, wrong_setting
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.qbo.column import Column
    from gwparam.qbo.forcing import Forcing
    from gwparam.qbo.runs import Run
    from gwparam.qbo.summary import Member

EPILOG = """\
examples:
  gwparam qbo spectrum
      the control case: 108 years, of which the first 12 are left out
  gwparam qbo spectrum mine.pt other.pt --seeds 10 -o qbo.html
      two networks beside the waves they learned, each with ten draws of the waves
  gwparam qbo two-waves --years 40
      the simplest case
  gwparam qbo mine.pt --forcing control.nc -o run
      the source of each day from a file; page, JSON and wind go to a folder
  gwparam qbo ad99 wavenet.pt --column states.nc -o column.html
      a whole column on the levels of a model's states: its native scheme, and networks

The Fortran host of examples/qbo runs each in its coupling, as a model would. A network
takes eastward_wind and, if it likes, the source of the day, source_flux [Pa] and
spectral_width [m s-1], on the 73 levels of the testbed. With --column it has what a
model would give it, from the surface up: temperature, pressure and the wind at the
start are means over the equator, the wind stays up to 17 km, there is no northward
wind, and above 35 km the wind relaxes to that of the states. A column whose wind passes
300 m s-1 is unstable: that is a result, with its day, and the exit status is 0.
"""

MOST_YEARS, MOST_SEEDS = 1000, 100


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "qbo",
        help="run drag schemes online in one column, for a century",
        description="Run drag schemes online in one column of the equator: the "
        "quasi-biennial oscillation.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "schemes",
        type=file_path,
        nargs="+",
        metavar="spectrum|two-waves|ad99|ARTEFACT",
        help="side by side: waves of the testbed, or with --column the native scheme "
        "ad99, with the settings of MiMA's example run; artefacts of gwparam export",
    )
    add(
        *("-o", "--output"),
        type=file_path,
        metavar="FOLDER|FILE.html",
        help="the page; in a folder also numbers as JSON and the wind of each scheme "
        "as netCDF",
    )
    add(
        "--years",
        type=whole_number,
        default=108,
        metavar="N",
        help="of 360 days (default: %(default)s)",
    )
    add(
        "--seeds",
        type=whole_number,
        metavar="N",
        help="members, each with its own draw of the waves' source (default: 1)",
    )
    add(
        "--first-seed",
        type=whole_number,
        metavar="N",
        help="of the first member (default: 0)",
    )
    add(
        "--forcing",
        type=file_path,
        metavar="FILE.nc",
        help="source_flux and spectral_width of each day, in place of draws: of all "
        "members that it has",
    )
    add(
        "--column",
        type=file_path,
        metavar="STATES.nc",
        help="run in a whole column, on the levels of these states",
    )
    add(
        "--relaxation",
        type=float,
        metavar="DAYS",
        help="with --column: time in which the wind above 35 to 40 km becomes that of "
        "the states (default: 10); 0: it does not",
    )
    add(
        "--upwelling",
        type=float,
        metavar="W",
        help="vertical wind [m s-1] (default: 3e-4; two-waves alone: 1e-5)",
    )
    add(
        "--diffusivity",
        type=float,
        default=0.3,
        metavar="KAPPA",
        help="[m2 s-1] (default: %(default)s)",
    )
    add(
        "--semiannual",
        type=float,
        default=0.0,
        metavar="G",
        help="semi-annual forcing above 28 km [m s-1] (default: none)",
    )
    add(
        "--threads",
        type=whole_number,
        metavar="N",
        help="threads of a network; 0: all cores (default: 1)",
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    from gwparam.qbo.runs import NATIVE
    from gwparam.qbo.runs import run as run_scheme
    from gwparam.qbo.summary import summarise

    schemes = [str(s) if str(s) in NATIVE else s for s in args.schemes]
    outputs = _outputs(args, schemes)
    _check(args, schemes)
    threads = read_threads(args)
    forcings = _forcings(args)
    runs = []
    for scheme in schemes:
        with ExitStack() as stack:
            run = run_scheme(
                scheme,
                _column(args, scheme),
                _forcings_of(scheme, forcings),
                threads=threads,
                advance=show_progress(stack, _name(scheme), args.years),
            )
        runs.append(run)
    if args.column is None and not any(run.sees_waves for run in runs):
        _refuse_sources(args, "where no scheme sees the source of the day")
    summaries = [summarise(run) for run in runs]
    found = document(args, runs, summaries)
    written = _write(args, outputs, runs, summaries, found)
    return Answer(
        found | {"written": written},
        lambda: show(args, runs, summaries, written),
    )


def _name(scheme: str | Path) -> str:
    return scheme if isinstance(scheme, str) else scheme.stem


def _check(args: argparse.Namespace, schemes: Sequence[str | Path]) -> None:
    """Check what does not depend on files."""
    from gwparam.qbo.runs import TWO_WAVES

    _check_natives(args, schemes)
    names = [_name(scheme) for scheme in schemes]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(
                f"{name} comes twice, expected schemes of different names",
                settings=("schemes",),
            )
    for name, most in (("years", MOST_YEARS), ("seeds", MOST_SEEDS)):
        value = getattr(args, name)
        if value is not None and not 1 <= value <= most:
            raise wrong_setting(name, value, f"1 to {most}")
    if args.first_seed is not None and args.first_seed < 0:
        raise wrong_setting("first_seed", args.first_seed, "at least 0")
    limits = {"upwelling": 0.1, "diffusivity": 100.0, "semiannual": 100.0}
    limits["relaxation"] = 10_000.0
    for name, largest in limits.items():
        value = getattr(args, name)
        if value is not None and not 0.0 <= value <= largest:
            raise wrong_setting(name, value, f"0 to {largest:g}")
    if schemes == [TWO_WAVES]:
        _refuse_sources(args, f"with {TWO_WAVES} alone, whose source is constant")
    if args.forcing is not None:
        refuse_idle(args, "with --forcing", ("seeds", "first_seed"))


def _refuse_sources(args: argparse.Namespace, why: str) -> None:
    refuse_idle(args, why, ("forcing", "seeds", "first_seed"))


def _check_natives(args: argparse.Namespace, schemes: Sequence[str | Path]) -> None:
    """Check that native schemes have their source in the column."""
    from gwparam.qbo.runs import AD99, NATIVE

    if args.column is None:
        refuse_idle(args, "without --column", ("relaxation",))
        if AD99 in schemes:
            raise ArgumentError(
                "the waves of ad99 start below the testbed, at 315 hPa; expected "
                "spectrum, two-waves or an artefact, or --column",
                settings=("schemes",),
            )
        return
    _refuse_sources(args, "with --column, where nothing is drawn")
    for scheme in schemes:
        if scheme in NATIVE and scheme != AD99:
            raise ArgumentError(
                f"the waves of {scheme} are those of the testbed, expected ad99 or an "
                "artefact with --column",
                settings=("schemes",),
            )


def _outputs(args: argparse.Namespace, schemes: Sequence[str | Path]) -> list[Path]:
    """Name and check the files that will be written: the page, then the others."""
    if args.output is None:
        return []
    read = [args.forcing, args.column, *(s for s in schemes if isinstance(s, Path))]
    if args.output.suffix:
        check_page("output", args.output)
        check_outputs([args.output], read)
        return [args.output]
    names = ["qbo.html", "qbo.json", *(f"{_name(s)}.nc" for s in schemes)]
    outputs = [args.output / name for name in names]
    check_outputs(outputs, read, folder=args.output)
    return outputs


def _forcings(args: argparse.Namespace) -> "list[Forcing]":
    from gwparam.qbo.forcing import draw_forcing
    from gwparam.qbo.testbed import DAYS_A_YEAR
    from gwparam.qbo.wind_files import read_forcings

    days = args.years * DAYS_A_YEAR
    if args.forcing is not None:
        forcings = read_forcings(args.forcing, days)
        if len(forcings) > MOST_SEEDS:
            raise wrong_setting("forcing", args.forcing, f"1 to {MOST_SEEDS} members")
        return forcings
    first = args.first_seed or 0
    return [draw_forcing(days, first + n) for n in range(args.seeds or 1)]


def _forcings_of(scheme: str | Path, forcings: "list[Forcing]") -> "list[Forcing]":
    """Give the sources of a scheme: two waves have theirs."""
    from gwparam.qbo.runs import TWO_WAVES, two_waves_forcing

    return [two_waves_forcing(len(forcings[0]))] if scheme == TWO_WAVES else forcings


def _column(args: argparse.Namespace, scheme: str | Path) -> "Column":
    from gwparam.qbo.column import column_of
    from gwparam.qbo.full_column import equatorial_column
    from gwparam.qbo.testbed import Testbed

    if args.column is not None:
        return equatorial_column(
            args.column,
            upwelling=_upwelling(args, scheme),
            diffusivity=args.diffusivity,
            relaxation_days=relaxation(args),
            semiannual=args.semiannual,
        )
    return column_of(
        Testbed(
            upwelling=_upwelling(args, scheme),
            diffusivity=args.diffusivity,
            semiannual=args.semiannual,
        )
    )


def _upwelling(args: argparse.Namespace, scheme: str | Path) -> float:
    from gwparam.qbo.runs import TWO_WAVES, TWO_WAVES_UPWELLING
    from gwparam.qbo.testbed import Testbed

    if args.upwelling is not None:
        return float(args.upwelling)
    return TWO_WAVES_UPWELLING if scheme == TWO_WAVES else Testbed().upwelling


def _write(
    args: argparse.Namespace,
    outputs: list[Path],
    runs: "Sequence[Run]",
    summaries: "Sequence[Sequence[Member]]",
    found: Mapping[str, Any],
) -> list[str]:
    """Write page, numbers and winds, as they were asked for."""
    import json

    from gwparam.commands.answer import as_json
    from gwparam.qbo.page import write_page
    from gwparam.qbo.wind_files import write_wind
    from gwparam.whole_files import write_text, writing

    if not outputs:
        return []
    page, *others = outputs
    if others:
        with writing(args.output):
            args.output.mkdir(exist_ok=True)
        numbers, *winds = others
        write_text(numbers, json.dumps(as_json(found), indent=1))
        for path, run in zip(winds, runs, strict=True):
            with writing(path):
                write_wind(path, run)
    write_page(page, runs, summaries, how(args, runs), lead(args))
    return [str(path) for path in outputs]
