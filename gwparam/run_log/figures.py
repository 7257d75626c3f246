"""Figures of a run: curves by model day, stages, levels of guards, and a map."""

from collections.abc import Callable
from itertools import zip_longest

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from gwparam.pages.colours import TRUTH_COLOUR, colour_of
from gwparam.pages.geography import as_map
from gwparam.pages.picture import (
    SMALL,
    WIDE,
    Array,
    Panel,
    Picture,
    draw_panel,
    pressure_axis,
)
from gwparam.run_log.lines import Guard, Report
from gwparam.run_log.runs import DragPoint, Point, Run
from gwparam.run_log.words import places, stage_rows

KEY = (
    ("network", colour_of(0)),
    ("native scheme", TRUTH_COLOUR),
    ("left by guards", colour_of(1)),
)
"""What the colours mean in all figures of a run."""
_NETWORK, _NATIVE, _GUARDS = (colour for _, colour in KEY)

# Its levels are those of the network; all other guards see the host's.
_ON_NETWORK_LEVELS = "on_range"

# A curve of more points shows no more.
_MOST_POINTS = 2000

_CURVES_CAPTION = (
    "By model day. Shares and milliseconds are those since the start of the run; the "
    "drag is that of the last recomputation before each report."
)
_MAP_CAPTION = "Where the guards caught the worst, and where the drag was largest: {}."

Value = Callable[[Point], float | None]


