"""``gwparam inspect``: what an artefact needs and gives."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path
from gwparam.commands.page import add_page, read_page
from gwparam.contract import read_contract, read_probe
from gwparam.file_kinds import check_readable

if TYPE_CHECKING:
    from rich.table import Table

    from gwparam.contract import Arrays, Contract

EPILOG = """\
examples:
  gwparam inspect wavenet.pt
  gwparam inspect wavenet.pt --html
      the same with figures, as one page: wavenet.html
  gwparam inspect wavenet.pt --html network.html
  gwparam inspect wavenet.pt --json | python -m json.tool --indent 1
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "inspect",
        help="print what an artefact needs and gives",
        description="Print what an artefact needs and gives.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "artefact", type=file_path, help="artefact of gwparam export (.pt)"
    )
    add_page(parser)


def run(args: argparse.Namespace) -> Answer:
    """Run the command; the document is the contract, and the page if there is one."""
    if args.html is not None:
        check_readable(args.artefact)  # the folder at hand has no name to end otherwise
    page = read_page(args.html, args.artefact, [args.artefact])
    contract = read_contract(args.artefact)
    _, outputs = read_probe(args.artefact)
    package = _package(args.artefact)
    if page is not None:
        from gwparam.artefact_page.page import write_page

        write_page(page, args.artefact, contract, outputs, package)
    document = json.loads(contract.to_json())
    if page is not None:
        document["written"] = [page]
    return Answer(document, lambda: _print(contract, outputs, package, page))


def _package(artefact: str) -> str:
    """Say whether a package of ``gwparam compile`` runs here; empty without one."""
    from importlib.metadata import PackageNotFoundError, version

    from gwparam.compiled_package import package_path, torch_release, why_unfit

    path = package_path(artefact)
    if not path.exists():
        return ""
    try:
        torch = torch_release(version("torch"))
    except PackageNotFoundError:  # that of the library is not known here
        torch = None
    reason = why_unfit(artefact, torch)
    return (
        f"{path.name} does not fit: {reason}"
        if reason
        else (f"{path.name}, for this machine")
    )


def _print(
    contract: "Contract", probe: "Arrays", package: str, page: Path | None
) -> None:
    from gwparam import console
    from gwparam.artefact_page import facts

    text, tables = console.lines(), console.tables()
    for key, said in facts.lines(contract):
        text.print(f"{key:13} {said}")
    if package:
        text.print(f"{'compiled':13} {package}")
    tables.print(
        _table("Inputs", facts.INPUT_HEADINGS, facts.input_rows(contract)),
        _table("Outputs", facts.OUTPUT_HEADINGS, facts.output_rows(contract, probe)),
        sep="\n",
    )
    if page is not None:
        text.print(f"wrote {page}")


def _table(
    title: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
