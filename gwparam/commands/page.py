"""The option ``--html``: one page beside what it is about, or where it is told."""

import argparse
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from gwparam.commands.given import check_page, file_path
from gwparam.whole_files import check_outputs

# What --html without a name stands for; no path that someone types is this one.
_BESIDE = object()


def add_page(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--html",
        type=file_path,
        nargs="?",
        const=_BESIDE,
        metavar="FILE.html",
        help="write one page with figures (default: beside the artefact)",
    )


def read_page(
    given: object,
    artefact: Path,
    read: Iterable[str | PathLike[str] | None],
    ending: str = ".html",
) -> Path | None:
    """Say where the page goes; None without one.

    Parameters
    ----------
    given : object
        What the option holds.
    artefact : Path
        What the page is about.
    read : iterable of path-like
        What the command reads, and the page does not replace.
    ending : str
        Of a page beside the artefact.

    Raises
    ------
    ModelFileError, ArgumentError
        If it cannot be written there, or is read, or has another ending.
    """
    if given is None:
        return None
    page = artefact.with_suffix(ending) if given is _BESIDE else Path(str(given))
    check_outputs([page], read)
    # The word after --html is its own, though an artefact may be meant.
    check_page("html", page)
    return page
