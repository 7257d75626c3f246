"""What a command gives back: a document for programs, lines for people, a status."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any


class Exit(IntEnum):
    """Exit status of ``gwparam``; docs/commands.md says when."""

    DONE = 0
    DISAGREES = 1
    REFUSED = 2
    STOPPED = 3
    FAULT = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


@dataclass(frozen=True)
class Answer:
    """What a command gives back.

    Attributes
    ----------
    document : mapping
        Everything it found, which ``--json`` prints and nothing else.
    show : callable
        Prints the same for people.
    status : Exit
        Exit status.
    next : sequence of str
        Commands that are likely to come next, with ``...`` for what is not known.
    """

    document: Mapping[str, Any]
    show: Callable[[], None]
    status: Exit = Exit.DONE
    next: Sequence[str] = ()


def as_json(value: Any) -> Any:
    """Turn a document into what JSON has; numbers that are not finite are null."""
    if isinstance(value, Mapping):
        return {str(key): as_json(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(found) for found in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
