"""What ``gwparam`` understands: its commands, their options, and where one is wrong."""

import argparse
import difflib
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any, NoReturn

from rich_argparse import RawDescriptionRichHelpFormatter

from gwparam.commands.given import file_path

# A command's module is imported when the command is called: many need torch.
COMMANDS = {
    "export": ("gwparam.commands.export", "checkpoint to artefact, with its promises"),
    "inspect": ("gwparam.commands.inspect", "print what an artefact needs and gives"),
    "compile": (
        "gwparam.commands.compile",
        "compile a network of the globe for this machine",
    ),
    "networks": ("gwparam.commands.networks", "list the networks and published sizes"),
    "replay": (
        "gwparam.commands.replay",
        "run states through the library, with scores",
    ),
    "bench": (
        "gwparam.commands.bench",
        "time an artefact against libtorch and a native scheme",
    ),
    "audit": (
        "gwparam.commands.audit",
        "measure what physics knows on an artefact",
    ),
    "evaluate": ("gwparam.commands.evaluate", "compare models with a truth: a report"),
    "finetune": ("gwparam.commands.finetune", "train or fine-tune a network"),
    "make-states": (
        "gwparam.commands.make_states",
        "make states with the drag of a scheme",
    ),
    "train-emulator": (
        "gwparam.commands.train_emulator",
        "train a WaveNet to give the drag of a native scheme",
    ),
    "confidence": (
        "gwparam.commands.confidence",
        "teach a network how wrong it expects to be",
    ),
    "qbo": (
        "gwparam.commands.qbo",
        "run drag schemes online in one column, for a century",
    ),
    "calibrate": (
        "gwparam.commands.calibrate",
        "repair an artefact of the QBO testbed by statistics of its oscillation",
    ),
    "watch": ("gwparam.commands.watch", "show what a run does, while it goes on"),
    "report": ("gwparam.commands.report", "one page of what runs did"),
    "config": ("gwparam.commands.config", "print flags to compile and link a host"),
}
"""Module and summary of each command."""

_EPILOG = """\
from a trained network to a climate model:
  gwparam export --ckpt network_wst.pkl -o wavenet.pt
  gwparam inspect wavenet.pt
  gwparam replay wavenet.pt states.nc
  gfortran $(gwparam config --fflags) host.f90 $(gwparam config --libs)

gwparam COMMAND --help says more about a command, docs/commands.md about exit statuses,
--json, and completion in a shell. GWPARAM_DEBUG=1 prints where an error was raised.
"""


class _Help(RawDescriptionRichHelpFormatter):
    group_name_formatter = str
    help_markup = text_markup = False  # [m s-2] is a unit


class _Parser(argparse.ArgumentParser):
    """Of ``gwparam`` or one of its commands.

    Options are given in full, since what is short for one today may be so for two
    tomorrow. An error is one line: the usage of a command can be a screen.
    """

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", _Help)
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"gwparam: error: {message}; see {self.prog} --help\n")


def parse(argv: Sequence[str], args: argparse.Namespace) -> argparse.ArgumentParser:
    """Parse the arguments of one call into `args`.

    Parameters
    ----------
    argv : sequence of str
        Arguments after the program's name.
    args : Namespace
        Gets them, also the first of them where a later one is wrong.

    Returns
    -------
    ArgumentParser
        That of ``gwparam``.
    """
    called = "".join(argv[:1])
    parser, commands = _parser([called])
    if called and called not in COMMANDS and not called.startswith("-"):
        parser.error(f"there is no command {called}{_near(called, COMMANDS)}")
    _, unknown = parser.parse_known_args(argv, args)
    if unknown:
        of = commands.get(called, parser)
        known = [flag for action in of._actions for flag in action.option_strings]
        word = unknown[0].partition("=")[0]
        if word.startswith("-"):
            of.error(f"there is no option {word}{_near(word, known)}")
        of.error(f"{word} is one argument too many")
    return parser


def whole_parser() -> argparse.ArgumentParser:
    """Make the parser with the options of all commands.

    Where there is no torch, those that need it have fewer.
    """
    return _parser(COMMANDS, all_that_can=True)[0]


def completion(shell: str) -> str:
    """Write what completes commands, options and files in a shell.

    Parameters
    ----------
    shell : {'bash', 'zsh', 'fish', 'tcsh'}
        Its name.
    """
    import shtab

    parser, commands = _parser(COMMANDS, all_that_can=True)
    for command in commands.values():
        for action in command._actions:
            if action.type is file_path:
                # An attribute that shtab reads, and argparse does not know.
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    script: str = shtab.complete(parser, shell)
    return script


def _parser(
    wanted: Collection[str], *, all_that_can: bool = False
) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Make the parser of ``gwparam``, with the options of the wanted commands."""
    parser = _Parser(
        prog="gwparam",
        description="Machine-learned gravity-wave drag inside climate models.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument(
        "--print-completion",
        choices=("bash", "zsh", "fish", "tcsh"),
        metavar="SHELL",
        help="print what completes commands and options in bash, zsh, fish or tcsh",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command")
    for name, (module, summary) in COMMANDS.items():
        if name not in wanted:
            subparsers.add_parser(name, help=summary)
            continue
        try:
            import_module(module).add_parser(subparsers)
        except ModuleNotFoundError:  # no torch: the command cannot run
            if not all_that_can:
                raise
            if name not in subparsers.choices:
                subparsers.add_parser(name, help=summary)
        subparsers.choices[name].add_argument(
            "--json",
            action="store_true",
            help="print one JSON document and nothing else to standard output",
        )
    known = [name for name in wanted if name in COMMANDS]
    return parser, {name: subparsers.choices[name] for name in known}


def _near(word: str, known: Collection[str]) -> str:
    """Ask whether one of the known words was meant."""
    found = difflib.get_close_matches(word, known, n=1)
    return f", did you mean {found[0]}?" if found else ""
