"""What the commands that read states share: their options, and what these say."""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.errors import ArgumentError, ModelFileError

if TYPE_CHECKING:
    from gwparam.networks.scaling import Recipe


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how to read the files and where to run the network."""
    add = parser.add_argument
    add("--times", metavar="A:B", help="only times A to B-1, counted from 0")
    add(
        "--variable",
        metavar="FIELD=VAR",
        action="append",
        default=[],
        help="variable of an input, where its name does not tell; repeatable",
    )
    add(
        "--scaling",
        metavar="FILE.json|FILE.nc",
        help="how training files were normalised, as given to gwparam export; needed "
        "for such files without the attribute, and with --ckpt",
    )
    add("--threads", type=int, default=1, help="threads of a network (default: 1)")
    add("--device", default="cpu", help="auto, cpu, cuda or cuda:N (default: cpu)")


def assignments(texts: Sequence[str], flag: str, form: str) -> dict[str, str]:
    """Read what is given as ``NAME=VALUE``.

    Raises
    ------
    ArgumentError
        If one has another form than `form`.
    """
    for text in texts:
        if "=" not in text:
            raise ArgumentError(f"{flag} is {text}, expected {form}")
    return dict(text.split("=", 1) for text in texts)


def read_scaling(args: argparse.Namespace, path: Path) -> "Recipe":
    """Read how training files were normalised: from --scaling, or the first of them.

    Raises
    ------
    ArgumentError
        If neither says it, or there is an option for states.
    GwparamError
        As `gwparam.networks.scaling.read_recipe`.
    """
    from gwparam.networks.scaling import read_recipe

    if args.variable:
        raise ArgumentError("--variable is for states, these are training files")
    if args.scaling is not None:
        return read_recipe(args.scaling)
    try:
        return read_recipe(str(path))
    except ModelFileError as error:
        raise ArgumentError(
            f"the numbers in {path} are normalised, expected --scaling FILE as "
            f"given to gwparam export: {error}"
        ) from None


def show_progress(stack: ExitStack, name: str, total: int) -> Any:
    """Show a progress bar on stderr, if that is a terminal; what advances it."""
    import sys

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = stack.enter_context(
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
    )
    task = bar.add_task(name, total=total)
    return lambda: bar.advance(task)
