"""What was given is used: an option that would have no effect is refused."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from gwparam.errors import ArgumentError, wrong_setting

MOST = 2**31 - 1
"""Largest whole number of an option."""


def file_path(text: str) -> Path:
    """Read a path of the command line; the parser names the option that has none.

    Raises
    ------
    ArgumentTypeError
        If it is empty, which `Path` takes for the folder at hand.
    """
    if not text:
        raise argparse.ArgumentTypeError("the path is empty, expected one")
    return Path(text)


def whole_number(text: str) -> int:
    """Read an integer of the command line.

    Raises
    ------
    ArgumentTypeError
        If it is none, or beyond what C counts with.
    """
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is no whole number, expected one"
        ) from None
    if abs(value) > MOST:
        raise argparse.ArgumentTypeError(
            f"{text} is too large, expected {MOST} at most"
        )
    return value


def refuse_idle(args: argparse.Namespace, why: str, names: Iterable[str]) -> None:
    """Refuse options that would have no effect.

    Parameters
    ----------
    args : Namespace
        Arguments, where an option that was not given is None, False or empty.
    why : str
        Such as ``without --ckpt``.
    names : iterable of str
        Names of the options in `args`.

    Raises
    ------
    ArgumentError
        If one was given.
    """
    for name in names:
        value = getattr(args, name)
        if value is not None and value is not False and value != []:
            flag = "--" + name.replace("_", "-")
            raise ArgumentError(f"{flag} has no effect {why}")


def check_page(option: str, page: Path) -> None:
    """Check that a page has a name of its own: another file may be meant.

    Parameters
    ----------
    option : str
        Name of the option.
    page : Path
        Where the page goes.

    Raises
    ------
    ArgumentError
        If it does not end in .html or .htm.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise wrong_setting(option, page, "a name that ends in .html")


def check_name(name: str | None) -> None:
    """Check that what people will call a network is not empty.

    Raises
    ------
    ArgumentError
        If it is.
    """
    if name is not None and not name.strip():
        raise ArgumentError("name is empty, expected a text", settings=("name",))
