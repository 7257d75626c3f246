"""What a run says, in rows of text for the console and the page."""

from pathlib import Path

from gwparam.console import printable
from gwparam.pages.numbers import UNDEFINED, number, ratio
from gwparam.run_log.lines import Guard, Place, Report
from gwparam.run_log.runs import Run

GUARD_HEADINGS = ("guard", "policy", "columns", "last run", "levels most caught")
DRAG_HEADINGS = ("drag [m s-2]", "rms", "rms native", "bias", "correlation", "R²")
PLACE_HEADINGS = ("what", "value", "where", "level", "when", "rank")
_MOST_LEVELS = 3


def heading(run: Run) -> str:
    """Name a run: network, mode, ranks."""
    start = run.start
    name = f"{printable(Path(run.log).stem)} {run.number}"
    if start is None:
        return f"{name}, whose start is lost"
    ranks = "1 rank" if start.ranks == 1 else f"{start.ranks} ranks"
    threads = "1 thread" if start.threads == 1 else f"{start.threads} threads"
    network = f"{start.contract.name}, mode {start.mode}"
    return printable(f"{name}: {network}, {ranks} of {threads}, {start.device}")


def facts(run: Run) -> list[tuple[str, str]]:
    """Say when and what, in rows of a name and a text."""
    rows = [
        ("log", f"{printable(run.log)}, run {run.number}"),
        ("state", run.state),
    ]
    if run.start is not None:
        start = run.start
        artefact = printable(start.artefact)
        rows.append(("artefact", f"{artefact}, SHA-256 {start.sha256[:16]}…"))
        if start.restored:
            rows.append(
                ("restart", f"goes on from {start.restored_date or 'a restart'}")
            )
    report = run.latest
    if report is None:
        return [*rows, ("done", "nothing reported yet")]
    at = report.model_date or f"day {report.model_days:g}"
    columns = run.columns_a_run
    rows += [
        ("model time", f"{at}, {report.model_days:.2f} days"),
        (
            "recomputations",
            f"{report.recomputations} since the start"
            + (f", {columns:.0f} columns each" if columns else ""),
        ),
        ("who drives", _shares(report)),
        ("time", _time(run, report)),
    ]
    if report.fell_back:
        rows.append(("device", "failed: the CPU took over"))
    if report.records or report.records_left_out:
        size = (report.record_bytes or 0) / 1e6
        said = f"{report.records or 0} files, {size:.1f} MB"
        rows.append(("records", f"{said}, {report.records_left_out or 0} left out"))
    if report.momentum_imbalance is not None:
        rows.append(("momentum", f"imbalance {number(report.momentum_imbalance)}"))
    return rows


def stage_rows(report: Report) -> list[tuple[str, float, float]]:
    """Give milliseconds of each stage, and their part of the longest."""
    _, longest = report.ms.longest() or ("", 0.0)
    return [
        (name, ms, ms / longest if longest else 0.0)
        for name, ms in report.ms.by_name().items()
    ]


def guard_row(guard: Guard, report: Report) -> tuple[str, ...]:
    """Say what a guard caught, as `GUARD_HEADINGS`."""
    share = guard.columns / report.columns_this_run if report.columns_this_run else 0.0
    columns = f"{guard.columns} ({share:.2%})" if guard.columns else "0"
    return (
        guard.name,
        guard.policy,
        columns,
        str(guard.columns_last_run),
        _levels(guard),
    )


def drag_rows(report: Report) -> list[tuple[str, ...]]:
    """Say how large the drag is, and how near to the native, as `DRAG_HEADINGS`."""
    both = (("eastward", report.run.u), ("northward", report.run.v))
    return [
        (
            name,
            number(drag.rms_network),
            number(drag.rms_native),
            number(drag.bias),
            ratio(drag.correlation),
            ratio(drag.r2),
        )
        for name, drag in both
        if drag is not None
    ]


def places(report: Report) -> list[tuple[str, Place]]:
    """Give the worst that each guard caught, and the largest drags."""
    found = [
        (f"{guard.name}: {guard.worst.field.replace('_', ' ')}", guard.worst)
        for guard in report.guards
        if guard.worst is not None
    ]
    for drag in (report.run.u, report.run.v):
        if drag is not None:
            largest = (drag.largest_network, drag.largest_native)
            found += [(f"largest {at.field}", at) for at in largest if at is not None]
    return found


def place_rows(report: Report) -> list[tuple[str, ...]]:
    """Say where those are, as `PLACE_HEADINGS`."""
    return [(what, *_place(found)) for what, found in places(report)]


def _place(found: Place) -> tuple[str, ...]:
    where, level = UNDEFINED, UNDEFINED
    if found.latitude is not None and found.longitude is not None:
        where = f"{_side(found.latitude, 'NS')} {_side(found.longitude, 'EW')}"
    if found.level:
        level = str(found.level)
        if found.pressure is not None:
            level += f" ({found.pressure / 100.0:.3g} hPa)"
    value = f"{number(found.value)} {found.units}"
    return value, where, level, found.date or UNDEFINED, str(found.rank)


def _side(degrees: float, sides: str) -> str:
    around = (degrees + 180.0) % 360.0 - 180.0 if sides == "EW" else degrees
    return f"{abs(around):.1f}°{sides[around < 0.0]}"


def _levels(guard: Guard) -> str:
    caught = [(count, level) for level, count in enumerate(guard.levels, 1) if count]
    caught.sort(key=lambda pair: (-pair[0], pair[1]))
    most = [f"{level}: {count}" for count, level in caught[:_MOST_LEVELS]]
    return ", ".join(most) or UNDEFINED


def _time(run: Run, report: Report) -> str:
    longest = report.ms.longest()
    if longest is None:
        return UNDEFINED
    stage, ms = longest
    said = f"{number(ms)} ms a recomputation in the longest stage, {stage}"
    if run.start is not None and run.start.lag:
        said += "; the network runs beside the model"
    return said


def _shares(report: Report) -> str:
    native = "unknown" if report.native_share is None else f"{report.native_share:.2%}"
    said = f"guards left {native} of the columns to the native drag"
    if report.network_share is not None:
        said = f"{report.network_share:.1%} of the drag is the network's; {said}"
    return said
