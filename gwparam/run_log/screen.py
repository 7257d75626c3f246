"""What is taller than the terminal, shown in turns."""

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

TURN = 4.0
"""How long a part is in view [s]."""


class Turns:
    """As many lines as the terminal has; all of them where it has room.

    Parameters
    ----------
    whole : RenderableType
        What is to be seen.
    turn : int
        Which part of it, from 0; after the last comes the first.
    """

    def __init__(self, whole: RenderableType, turn: int) -> None:
        self._whole, self._turn = whole, turn

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        lines = console.render_lines(self._whole, options, pad=False)
        height = options.size.height
        part = lines
        if len(lines) > height:
            room = max(height - 1, 1)  # the last line says what is in view
            parts = -(-len(lines) // room)
            first = min(self._turn % parts * room, len(lines) - room)
            part = lines[first : first + room]
        for line in part:
            yield from line
            yield Segment.line()
        if part is not lines:
            said = f"lines {first + 1} to {first + len(part)} of {len(lines)}, in turns"
            yield Text(said, style="dim", no_wrap=True, overflow="crop")
