"""``gwparam make-states``: columns from formulas, with the drag of a native scheme."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.errors import ArgumentError, ModelFileError

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
        help="make states with the drag of a native scheme, to learn from",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_teacher(parser)
    add = parser.add_argument
    add("-o", "--output", type=Path, metavar="FILE.nc", required=True, help="states")
    add(
        "--columns",
        type=int,
        metavar="N",
        required=True,
        help="number of columns, rounded up to a multiple of 800",
    )
    add("--seed", type=int, metavar="N", default=0, help="of the columns (default: 0)")


def add_teacher(parser: argparse.ArgumentParser) -> None:
    """Add ``--teacher``."""
    parser.add_argument(
        "--teacher",
        required=True,
        choices=("ad99",),
        help="native scheme: ad99 is Alexander and Dunkerton (1999), with the settings "
        "of MiMA's example run",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    import gwparam
    from gwparam.synthetic.states import GRID, count_states, draw_states

    check_columns(args)
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
    size = args.output.stat().st_size / 1e6
    print(f"wrote {args.output} ({count} columns, {size:.1f} MB)")
    return 0


def check_columns(args: argparse.Namespace) -> None:
    """Check how many columns are wanted, their seed, and the folder of the output."""
    if args.columns < 1:
        raise ArgumentError(f"columns is {args.columns}, expected at least 1")
    if args.seed < 0:
        raise ArgumentError(f"seed is {args.seed}, expected at least 0")
    if not args.output.parent.is_dir():
        raise ModelFileError(
            f"cannot write {args.output}: no folder {args.output.parent}"
        )


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
    from rich.console import Console
    from rich.progress import track

    from gwparam.synthetic.states import write_states
    from gwparam.synthetic.teacher import TEACHERS

    shown = track(
        states,
        f"making {path.name}",
        total=count,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    return write_states(path, shown, TEACHERS[teacher], **others)
