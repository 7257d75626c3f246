"""``gwparam audit``: what physics knows of drag, measured on an artefact."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer, Exit
from gwparam.commands.given import file_path, refuse_idle, whole_number
from gwparam.commands.page import add_page, read_page
from gwparam.commands.progress import show_progress
from gwparam.commands.span import Span
from gwparam.commands.states import (
    add_options,
    assignments,
    read_machine,
    read_scaling,
)
from gwparam.errors import ArgumentError, wrong_setting
from gwparam.file_kinds import check_readable

if TYPE_CHECKING:
    from gwparam.audit.opening import StateFilesOptions
    from gwparam.audit.run import Audit
    from gwparam.audit.trial import Trial

EPILOG = """\
examples:
  gwparam audit wavenet.pt
      on states by formulas, on the network's own levels
  gwparam audit wavenet.pt states.nc --html
      on states of a model, beside their reference drag; a page with figures,
      wavenet.audit.html
  gwparam audit unet.pt era5_training.nc --scaling era5.json
  gwparam audit ad99 states.nc
      the native scheme, held to the same
  gwparam audit ad99 states.nc --strict --json > audit.json
      for a test: fails if one check is not good

exit status: 0 if the audit ran, whatever it found; with --strict 1 if a check is not
good. docs/audit.md says what each check means, its criterion and its source.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "audit",
        help="measure what physics knows on an artefact",
        description="Measure what physics knows of drag on an artefact, as the "
        "compiled library runs it: what is good, and what is not.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "artefact",
        type=file_path,
        help="artefact of gwparam export (.pt), or ad99: the native scheme",
    )
    add(
        "states",
        type=file_path,
        nargs="*",
        help="netCDF files, in the order of their times (default: states by formulas)",
    )
    add_page(parser)
    add(
        "--strict",
        action="store_true",
        help="exit status 1 if one check is not good",
    )
    add(
        "--reference",
        metavar="VAR,VAR",
        help="reference, as for gwparam replay; 'none' for no comparison",
    )
    add(
        "--asymmetric-source",
        action="store_true",
        help="the source of the waves sends more to one side than to the other: "
        "reversal and net momentum are measured and not judged",
    )
    add(
        "--source-pressure",
        type=float,
        metavar="HPA",
        help="where the waves start (default: 300; the lowest level, if that is above)",
    )
    add(
        "--amplitude",
        metavar="NAME",
        action="append",
        default=[],
        help="an input that is an amplitude of the source, beside source_flux; "
        "repeatable",
    )
    add("--members", choices=("mean", "one"), help="as for gwparam replay")
    add("--member", type=whole_number, metavar="N", help="as for gwparam replay")
    add_options(parser)


def run(args: argparse.Namespace) -> Answer:
    """Run the command; the document is the audit."""
    from gwparam.audit.native import NATIVE
    from gwparam.audit.run import STEPS, audit

    settings = _settings(args)
    native = str(args.artefact) in NATIVE
    _check_used(args, native)
    if args.html is not None and not native:
        check_readable(args.artefact)
    read = [None if native else args.artefact, args.scaling, *args.states]
    page = read_page(args.html, args.artefact, read, ".audit.html")
    with ExitStack() as stack:
        advance = show_progress(stack, "audit", STEPS)
        found = audit(
            lambda: _open_native(args) if native else _open(args), settings, advance
        )
    if page is not None:
        from gwparam.audit.page import write_page

        write_page(page, found, str(args.artefact))
    for line in _warnings(found):
        print(line, file=sys.stderr)
    written = [page] if page is not None else []
    return Answer(
        {"artefact": str(args.artefact)} | found.as_dict() | {"written": written},
        lambda: _print(found, written),
        Exit.DISAGREES if args.strict and found.faults else Exit.DONE,
    )


def _settings(args: argparse.Namespace) -> Any:
    from gwparam.audit.run import Settings

    settings = Settings(not args.asymmetric_source, amplitudes=tuple(args.amplitude))
    if args.source_pressure is None:
        return settings
    if not 0.0 < args.source_pressure <= 1100.0:
        raise wrong_setting("source_pressure", args.source_pressure, "0 to 1100 hPa")
    from dataclasses import replace

    return replace(settings, source_pressure=100.0 * args.source_pressure)


def _check_used(args: argparse.Namespace, native: bool) -> None:
    """Check that every option has an effect beside the others."""
    if not args.states:
        of_files = ("reference", "times", "variable", "scaling")
        refuse_idle(args, "without states", of_files)
    if native:
        of_networks = ("members", "device", "threads", "scaling", "amplitude")
        refuse_idle(args, "with a native scheme", of_networks)
    if args.members != "one":
        refuse_idle(args, "without --members one", ("member",))
    elif args.member is None:
        raise ArgumentError("--members one needs --member, expected from 1")


def _open(args: argparse.Namespace) -> "Trial":
    """Put the artefact on trial."""
    from gwparam.audit.opening import open_artefact
    from gwparam.contract import read_contract

    machine = read_machine(args)
    contract = read_contract(args.artefact)
    unknown = set(args.amplitude) - {field.name for field in contract.inputs}
    if unknown:
        raise wrong_setting("amplitude", ", ".join(sorted(unknown)), "an input")
    return open_artefact(
        args.artefact,
        contract,
        _files(args),
        members=args.members or "mean",
        member=args.member or 0,
        **machine,
    )


def _open_native(args: argparse.Namespace) -> "Trial":
    from gwparam.audit.opening import open_native

    return open_native(str(args.artefact), _files(args))


def _files(args: argparse.Namespace) -> "StateFilesOptions":
    """Say how the states are read."""
    from gwparam.audit.opening import StateFilesOptions
    from gwparam.data import is_training_file

    span = Span.read("times", args.times)
    recipe = None
    if args.states and is_training_file(args.states[0]):
        recipe = read_scaling(args, args.states[0], args.artefact)
    else:
        refuse_idle(args, "on states", ("scaling",))
    references: list[str] | None = None
    if args.reference is not None:
        references = [] if args.reference == "none" else args.reference.split(",")
    return StateFilesOptions(
        args.states,
        assignments(args.variable, "variable", "FIELD=VAR"),
        references,
        recipe,
        span.of,
    )


def _warnings(found: "Audit") -> list[str]:
    """Say which columns guards caught: what is unlike the training answers anyhow."""
    return [
        f"gwparam: warning: {found.trial.subject.name}: {count} of "
        f"{found.trial.sample.columns} columns were caught by the guard {name}"
        for name, count in found.caught.items()
        if count
    ]


def _print(found: "Audit", written: list[Path]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from gwparam import console

    lines, sample = console.lines(), found.trial.sample
    lines.print(
        f"{found.trial.subject.name}: {sample.columns} columns of {sample.description}"
    )
    table = Table(box=SIMPLE_HEAD)
    for heading in ("check", "verdict", "what was found"):
        table.add_column(heading, overflow="fold")
    for finding in found.findings:
        style = "bold red" if finding.verdict == "not good" else None
        table.add_row(finding.title, finding.verdict, finding.said, style=style)
    console.tables().print(table)
    for finding in found.faults:
        lines.print(f"{finding.title} is good if {finding.criterion}")
    for path in written:
        lines.print(f"wrote {path}")
