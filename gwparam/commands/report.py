"""``gwparam report``: one page of what runs did."""

import argparse
import sys
from typing import Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import check_page, file_path
from gwparam.commands.watch import add_runs
from gwparam.whole_files import check_outputs

EPILOG = """\
examples:
  gwparam report RUN_DIR -o run.html
      all runs in the logs of a folder, the last one first
  gwparam report member1 member2 member3 -o ensemble.html --json
      several folders on one page, and the numbers for a program

The page needs nothing else, no network and no scripts: times by stage, guards by level
and place, who drives, and the drag by model day (docs/run-log.md).
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "report",
        help="one page of what runs did",
        description="Write one HTML page of what runs did, from their run logs.",
        epilog=EPILOG,
    )
    add_runs(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=file_path,
        required=True,
        metavar="FILE.html",
        help="where the page goes",
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command; the document has all runs, and the page."""
    from gwparam import console
    from gwparam.run_log.logs import RunLogs
    from gwparam.run_log.page import write_page

    # A page may lie in the folder of a run, but not on what is read there.
    check_outputs([args.output], [path for path in args.runs if not path.is_dir()])
    check_page("output", args.output)
    logs = RunLogs(args.runs)
    logs.update()
    check_outputs([args.output], logs.paths)
    write_page(args.output, logs.runs, logs.notes)
    for note in logs.notes:
        print(note, file=sys.stderr)
    document = {
        "runs": [run.as_dict() for run in logs.runs],
        "notes": logs.notes,
        "written": [args.output],
    }
    page = console.printable(str(args.output))
    return Answer(document, lambda: console.lines().print(f"wrote {page}"))
