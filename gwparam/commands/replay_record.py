"""``gwparam replay RECORD``: a recorded call through the compiled library again."""

import argparse
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer, Exit
from gwparam.commands.given import refuse_idle
from gwparam.commands.states import read_machine

if TYPE_CHECKING:
    from gwparam.conformance.recorded_call import Difference, Rerun
    from gwparam.data.records import Record

_OF_STATES = (
    "output",
    "figure",
    "reference",
    "ckpt",
    "allow_pickle",
    "weights",
    "option",
    "through",
    "brief",
    "range_sigmas",
    "times",
    "variable",
    "scaling",
    "members",
    "member",
)
_SHOWN = 10  # columns, of those that guards gave up


def run(args: argparse.Namespace, paths: Sequence[str | PathLike[str]]) -> Answer:
    """Run a recorded call again, and say whether all bits are as they were."""
    from gwparam.conformance.recorded_call import rerun
    from gwparam.data.records import read_record

    refuse_idle(args, "with a record", _OF_STATES)
    record = read_record(paths)
    artefact = Path(args.artefact_file or record.attributes["artefact"])
    machine = read_machine(args) | ({"threads": None} if args.threads is None else {})
    found = rerun(record, artefact, **machine)
    agrees = found.agrees_with(record)
    return Answer(
        _document(record, artefact, found),
        lambda: _print(record, artefact, found),
        Exit.DONE if agrees else Exit.DISAGREES,
    )


def _document(record: "Record", artefact: Path, found: "Rerun") -> Mapping[str, Any]:
    """Everything, for a program."""
    its = record.attributes
    return {
        "record": list(record.paths),
        "artefact": str(artefact),
        "artefact_sha256": its["artefact_sha256"],
        "model_days": its["model_days"],
        "model_date": its["model_date"],
        "call": int(its["call"]),
        "members": its.get("members", "mean"),
        "member": int(its.get("member", 0)) or None,
        "ranks": int(its["ranks"]),
        "ranks_missing": record.missing_ranks,
        "columns": record.latitude.size,
        "guarded": [_column(record, int(c)) for c in record.guarded],
        "guarded_now": [_column(record, int(c)) for c in found.guarded],
        "failure": record.failure or None,
        "failure_now": found.failure or None,
        "same_bits": found.agrees_with(record),
        "differing_columns": dict(found.differing),
        "first_difference": _first(record, found.first),
    }


def _column(record: "Record", column: int) -> dict[str, Any]:
    return {
        "column": column + 1,
        "rank": int(record.ranks[column]),
        "latitude": float(record.latitude[column]),
        "longitude": float(record.longitude[column]),
    }


def _first(record: "Record", first: "Difference | None") -> dict[str, Any] | None:
    if first is None:
        return None
    return _column(record, first.column) | {
        "stage": first.stage,
        "level": first.level,
        "output": first.name or None,
        "recorded": first.recorded,
        "found": first.found,
    }


def _print(record: "Record", artefact: Path, found: "Rerun") -> None:
    """Say it to people."""
    from gwparam import console

    its, lines = record.attributes, console.lines()
    date = f" ({its['model_date']})" if its["model_date"] else ""
    lines.print(
        f"record      call {int(its['call'])} at day {its['model_days']:g}{date}, by "
        f"{its['source']}\n"
        f"artefact    {artefact}, SHA-256 as recorded\n"
        f"columns     {record.latitude.size} of {len(record.paths)} of "
        f"{int(its['ranks'])} ranks, on {record.pressure.size} levels"
    )
    if its.get("members", "mean") != "mean":
        lines.print(f"member      {int(its['member'])}, as members = {its['members']}")
    if record.failure:
        lines.print(f"recorded    the call failed: {record.failure}")
    else:
        _print_guarded(record, lines)
    if found.failure:
        lines.print(f"replayed    the call failed: {found.failure}")
    elif record.failure:
        lines.print("replayed    DIFFERS: the call did not fail")
    elif found.first is None:
        lines.print("replayed    the same bits, in all columns and at all stages")
    else:
        _print_difference(record, found, lines)


def _print_guarded(record: "Record", lines: Any) -> None:
    guarded = record.guarded
    lines.print(f"guards      changed {guarded.size} columns")
    for column in guarded[:_SHOWN]:
        lines.print(f"            {record.place(int(column))}")
    if guarded.size > _SHOWN:
        lines.print(f"            and {guarded.size - _SHOWN} more (--json has all)")


def _print_difference(record: "Record", found: "Rerun", lines: Any) -> None:
    from gwparam.conformance.recorded_call import STAGES

    first = found.first
    assert first is not None
    lines.print(
        f"replayed    DIFFERS, first in {record.place(first.column)}\n"
        f"stage       {first.stage}: {STAGES[first.stage]}"
    )
    if first.level is None:
        lines.print("level       none: its drag is the same nevertheless")
    else:
        lines.print(
            f"level       {first.level} from the top: {first.name} was recorded as "
            f"{first.recorded:.17g}, and is {first.found:.17g} m s-2"
        )
    counts = ", ".join(f"{stage} {n}" for stage, n in found.differing.items())
    lines.print(f"columns that differ by stage: {counts}")
