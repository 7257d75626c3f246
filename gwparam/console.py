"""Consoles of standard output, for lines and tables."""

import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment


def printable(text: str) -> str:
    """Escape what would command a terminal, or end the line."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


class _Output(Console):
    def on_broken_pipe(self) -> None:
        # rich would end the process. Called while the error is handled.
        raise

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        # Names in files and of files may hold anything; what rich does is marked.
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
                continue
            text = "\n".join(map(printable, segment.text.split("\n")))
            yield Segment(text, segment.style)


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
