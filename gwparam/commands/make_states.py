"""``gwparam make-states``: states with the drag of a scheme, to learn from."""

import argparse
import shlex
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path, refuse_idle, whole_number
from gwparam.commands.progress import show_progress
from gwparam.errors import ArgumentError, wrong_setting
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.synthetic.columns import Columns

EPILOG = """\
examples:
  gwparam make-states --teacher ad99 --columns 80000 -o states.nc
      for gwparam finetune --arch wavenet --data states.nc, and for replay and evaluate
  gwparam make-states --teacher ad99 --columns 8000 --seed 1 -o other.nc
      columns that the first file does not have
  gwparam make-states --from qbo --years 100 -o qbo.nc
      the testbed of the quasi-biennial oscillation, a time for each of its days, for a
      network of one's own: examples/qbo_network
  gwparam make-states --from qbo --months 18 --columns 4 --seed 1 -o other.nc
      four runs side by side, of the seeds 1 to 4

With a teacher, a time of the file is a Gaussian grid of 50 latitudes and 16 longitudes
on MiMA's 40 levels. 32 of its columns, anywhere, belong to one state of the atmosphere:
good for networks of single columns, not for those that look at neighbours. The testbed
has one component of the wind: gwparam evaluate, which wants both, does not score it.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "make-states",
        help="make states with the drag of a scheme",
        description="Make columns with the drag of a scheme: from formulas with a "
        "native one, or runs of the testbed of the quasi-biennial oscillation.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "-o",
        "--output",
        type=file_path,
        metavar="FILE.nc",
        required=True,
        help="states",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    add_teacher(which)
    which.add_argument(
        "--from",
        dest="source",
        choices=("qbo",),
        help="qbo is the testbed's control case: docs/qbo.md",
    )
    add_shared(
        parser,
        "number of columns, rounded up to a multiple of 800; of the testbed, runs side "
        "by side (default: 1)",
        "of the columns",
    )
    _add_testbed(parser)


def _add_testbed(parser: argparse.ArgumentParser) -> None:
    """Add what is said of a run of the testbed."""
    group = parser.add_argument_group("with --from qbo")
    length = group.add_mutually_exclusive_group()
    length.add_argument(
        "--years", type=whole_number, metavar="N", help="length, years of 360 days"
    )
    length.add_argument(
        "--months", type=whole_number, metavar="N", help="length, months of 30 days"
    )
    group.add_argument(
        "--skip-years",
        type=whole_number,
        metavar="N",
        help="years of the run before the file begins (default: 12)",
    )
    group.add_argument(
        "--step-hours",
        type=whole_number,
        metavar="N",
        help="time step of the testbed, all of which are in the file (default: 24, as "
        "published)",
    )


def add_teacher(parser: Any, *, required: bool = False) -> None:
    """Add the native scheme to a parser, or to a group of options."""
    parser.add_argument(
        "--teacher",
        required=required,
        choices=("ad99",),
        help="native scheme: ad99 is Alexander and Dunkerton (1999), with the settings "
        "of MiMA's example run",
    )


def add_shared(parser: argparse.ArgumentParser, columns: str, seed: str) -> None:
    """Add what ``gwparam train-emulator`` has too.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command.
    columns, seed : str
        What the options mean.
    """
    add = parser.add_argument
    add("--columns", type=whole_number, metavar="N", help=columns)
    add(
        "--seed", type=whole_number, metavar="N", default=0, help=f"{seed} (default: 0)"
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    return _draw(args) if args.source is None else _run_testbed(args)


def _draw(args: argparse.Namespace) -> Answer:
    """Draw columns, with the drag of a teacher."""
    import gwparam
    from gwparam.synthetic.states import GRID, count_states, draw_states

    refuse_idle(
        args, "without --from qbo", ("years", "months", "skip_years", "step_hours")
    )
    if args.columns is None:
        raise ArgumentError(
            "columns is missing, expected their number", settings=("columns",)
        )
    check_shared(args)
    check_outputs([args.output])
    count = label_states(
        args.output,
        args.teacher,
        draw_states(args.columns, args.seed),
        count_states(args.columns),
        grid=GRID,
        attributes={
            "title": f"Columns of a climatology with the drag of {args.teacher}",
            "source": f"gwparam make-states {gwparam.__version__}, seed {args.seed}",
            "comment": "Formulas and random numbers. A time is no state of the globe: "
            "neighbours belong to different states.",
        },
    )
    size = args.output.stat().st_size
    return Answer(
        {
            "states": args.output,
            "bytes": size,
            "columns": count,
            "teacher": args.teacher,
            "seed": args.seed,
        },
        lambda: print(f"wrote {args.output} ({count} columns, {size / 1e6:.1f} MB)"),
        next=(
            f"gwparam finetune --arch wavenet --data {shlex.quote(str(args.output))} "
            "-o ...",
        ),
    )


def _run_testbed(args: argparse.Namespace) -> Answer:
    """Run the testbed."""
    import gwparam
    from gwparam.qbo.states import Period, write_states
    from gwparam.qbo.testbed import SPINUP_YEARS

    if args.years is None and args.months is None:
        raise ArgumentError(
            "the length of the run is missing, expected years or months",
            settings=("years", "months"),
        )
    months = args.months if args.years is None else 12 * args.years
    period = Period(
        months,
        SPINUP_YEARS if args.skip_years is None else args.skip_years,
        24 if args.step_hours is None else args.step_hours,
    )
    check_outputs([args.output])
    columns = 1 if args.columns is None else args.columns
    with ExitStack() as stack:
        times = write_states(
            args.output,
            period,
            columns=columns,
            seed=args.seed,
            source=f"gwparam make-states {gwparam.__version__} --from qbo",
            advance=show_progress(stack, f"making {args.output.name}", months),
        )
    size = args.output.stat().st_size
    return Answer(
        {
            "states": args.output,
            "bytes": size,
            "times": times,
            "columns": columns,
            "seed": args.seed,
        },
        lambda: print(
            f"wrote {args.output} ({times} times of {columns} "
            f"column{'' if columns == 1 else 's'}, {size / 1e6:.1f} MB)"
        ),
        next=(
            "gwparam finetune --module ... --contract ... "
            f"--data {shlex.quote(str(args.output))} -o ...",
        ),
    )


def check_shared(args: argparse.Namespace) -> None:
    """Check how many columns are wanted, and their seed."""
    if args.columns is not None and args.columns < 1:
        raise wrong_setting("columns", args.columns, "at least 1")
    if args.seed < 0:
        raise wrong_setting("seed", args.seed, "at least 0")


def label_states(
    path: Path, teacher: str, states: "Iterable[Columns]", count: int, **others: Any
) -> int:
    """Write columns with the drag of a teacher, and show how far it is.

    Parameters
    ----------
    path, states, others
        As `gwparam.synthetic.states.write_states`.
    teacher : str
        Its name.
    count : int
        Number of states.

    Returns
    -------
    int
        Number of columns.
    """
    from gwparam.synthetic.states import write_states
    from gwparam.synthetic.teacher import TEACHERS

    with ExitStack() as stack:
        advance = show_progress(stack, f"making {path.name}", count)

        def shown() -> "Iterator[Columns]":
            for state in states:
                yield state
                advance()

        return write_states(path, shown(), TEACHERS[teacher], **others)
