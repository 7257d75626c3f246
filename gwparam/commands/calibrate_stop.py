"""What ``gwparam calibrate`` does when somebody asks it to stop."""

import argparse
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gwparam.commands.answer import Answer, Exit

if TYPE_CHECKING:
    from gwparam.training.interruption import Interruption


class StoppedError(Exception):
    """Somebody asked to stop."""


def stopping(interruption: "Interruption") -> Callable[[], None]:
    """Give what raises `StoppedError` between two months when somebody asked."""

    def advance() -> None:
        if interruption.signal is not None:
            raise StoppedError

    return advance


def stopped(
    args: argparse.Namespace, state: Path, defaults: Mapping[str, object]
) -> Answer:
    """Say what is kept of a calibration that was stopped, and how to go on.

    Parameters
    ----------
    args : Namespace
        What was said.
    state : Path
        Where the state is, if an iteration was done.
    defaults : mapping
        Of options with a value, by name.
    """
    kept = state.exists()
    text = (
        f"stopped: {state} holds the iterations that were done"
        if kept
        else "stopped in the first iteration: nothing is kept"
    )
    then = (_command_to_go_on(args, defaults),) if kept else ()
    document = {"stopped": True, "state": state if kept else None}
    return Answer(document, lambda: print(text), Exit.STOPPED, then)


def _command_to_go_on(args: argparse.Namespace, defaults: Mapping[str, object]) -> str:
    """Give the command with all that was said, and ``--go-on``."""
    words = ["gwparam", "calibrate", str(args.artefact)]
    if args.layers:
        words += ["--layers", *args.layers]
    words += ["--against", str(args.against), "-o", str(args.output)]
    optional = {"source_flux": None, "spectral_width": None}
    for name, default in {**defaults, **optional}.items():
        value = getattr(args, name)
        if value != default:
            words += ["--" + name.replace("_", "-"), str(value)]
    return shlex.join([*words, "--go-on"])
