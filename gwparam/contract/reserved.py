"""Keys that say how a network came about, and those that no reader acts on yet.

A key that would change what a run means is refused, if it says anything but what this
version does: to ignore it would be a wrong answer without a word.
"""

import re
from collections.abc import Mapping, Sequence

from gwparam.contract.checks import check_distinct, refuse
from gwparam.contract.fields import (
    Calibration,
    Checksum,
    ColumnProgram,
    ExpectedError,
    Mask,
    TrainingDates,
    Weights,
)
from gwparam.errors import ContractError

_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
MAX_MEMBERS = 64


def check_members(members: int | None, further: Sequence[Weights] | None) -> None:
    """Check how many networks there are, each of which has a checkpoint.

    Raises
    ------
    ContractError
        If they are too few or many; the message names the key.
    """
    count = 1 if members is None else members
    if not 1 <= count <= MAX_MEMBERS:
        refuse("members", count, f"1 to {MAX_MEMBERS}")
    named = len(further or ())
    if named != count - 1:
        raise ContractError(f"source.further has {named} values, expected {count - 1}")


def check_run(
    lead_time: float | None,
    column_program: ColumnProgram | None,
    checksums: Sequence[Checksum] | None,
) -> None:
    """Refuse what would change a run.

    Raises
    ------
    ContractError
        If the contract asks for it; the message names the key.
    """
    if lead_time is not None and lead_time < 0.0:
        refuse("lead_time", lead_time, "at least 0")
    if column_program is not None:
        refuse("column_program", column_program.file, "null: it is reserved")
    if checksums is not None:
        refuse("checksums", f"an array of {len(checksums)}", "null: they are reserved")


def check_origin(
    mask: Mask | None,
    training_dates: Sequence[TrainingDates] | None,
    expected_error: Sequence[ExpectedError] | None,
    widths: Mapping[str, int],
) -> None:
    """Check what a contract says of how the network came about, and how good it is.

    Parameters
    ----------
    mask, training_dates, expected_error
        The keys of the contract.
    widths : mapping of str to int
        Values in one column, for each output and tendency.

    Raises
    ------
    ContractError
        If a value is out of range; the message names the key.
    """
    if mask is not None and not 0.0 <= mask.ratio <= 1.0:
        refuse("mask.ratio", mask.ratio, "0 to 1")
    if mask is not None and mask.seed < 0:
        refuse("mask.seed", mask.seed, "at least 0")
    for i, dates in enumerate(training_dates or ()):
        for part in ("first", "last"):
            day = getattr(dates, part)
            if not _DAY.fullmatch(day):
                refuse(
                    f"training_dates[{i}].{part}",
                    f'"{day}"',
                    "a date such as 1979-12-31",
                )
        if dates.last < dates.first:
            refuse(f"training_dates[{i}].last", dates.last, f"{dates.first} or later")
    errors = expected_error or ()
    for i, error in enumerate(errors):
        key = f"expected_error[{i}]"
        if error.name not in widths:
            refuse(f"{key}.name", error.name, "an output or tendency")
        values, expected = error.root_mean_square, widths[error.name]
        if len(values) != expected:
            raise ContractError(
                f"{key}.root_mean_square has {len(values)} values, expected {expected}"
            )
        if any(value < 0.0 for value in values):
            refuse(f"{key}.root_mean_square", min(values), "at least 0")
    check_distinct("expected_error", "name", [error.name for error in errors])


def check_calibration(calibration: Calibration | None) -> None:
    """Check what a contract says of a calibration.

    Raises
    ------
    ContractError
        If a count is less than possible; the message names the key.
    """
    if calibration is None:
        return
    for key, least in (("members", 1), ("iterations", 0), ("years", 1), ("seed", 0)):
        value = getattr(calibration, key)
        if value < least:
            refuse(f"calibration.{key}", value, f"at least {least}")
    for key in ("misfit_after", "misfit_before"):
        misfit = getattr(calibration, key)
        if misfit is not None and misfit < 0.0:
            refuse(f"calibration.{key}", misfit, "at least 0")
