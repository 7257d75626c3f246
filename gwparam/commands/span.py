"""Some of a row of things, as ``A:B`` on the command line."""

from dataclasses import dataclass

from gwparam.errors import wrong_setting


@dataclass(frozen=True)
class Span:
    """What ``--times`` or ``--levels`` asks for.

    Attributes
    ----------
    name : str
        Name of the option, without dashes.
    text : str
        What was given: ``A:B``, ``A:``, ``:B``, ``:`` or ``A``.
    start : int
        The first.
    stop : int or None
        The one after the last; None: up to the end.
    """

    name: str
    text: str
    start: int = 0
    stop: int | None = None

    @classmethod
    def read(cls, name: str, text: str | None) -> "Span":
        """Read what was given; None stands for all.

        Raises
        ------
        ArgumentError
            If it has another form.
        """
        if text is None:
            return cls(name, ":")
        first, colon, last = (part.strip() for part in text.partition(":"))
        known = all(part.isdecimal() for part in (first, last) if part)
        if not known or not (first or colon):
            raise wrong_setting(name, text, "A:B or one number")
        start = int(first or 0)
        stop = int(last) if last else None if colon else start + 1
        return cls(name, text, start, stop)

    def of(self, size: int) -> range:
        """Numbers of those that are wanted, of `size` there are.

        Raises
        ------
        ArgumentError
            If there are none, or some are not there.
        """
        stop = size if self.stop is None else self.stop
        if not self.start < stop <= size:
            raise wrong_setting(self.name, self.text, f"some of 0:{size}")
        return range(self.start, stop)
