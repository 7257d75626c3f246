"""What the commands that read states share: their options, and what these say."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.given import refuse_idle, whole_number
from gwparam.errors import ArgumentError, ModelFileError, wrong_setting

if TYPE_CHECKING:
    from gwparam.networks.scaling_recipe import Recipe


def add_options(parser: argparse.ArgumentParser, also: str = "") -> None:
    """Add the options that say how to read the files and where to run the network.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command.
    also : str
        What else needs --scaling.
    """
    add_reading(parser)
    add = parser.add_argument
    add(
        "--scaling",
        metavar="FILE.json|FILE.nc",
        help="how training files were normalised, as given to gwparam export; needed "
        f"for such files without the attribute{also}",
    )
    add("--device", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: cpu)")


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add what also a command has that runs networks of columns on the CPU alone."""
    add = parser.add_argument
    add("--times", metavar="A:B", help="only times A to B-1, or A; from 0")
    add(
        "--variable",
        metavar="FIELD=VAR",
        action="append",
        default=[],
        help="variable of an input, where its name does not tell; repeatable",
    )
    add(
        "--threads",
        type=whole_number,
        metavar="N",
        help="threads of a network; 0: all cores (default: 1)",
    )


def read_threads(args: argparse.Namespace) -> int:
    """Read how many threads a network has; 0: all cores.

    Raises
    ------
    ArgumentError
        If it is less.
    """
    threads: int = 1 if args.threads is None else args.threads
    if threads < 0:
        raise wrong_setting("threads", threads, "at least 0")
    return threads


def read_machine(args: argparse.Namespace) -> dict[str, Any]:
    """Read where the network runs: keywords of `gwparam.library.load_scheme`.

    Raises
    ------
    ArgumentError
        If one is out of range.
    """
    return {"threads": read_threads(args), "device": args.device or "cpu"}


def assignments(texts: Sequence[str], name: str, form: str) -> dict[str, str]:
    """Read what is given as ``NAME=VALUE``, several times.

    Raises
    ------
    ArgumentError
        If one has another form than `form`, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise wrong_setting(name, text or "empty", form)
        if key in found:
            raise wrong_setting(name, f"{key} twice", "it once")
        found[key] = value
    return found


def read_scaling(
    args: argparse.Namespace, path: Path, artefact: Path | None = None
) -> "Recipe":
    """Read how training files were normalised.

    From --scaling, the first of the files, or the folder of the training that the
    artefact lies in.

    Raises
    ------
    ArgumentError
        If neither says it, or there are options for states.
    GwparamError
        As `gwparam.networks.scaling_recipe.read_recipe`.
    """
    from gwparam.networks.scaling_recipe import read_recipe

    refuse_idle(args, "on training files", ("variable",))
    if args.scaling is not None:
        return read_recipe(args.scaling)
    try:
        return read_recipe(str(path))
    except ModelFileError as error:
        beside = _scaling_beside(artefact)
        if beside is not None:
            return read_recipe(str(beside))
        raise ArgumentError(
            f"the numbers in {path} are normalised, expected --scaling FILE as "
            f"given to gwparam export: {error}"
        ) from None


def _scaling_beside(artefact: Path | None) -> Path | None:
    """Find the recipe of a training in whose folder its artefact is; None without."""
    if artefact is None:
        return None
    from gwparam.checkpoints import read_checkpoint
    from gwparam.contract import read_contract
    from gwparam.training.train import NETWORK_FILE, SCALING_FILE

    network, recipe = artefact.with_name(NETWORK_FILE), artefact.with_name(SCALING_FILE)
    if not (network.is_file() and recipe.is_file()):
        return None
    # Another artefact that lies there is of another training.
    digest = read_contract(artefact).source.sha256
    return recipe if read_checkpoint(network).sha256 == digest else None
