"""Consoles of standard output, for lines and tables."""

import sys

from rich.console import Console


class _Output(Console):
    def on_broken_pipe(self) -> None:
        # rich would end the process. Called while the error is handled.
        raise


def lines() -> Console:
    """Give a console for lines, which it does not wrap.

    Texts are printed as they are: a name in brackets is no markup.
    """
    return _Output(highlight=False, markup=False, emoji=False, soft_wrap=True)


def tables(width: int = 120) -> Console:
    """Give a console for tables.

    Parameters
    ----------
    width : int
        Columns of a file or a pipe, which say of none.
    """
    known = None if sys.stdout.isatty() else width
    return _Output(width=known, highlight=False, markup=False, emoji=False)