def curves(run: Run) -> Picture | None:
    """Draw what a run did by model day; None with fewer than two reports."""
    step = -(-len(run.points) // _MOST_POINTS) or 1
    points = run.points[::step]
    if points[-1:] != run.points[-1:]:
        points = [*points, run.points[-1]]
    if len(points) < 2:
        return None
    panels = [
        _curve(
            points,
            "Who drives",
            "share",
            [
                (lambda p: p.network_share, _NETWORK),
                (lambda p: p.native_share, _GUARDS),
            ],
        ),
        _curve(
            points,
            "Columns caught in the last run",
            "columns",
            [(lambda p: p.guarded, _GUARDS)],
        ),
        _curve(
            points,
            "Longest stage of a recomputation",
            "ms",
            [(lambda p: p.longest_stage, _NETWORK)],
        ),
    ]
    for name, wind in (("u", "Eastward"), ("v", "Northward")):
        panels.append(
            _curve(
                points,
                f"{wind} drag",
                "rms [m s-2]",
                [
                    (_of(name, lambda d: d.rms_native), _NATIVE),
                    (_of(name, lambda d: d.rms_network), _NETWORK),
                ],
            )
        )
        scored = _of(name, lambda d: d.r2)
        if any(scored(point) is not None for point in points):
            panels.append(
                _curve(points, f"{wind}: R² to native", "R²", [(scored, _NETWORK)])
            )
    return Picture(tuple(panels), _CURVES_CAPTION)


def stages(report: Report) -> Panel:
    """Draw the time of each stage."""

    def draw(axis: Axes) -> None:
        rows = stage_rows(report)[::-1]
        times = [ms for _, ms, _ in rows]
        axis.barh([name for name, _, _ in rows], times, color=_NETWORK)
        for at, (_, ms, _) in enumerate(rows):
            axis.annotate(
                f"{ms:.3g} ms",
                (ms, at),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
            )
        axis.set_xlim(0.0, 1.5 * max(times, default=1.0) or 1.0)
        axis.set_title("Time by stage")
        axis.set_xlabel("ms a recomputation, slowest rank")

    return draw_panel("Milliseconds a recomputation by stage.", draw, SMALL)


def levels(run: Run, report: Report) -> list[Panel]:
    """Draw how much guards caught at each level, of the network and of the host.

    The one has levels of its own, so that each has a panel where something was caught.
    """
    caught = [guard for guard in report.guards if any(guard.levels)]
    network = [guard for guard in caught if guard.name == _ON_NETWORK_LEVELS]
    host = [guard for guard in caught if guard.name != _ON_NETWORK_LEVELS]
    panels = []
    if network:
        pressure = _pressures(run, len(network[0].levels))
        panels.append(_caught("network", network, pressure))
    if host:
        panels.append(_caught("host", host, None))
    return panels


def _caught(whose: str, guards: list[Guard], pressure: Array | None) -> Panel:
    """Draw what guards caught on levels of the same kind, from the top."""
    # A guard that sees half levels has one more.
    by_level = zip_longest(*(guard.levels for guard in guards), fillvalue=0)
    counts = [sum(level) for level in by_level]

    def draw(axis: Axes) -> None:
        if pressure is None:
            axis.plot(counts, np.arange(1, len(counts) + 1), marker=".", color=_GUARDS)
            axis.invert_yaxis()
            axis.set_ylabel("level, from the top")
        else:
            axis.plot(counts, pressure, marker=".", color=_GUARDS)
            pressure_axis(axis, pressure)
            axis.set_ylabel("pressure [hPa]")
        axis.set_title(f"Caught on levels of the {whose}")
        axis.set_xlabel("values since the start")
        axis.grid(True)

    names = ", ".join(guard.name for guard in guards)
    return draw_panel(
        f"Values that {names} caught, by level of the {whose}.", draw, SMALL
    )


def where(report: Report) -> Picture | None:
    """Draw the worst and the largest on a map; None where no place is known."""
    found = [
        (number, what, at)
        for number, (what, at) in enumerate(places(report), 1)
        if at.latitude is not None and at.longitude is not None
    ]
    if not found:
        return None

    def draw(axis: Axes) -> None:
        as_map(axis, np.array([0.0, 360.0]))
        halo = [patheffects.withStroke(linewidth=2.5, foreground="white")]
        at_place: dict[tuple[float, float], list[int]] = {}
        for number, _, at in found:
            place = (float(at.longitude or 0.0) % 360.0, float(at.latitude or 0.0))
            at_place.setdefault(place, []).append(number)
        for (longitude, latitude), numbers in at_place.items():
            axis.plot(longitude, latitude, "o", color=_GUARDS, markersize=6)
            text = ", ".join(map(str, numbers))
            axis.annotate(
                text,
                (longitude, latitude),
                (5, 5),
                textcoords="offset points",
                fontweight="bold",
                path_effects=halo,
            )

    panel = draw_panel("Map of the worst and the largest.", draw, WIDE, raster=True)
    told = ", ".join(f"{number} {what}" for number, what, _ in found)
    return Picture((panel,), _MAP_CAPTION.format(told), wide=True)


def _of(component: str, value: Callable[[DragPoint], float | None]) -> Value:
    """Take a value of the drag of the last recomputation."""

    def get(point: Point) -> float | None:
        drag = getattr(point, component)
        return None if drag is None else value(drag)

    return get


def _curve(
    points: list[Point], title: str, label: str, lines: list[tuple[Value, str]]
) -> Panel:
    def draw(axis: Axes) -> None:
        days = [point.model_days for point in points]
        for value, colour in lines:
            values = np.array([value(point) for point in points], dtype=np.float64)
            axis.plot(days, values, color=colour, linewidth=1.4)
        if label != "R²":
            axis.set_ylim(bottom=0.0)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.set_title(title)
        axis.set_xlabel("model day")
        axis.set_ylabel(label)
        axis.grid(True)

    return draw_panel(f"{title} [{label}] by model day.", draw, (3.6, 2.3))


def _pressures(run: Run, count: int) -> Array | None:
    """Pressures of the network's levels from the top [hPa], where the log has them."""
    if run.start is None:
        return None
    vertical = run.start.contract.vertical
    known = vertical.nominal_pressure or vertical.pressure
    if known is None or len(known) != count:
        return None
    from_top = known if vertical.order == "top_down" else known[::-1]
    return np.array(from_top) / 100.0
