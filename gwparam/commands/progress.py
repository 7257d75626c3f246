"""What long work shows on standard error, if that is a terminal."""

import sys
from collections.abc import Callable
from contextlib import ExitStack


def show_progress(
    stack: ExitStack, name: str, total: int | None = None
) -> Callable[[], None]:
    """Show a bar, and the time that is left; without a total, the time that passed.

    Parameters
    ----------
    stack : ExitStack
        Its end takes the bar away.
    name : str
        What is done.
    total : int, optional
        Steps.

    Returns
    -------
    callable
        Says that a step is done.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns: list[ProgressColumn] = [TextColumn("{task.description}", markup=False)]
    if total is None:
        columns += [SpinnerColumn(), TimeElapsedColumn()]
    else:
        columns += [BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    bar = stack.enter_context(
        Progress(
            *columns,
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
    )
    task = bar.add_task(name, total=total)
    return lambda: bar.advance(task)
