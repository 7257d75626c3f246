"""The command ``gwparam``: parse arguments, call the library."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

import gwparam
from gwparam.errors import GwparamError

# A command's module is imported when the command is called: most need torch.
_COMMANDS = {
    "export": ("gwparam.commands.export", "checkpoint to artefact, with its promises"),
    "inspect": ("gwparam.commands.inspect", "print what an artefact needs and gives"),
    "networks": ("gwparam.commands.networks", "list the networks and published sizes"),
    "replay": (
        "gwparam.commands.replay",
        "run states through the library, with scores",
    ),
    "evaluate": ("gwparam.commands.evaluate", "compare models with a truth: a report"),
    "finetune": ("gwparam.commands.finetune", "train or fine-tune a network"),
    "make-states": (
        "gwparam.commands.make_states",
        "make states with the drag of a native scheme",
    ),
    "train-emulator": (
        "gwparam.commands.train_emulator",
        "train a WaveNet to give the drag of a native scheme",
    ),
    "config": ("gwparam.commands.config", "print flags to compile and link a host"),
}
_EPILOG = """\
from a trained network to a climate model:
  gwparam export --ckpt network_wst.pkl -o wavenet.pt
  gwparam inspect wavenet.pt
  gwparam replay wavenet.pt states.nc
  gfortran $(gwparam config --fflags) host.f90 $(gwparam config --libs)

gwparam COMMAND --help says more about a command.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; those of the process if absent.

    Returns
    -------
    int
        Exit status: 0, what the command gives, or 2 for bad input.
    """
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="gwparam",
        description="Machine-learned gravity-wave drag inside climate models.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command")
    called = next((word for word in argv if not word.startswith("-")), None)
    for name, (module, summary) in _COMMANDS.items():
        if name == called:
            import_module(module).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    args = parser.parse_args(argv)
    if args.version:
        print(gwparam.__version__)
        return 0
    if args.command is None:
        parser.print_usage(sys.stderr)
        return 2
    try:
        status: int = import_module(_COMMANDS[args.command][0]).run(args)
    except GwparamError as error:
        print(f"gwparam: error: {error}{_options(error, args)}", file=sys.stderr)
        return 2
    return status


def _options(error: GwparamError, args: argparse.Namespace) -> str:
    """Name the options of the command that set what an error is about."""
    known = [name for name in error.settings if name in vars(args)]
    flags = ", ".join("--" + name.replace("_", "-") for name in known)
    return f" ({flags})" if flags else ""
