"""torch.export without its words: what fails is in the exception, and said once."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import torch


@contextmanager
def exporting() -> Iterator[None]:
    """Trace without gradients, and keep torch from logging and printing as it fails."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with torch.no_grad(), redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def reason(error: Exception) -> str:
    """Say in a line why torch failed, which raises what it likes."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
