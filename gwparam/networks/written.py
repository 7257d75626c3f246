"""Methods that are written for the inputs of a network, as TorchScript needs them."""

import linecache
from collections.abc import Callable, Sequence
from typing import Any

import torch


def written_forward(
    arguments: Sequence[str], body: Sequence[str]
) -> Callable[..., Any]:
    """Write ``forward`` of a module; TorchScript takes no ``*args``.

    Parameters
    ----------
    arguments : sequence of str
        Names of the tensors that it takes, after ``self``.
    body : sequence of str
        Its lines, which know `torch`.
    """
    lines = [f"def forward(self, {', '.join(arguments)}):"]
    lines += [f"    {line}" for line in body]
    source = "\n".join(lines) + "\n"
    file = f"<written: {'; '.join(body)}>"
    # TorchScript reads sources through inspect, which looks here.
    linecache.cache[file] = len(source), None, source.splitlines(True), file
    made: dict[str, Any] = {}
    exec(compile(source, file, "exec"), {"torch": torch}, made)
    written: Callable[..., Any] = made["forward"]
    return written
