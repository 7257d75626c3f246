"""The command ``gwparam``: parse arguments, call the library."""

import argparse
import json
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import gwparam
from gwparam.commands.answer import Answer, Exit, as_json
from gwparam.commands.parser import COMMANDS, completion, parse
from gwparam.errors import GwparamError, InternalError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; whatever a command raises ends here.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; those of the process if absent.

    Returns
    -------
    int
        Exit status, one of `Exit`. What went wrong is one line on standard error.
    """
    args = argparse.Namespace()
    try:
        # Those of libraries are for who wrote the call.
        if not (_debugs() or sys.warnoptions):
            warnings.simplefilter("ignore")
        try:
            return _run(sys.argv[1:] if argv is None else argv, args)
        finally:
            sys.stdout.flush()  # here, where an error of it is caught
    except BaseException as error:
        if isinstance(error, SystemExit):  # of the parser, which has said why
            raise
        text, status = _explain(error, args)
        if _debugs():
            traceback.print_exc()
        if text:
            print(f"gwparam: {_one_line(text)}", file=sys.stderr)
        _drop_output()
        return status


def run() -> NoReturn:
    """Run the command line as a program of its own, and end it."""
    status = main()
    if "gwparam.training.gloo" in sys.modules:  # a training, perhaps of a group
        from gwparam.training.gloo import leave_group

        leave_group(status)
    sys.exit(status)


def _debugs() -> bool:
    return os.environ.get("GWPARAM_DEBUG", "0") not in ("", "0")


def _run(argv: Sequence[str], args: argparse.Namespace) -> Exit:
    """Parse the arguments into `args` and print what the command gives."""
    parser = parse(argv, args)
    if args.version:
        print(gwparam.__version__)
        return Exit.DONE
    if args.print_completion:
        print(completion(args.print_completion))
        return Exit.DONE
    if args.command is None:
        parser.print_usage(sys.stderr)
        return Exit.REFUSED
    answer: Answer = import_module(COMMANDS[args.command][0]).run(args)
    if args.json:
        document = {**answer.document, **({"next": answer.next} if answer.next else {})}
        print(json.dumps(as_json(document), indent=2, allow_nan=False))
    else:
        answer.show()
        for i, line in enumerate(answer.next):
            print("next: " if i == 0 else "      ", line, sep="")
    return answer.status


def _explain(error: BaseException, args: argparse.Namespace) -> tuple[str, Exit]:
    """Say what happened, and the exit status."""
    match error:
        case BrokenPipeError():  # of ``| head``, which has what it wants
            return "", Exit.BROKEN_PIPE
        case KeyboardInterrupt():
            return "interrupted", Exit.INTERRUPTED
        case InternalError():
            pass
        case GwparamError():
            return f"error: {error}{_options(error, args)}", Exit.REFUSED
        case ModuleNotFoundError(name="torch"):
            return "error: needs torch: pip install 'gwparam[torch]'", Exit.REFUSED
        case MemoryError():
            return f"error: out of memory: {error}", Exit.REFUSED
        case OSError(strerror=str(reason), filename=path):
            where = f"{os.fsdecode(path)}: " if isinstance(path, str | bytes) else ""
            return f"error: {where}{reason}", Exit.REFUSED
    return (
        f"fault of gwparam: {type(error).__name__}: {error}; please report it with the "
        "command; GWPARAM_DEBUG=1 prints where it was raised",
        Exit.FAULT,
    )


def _options(error: GwparamError, args: argparse.Namespace) -> str:
    """Name the options of the command that set what an error is about."""
    known = [name for name in error.settings if name in vars(args)]
    flags = ", ".join("--" + name.replace("_", "-") for name in known)
    return f" ({flags})" if flags else ""


def _one_line(text: str) -> str:
    """Text on one line, without what would command a terminal."""
    from gwparam.console import printable

    lines = (line.strip() for line in text.splitlines())
    return printable(" ".join(line for line in lines if line))


def _drop_output() -> None:
    """Let go of what cannot be written, or the interpreter would try again."""
    with suppress(OSError, ValueError):  # a stream without a file, as in tests
        sys.stdout.flush()
        return
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
