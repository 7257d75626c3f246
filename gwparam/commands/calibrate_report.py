"""What ``gwparam calibrate`` says of a calibration: document, lines and page."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gwparam.calibrate.check import Check
    from gwparam.calibrate.run import Result, Settings
    from gwparam.calibrate.target import Wanted
    from gwparam.contract import Calibration


def document_of(
    args: argparse.Namespace,
    settings: "Settings",
    result: "Result",
    checks: tuple["Check", "Check"],
    wanted: "Wanted",
    calibration: "Calibration",
    minutes: float,
) -> dict[str, Any]:
    """Put all that was found into a document."""
    from dataclasses import asdict

    from gwparam.calibrate.check import doubts

    state, after = result.state, checks[1]
    names = ("misfit", "misfit_of_mean", "step", "failed")
    return {
        "artefact": args.artefact,
        "against": args.against,
        "layers": list(calibration.layers),
        "members": settings.members,
        "iterations": len(state.misfit),
        "years": calibration.years,
        "minutes": minutes,
        "taken": result.iteration,
        "by_iteration": {
            name: list(map(float, getattr(state, name))) for name in names
        },
        "misfit_of_means": list(result.misfits),
        **{
            when: {
                "misfit": its.misfit,
                "errors": its.errors(wanted),
                "runs": [asdict(run) for run in its.runs],
            }
            for when, its in zip(("before", "after"), checks, strict=True)
        },
        "counted_months": after.counted_months,
        "period_resolution": after.resolution,
        "warnings": doubts(*checks, wanted),
    }


def write_page_of(
    page: Path,
    document: dict[str, Any],
    result: "Result",
    wanted: "Wanted",
    checks: tuple["Check", "Check"],
) -> None:
    """Write the page of a calibration."""
    from gwparam.calibrate.page import write_page
    from gwparam.pages.numbers import number
    from gwparam.qbo.testbed import Testbed

    facts = [
        ("calibrated", str(document["artefact"])),
        (
            "layers",
            ", ".join(document["layers"]) or "mean flux and width of the source",
        ),
        ("against", f"{document['against']}, {len(wanted.names)} statistics"),
        (
            "ensemble",
            f"{document['members']} members of {document['years']} years, "
            f"{document['iterations']} iterations, {number(document['minutes'])} "
            "minutes",
        ),
        ("misfit", " to ".join(number(check.misfit) for check in checks)),
        ("periods", _resolution(document)),
        ("result", str(document["written"][0])),
        *(("warning", text) for text in document["warnings"]),
    ]
    title = f"Calibration of {document['artefact'].name}"
    write_page(page, title, facts, result, wanted, checks, Testbed())


def show(document: dict[str, Any], checks: tuple["Check", "Check"]) -> None:
    """Print a document for people."""
    from rich.table import Table

    from gwparam import console
    from gwparam.calibrate.page import RUN_HEADINGS, run_rows

    table = Table(title="long runs", title_justify="left")
    for heading in RUN_HEADINGS:
        table.add_column(heading, justify="right")
    for name, its in zip(("before", "after"), checks, strict=True):
        for row in run_rows(name, its):
            table.add_row(*row)
    console.tables().print(table)
    lines = console.lines()
    before, after = (document[when]["errors"] for when in ("before", "after"))
    for name in after:
        lines.print(
            f"error of {name}: {before[name]:+.1%} before, {after[name]:+.1%} after"
        )
    lines.print(
        f"misfit {checks[0].misfit:.4g} before, {checks[1].misfit:.4g} after; the mean "
        f"of iteration {document['taken']} of {document['iterations']} was taken, "
        f"after {document['minutes']:.1f} minutes"
    )
    lines.print(f"periods are {_resolution(document)}")
    for path in document["written"]:
        lines.print(f"wrote {path}")


def _resolution(document: dict[str, Any]) -> str:
    """Say how well runs of this length tell periods."""
    return (
        f"of Fourier modes of {document['counted_months']} months: neighbours are up "
        f"to {document['period_resolution']:.3g} months apart"
    )


def print_warnings(document: dict[str, Any]) -> None:
    """Print on standard error what makes a result doubtful."""
    for text in document["warnings"]:
        print(f"gwparam: warning: {text}", file=sys.stderr)
