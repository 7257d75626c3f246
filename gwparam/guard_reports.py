"""What the guards of the compiled library caught."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.shared_library import check, shared_library


class GuardedValue(NamedTuple):
    """A value that a guard caught: gwparam_place of gwparam.h."""

    field: str
    value: float
    units: str
    excess: float
    """How far beyond: 1 is the bound; infinite where that has no measure."""
    latitude: float
    longitude: float
    level: int
    """From 1 at the top; 0: the field has none."""
    pressure: float
    run: int
    date: str


class GuardReport(NamedTuple):
    """What one guard caught since the load."""

    name: str
    """Of the option with its policy; ``finite``: of `on_limit`."""
    policy: str
    columns: int
    columns_last_run: int
    levels: NDArray[np.int64]
    """Values beyond, on each level from the top."""
    worst: GuardedValue | None


def guard_reports(handle: Any, policies: dict[int, str]) -> list[GuardReport]:
    """Ask a scheme, in the order in which guards look at a column.

    Parameters
    ----------
    handle : cdata
        ``gwparam_scheme *``.
    policies : dict of str
        Words of ``GWPARAM_GUARD_*``.

    Returns
    -------
    list of GuardReport
        One a guard.
    """
    ffi, lib = shared_library()
    report = ffi.new("gwparam_guard_report *")
    size, count = ffi.sizeof("gwparam_guard_report"), ffi.new("int64_t *")
    found: list[GuardReport] = []
    while True:
        number = len(found) + 1
        check(
            lib.gwparam_scheme_guard(handle, number, report, size, ffi.NULL, 0, count)
        )
        if report.name[0] == b"\0":
            return found
        levels = np.zeros(count[0], np.int64)
        buffer = ffi.from_buffer("int64_t[]", levels)
        check(
            lib.gwparam_scheme_guard(
                handle, number, report, size, buffer, levels.size, count
            )
        )
        found.append(
            GuardReport(
                _text(report.name),
                policies[report.policy],
                report.columns,
                report.columns_last_run,
                levels,
                _value(report.worst) if report.worst.excess > 0.0 else None,
            )
        )


def _value(place: Any) -> GuardedValue:
    found: dict[str, Any] = {
        name: getattr(place, name) for name in GuardedValue._fields
    }
    for name in ("field", "units", "date"):
        found[name] = _text(found[name])
    return GuardedValue(**found)


def _text(characters: Any) -> str:
    return str(shared_library()[0].string(characters).decode(errors="replace"))
