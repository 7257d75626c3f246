"""Runs as their log tells them: what they began with, and what became of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gwparam.run_log.lines import Drag, Report, Start

SILENT = 600.0
"""A run that has said nothing for so long may have died [s]."""


@dataclass(frozen=True, slots=True)
class DragPoint:
    """What curves need of a component of the drag."""

    rms_network: float | None
    rms_native: float | None
    r2: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """What curves need of a report: numbers alone, for a hundred years have many."""

    model_days: float
    native_share: float | None
    network_share: float | None
    guarded: int
    longest_stage: float | None
    u: DragPoint | None
    v: DragPoint | None


@dataclass
class Run:
    """A run, from its start to what its log says last.

    Attributes
    ----------
    log : str
        Path of the log.
    number : int
        Of the runs in this log, from 1.
    start : Start or None
        None where the log has lost it.
    latest : Report or None
        None before the first report.
    points : list of Point
        One for each report.
    followed : bool
        Whether another run went on in the log.
    """

    log: str
    number: int
    start: Start | None = None
    latest: Report | None = None
    points: list[Point] = field(default_factory=list)
    followed: bool = False

    def why_not(self, report: Report) -> str:
        """Say why a report cannot be of this run; empty if it can.

        Two jobs that write one log are mixed in it.
        """
        before = self.latest or self.start
        if before is not None and report.ranks != before.ranks:
            return f"ranks is {report.ranks}, expected {before.ranks}"
        if self.latest is None:
            return ""
        if self.ended:
            return "it comes after the end, expected a start"
        then = (self.latest.recomputations, self.latest.model_days)
        now = (report.recomputations, report.model_days)
        if now[0] < then[0]:
            return f"recomputations is {now[0]}, expected {then[0]} or more"
        if now[1] < then[1]:
            return f"model_days is {now[1]}, expected {then[1]} or more"
        if now == then and report.kind != "end":  # a step has one line
            return f"recomputations is {now[0]} at day {now[1]} again"
        return ""

    def add(self, report: Report) -> None:
        """Take in a report."""
        self.latest = report
        longest = report.ms.longest()
        self.points.append(
            Point(
                report.model_days,
                report.native_share,
                report.network_share,
                report.guarded_columns_last_run,
                None if longest is None else longest[1],
                _point(report.last.u),
                _point(report.last.v),
            )
        )

    @property
    def ended(self) -> bool:
        """Whether it said its end."""
        return self.latest is not None and self.latest.kind == "end"

    @property
    def silent_seconds(self) -> float | None:
        """How long ago it said something [s]; None where the log does not tell."""
        line = self.latest or self.start
        try:
            then = datetime.fromisoformat(line.wall_time) if line else None
        except ValueError:
            return None
        if then is None or then.tzinfo is None:
            return None
        return max((datetime.now(UTC) - then).total_seconds(), 0.0)

    @property
    def state(self) -> str:
        """What is known of its end, in words."""
        if self.ended:
            return "ended"
        if self.followed:
            return "broke off: another run follows in the log"
        age = self.silent_seconds
        if age is None:
            return "no end in the log"
        if age > SILENT:
            return f"no end in the log, silent for {_spell(age)}"
        return f"running, last line {_spell(age)} ago"

    @property
    def columns_a_run(self) -> float | None:
        """Columns of one recomputation, in the mean."""
        if self.latest is None or not self.latest.recomputations:
            return None
        return self.latest.columns_this_run / self.latest.recomputations

    def as_dict(self) -> dict[str, Any]:
        """Turn it into what JSON holds."""
        from dataclasses import asdict

        return {
            "log": self.log,
            "number": self.number,
            "state": self.state,
            "ended": self.ended,
            "reports": len(self.points),
            "start": None if self.start is None else asdict(self.start),
            "latest": None if self.latest is None else asdict(self.latest),
        }


def _point(drag: Drag | None) -> DragPoint | None:
    if drag is None:
        return None
    return DragPoint(drag.rms_network, drag.rms_native, drag.r2)


def _spell(seconds: float) -> str:
    """Write a duration with one unit."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2.0 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
