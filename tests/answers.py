"""What a command answers to ``--json``."""

import io
import json
from contextlib import redirect_stdout
from typing import Any

from gwparam.cli import main


def answer(*arguments: object) -> tuple[int, Any]:
    """Run a command in this process.

    Returns
    -------
    int
        Its exit status.
    Any
        The document that it printed; None if it printed nothing.
    """
    printed = io.StringIO()
    with redirect_stdout(printed):
        status = main([*map(str, arguments), "--json"])
    return status, json.loads(printed.getvalue()) if printed.getvalue() else None
