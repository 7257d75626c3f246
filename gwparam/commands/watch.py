"""``gwparam watch``: what a run does, while it goes on."""

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path, refuse_idle
from gwparam.errors import wrong_setting

if TYPE_CHECKING:
    from gwparam.run_log.logs import RunLogs

INTERVAL = 2.0
"""Time between two looks at the logs [s]."""

EPILOG = """\
examples:
  gwparam watch RUN_DIR
      calls, times, guards and the largest drag, until the run ends or Ctrl-C
  gwparam watch RUN_DIR --once
      the same once, also from a script or a batch job
  gwparam watch member1 member2 member3 --json
      several runs for a program, once

A run log is written every log_interval recomputations and report_days (gwparam_nml,
docs/run-log.md). Of several runs in a log, the last is shown. What is taller than the
terminal is shown in turns. Without a terminal, what is new is printed below what was.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "watch",
        help="show what a run does, while it goes on",
        description="Show what a run of a model does, from its run log.",
        epilog=EPILOG,
    )
    add_runs(parser)
    add = parser.add_argument
    add("--once", action="store_true", help="show it once, and end")
    add(
        "--interval",
        type=float,
        metavar="SECONDS",
        help=f"time between two looks at the logs (default: {INTERVAL:g})",
    )


def add_runs(parser: argparse.ArgumentParser) -> None:
    """Add the argument for runs."""
    parser.add_argument(
        "runs",
        type=file_path,
        nargs="+",
        metavar="RUN_DIR",
        help="folder of a run, whose logs are *.jsonl, or a run log",
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command; the document has the last run of each log."""
    from gwparam.run_log.logs import RunLogs

    if args.json:
        refuse_idle(args, "with --json, which is once", ("once", "interval"))
    if args.once:
        refuse_idle(args, "with --once", ("interval",))
    interval = INTERVAL if args.interval is None else args.interval
    if not 0.1 <= interval <= 3600.0:
        raise wrong_setting("interval", interval, "0.1 to 3600 seconds")
    logs = RunLogs(args.runs)
    logs.update()
    document = {
        "runs": [run.as_dict() for run in logs.last_runs],
        "notes": logs.notes,
    }
    if args.json:
        for note in logs.notes:
            print(note, file=sys.stderr)
    once = args.once
    return Answer(document, lambda: _show(logs, None if once else interval))


def _show(logs: "RunLogs", interval: float | None) -> None:
    from rich.live import Live

    from gwparam import console
    from gwparam.run_log.screen import TURN, Turns
    from gwparam.run_log.tables import show_runs

    output = console.tables()
    if interval is None:
        output.print(show_runs(logs.last_runs, logs.notes))
        return
    if not output.is_terminal:
        output.print(show_runs(logs.last_runs, logs.notes))
        while not _all_ended(logs):
            time.sleep(interval)
            if logs.update():
                output.print(show_runs(logs.last_runs, logs.notes))
        return
    looks, looks_a_turn = 0, max(round(TURN / interval), 1)
    with Live(console=output, auto_refresh=False) as live:
        try:
            while not _all_ended(logs):
                whole = show_runs(logs.last_runs, logs.notes)
                live.update(Turns(whole, looks // looks_a_turn), refresh=True)
                time.sleep(interval)
                logs.update()  # the time since the last line is new in any case
                looks += 1
        finally:  # what stays is whole
            live.update(show_runs(logs.last_runs, logs.notes))


def _all_ended(logs: "RunLogs") -> bool:
    return bool(logs.last_runs) and all(run.ended for run in logs.last_runs)
