"""``gwparam make-states``: columns from formulas, with the drag of a native scheme."""

import argparse
import shlex
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path, whole_number
from gwparam.commands.progress import show_progress
from gwparam.errors import wrong_setting
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.synthetic.columns import Columns

EPILOG = """\
examples:
  gwparam make-states --teacher ad99 --columns 80000 -o states.nc
      for gwparam finetune --arch wavenet --data states.nc, and for replay and evaluate
  gwparam make-states --teacher ad99 --columns 8000 --seed 1 -o other.nc
      columns that the first file does not have

A time of the file is a Gaussian grid of 50 latitudes and 16 longitudes on MiMA's 40
levels. 32 of its columns, anywhere, belong to one state of the atmosphere: good for
networks of single columns, not for those that look at neighbours.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "make-states",
        help="make states with the drag of a native scheme",
        description="Make columns from formulas, with the drag of a native scheme.",
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
    add_shared(parser, "number of columns", "of the columns", required=True)


def add_shared(
    parser: argparse.ArgumentParser, columns: str, seed: str, *, required: bool
) -> None:
    """Add what ``gwparam train-emulator`` has too.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command.
    columns, seed : str
        What the options mean.
    required : bool
        Whether the number of columns has to be given.
    """
    add = parser.add_argument
    add(
        "--teacher",
        required=True,
        choices=("ad99",),
        help="native scheme: ad99 is Alexander and Dunkerton (1999), with the settings "
        "of MiMA's example run",
    )
    add(
        "--columns",
        required=required,
        type=whole_number,
        metavar="N",
        help=f"{columns}, rounded up to a multiple of 800",
    )
    add(
        "--seed", type=whole_number, metavar="N", default=0, help=f"{seed} (default: 0)"
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    import gwparam
    from gwparam.synthetic.states import GRID, count_states, draw_states

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
