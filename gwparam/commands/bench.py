"""``gwparam bench``: what a call of an artefact costs on this machine."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path
from gwparam.commands.states import show_progress
from gwparam.errors import ContractError, wrong_setting

if TYPE_CHECKING:
    from gwparam.timing.rounds import Step, Times

EPILOG = """\
examples:
  gwparam bench wavenet.pt
      columns that the artefact keeps for its check, repeated to 8192
  gwparam bench wavenet.pt states.nc
      all columns of the first time of a file: as in your model
  gwparam bench wavenet.pt states.nc --columns 16,256,8192 --threads 1,2
      small calls, and more threads
  gwparam bench wavenet.pt --json | python -m json.tool
      the same numbers for a program

What is timed, in turns, so that a busy machine slows all alike:
  library   put all fields, run, get all results, in arrays of a Fortran host
  libtorch  the artefact's graph alone, all columns in one call: what the library adds
            or saves is the difference
  native    the scheme of Alexander and Dunkerton (1999) on as many columns, one thread

Times are medians, ratios medians of the ratios in a round: of CPU time on one thread,
of time by the clock on more. CPU time, of all cores together, does not count what other
programs take. The share of the peak is that of the products in the network's graph, of
what the processor does with nothing but multiply-adds, in the same rounds; the library
may compute less than the graph. Networks of single columns only; several ranks:
benchmarks/ranks.py.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "bench",
        help="time an artefact against libtorch and a native scheme",
        description="Time an artefact on this machine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("artefact", type=file_path, help="artefact of gwparam export (.pt)")
    add("states", type=file_path, nargs="?", help="netCDF file of a host's states")
    add(
        "--columns",
        metavar="N,N",
        help="columns of a call (default: all of the states, or 8192)",
    )
    add("--threads", metavar="N,N", default="1", help="threads of a call (default: 1)")
    add("--rounds", type=int, metavar="N", default=20, help="(default: 20)")


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    from importlib.util import find_spec

    from gwparam.contract import read_contract
    from gwparam.timing import candidates
    from gwparam.timing.columns import inputs_of_probe, inputs_of_states, native_columns
    from gwparam.timing.processor import processor_name
    from gwparam.timing.rounds import measure

    threads = _numbers("threads", args.threads)
    if args.rounds < 1:
        raise wrong_setting("rounds", args.rounds, "at least 1")
    contract = read_contract(args.artefact)
    if contract.geometry.kind != "column":
        raise ContractError(
            f"{contract.name} is of kind {contract.geometry.kind}, expected a network "
            "of single columns; gwparam replay times one time of states"
        )
    if args.states is None:
        inputs = inputs_of_probe(args.artefact, contract)
        columns = _numbers("columns", args.columns or "8192")
    else:
        inputs = inputs_of_states(args.states, contract)
        columns = _numbers("columns", args.columns or str(len(inputs)))
    dtype = contract.compute_dtype or contract.outputs[0].dtype
    has_libtorch = find_spec("torch") is not None and contract.vertical.kind == "host"
    atmosphere, described = native_columns(args.states)

    steps: dict[str, Step] = {"peak": candidates.peak_step(dtype)}
    rows: list[dict[str, Any]] = []

    def add(what: str, n: int, of: int, step: "Step") -> None:
        name = f"{what} {n} {of}"
        steps[name] = step
        rows.append({"what": what, "columns": n, "threads": of, "step": name})

    for n in columns:
        some = inputs.repeated(n)
        for of in threads:
            add(
                "library",
                n,
                of,
                candidates.library_step(args.artefact, contract, some, of),
            )
            if has_libtorch:
                add(
                    "libtorch",
                    n,
                    of,
                    candidates.libtorch_step(args.artefact, contract, some, of),
                )
        add("native", n, 1, candidates.native_step(atmosphere, n))
    work = None
    if has_libtorch:
        work = candidates.operations(args.artefact, contract, inputs)
    with ExitStack() as stack:
        advance = show_progress(stack, "bench", args.rounds)
        times = measure(steps, args.rounds, advance)
    document = {
        "artefact": str(args.artefact),
        "network": contract.name,
        "inputs": str(args.states) if args.states else "the artefact's probe",
        "native_inputs": described,
        "processor": processor_name(),
        "dtype": dtype,
        "rounds": args.rounds,
        "operations_per_column": work,
        "peak_operations_per_second": _peak(times["peak"]),
        "times": [_row(row, times, work) for row in rows],
    }
    return Answer(document, lambda: _print(document))


def _numbers(name: str, text: str) -> list[int]:
    """Read ``N,N``."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise wrong_setting(name, text, "numbers of at least 1, such as 16,256")
    return list(dict.fromkeys(int(part) for part in parts))


def _peak(times: "Times") -> float:
    import numpy as np

    from gwparam.timing.candidates import PEAK_OPERATIONS

    return float(2 * PEAK_OPERATIONS / np.median(times.cpu))


def _row(
    row: dict[str, Any], times: "dict[str, Times]", work: float | None
) -> dict[str, Any]:
    """Numbers of one row of the table."""
    import numpy as np

    from gwparam.timing.candidates import PEAK_OPERATIONS
    from gwparam.timing.rounds import ratio

    its, n = times[row["step"]], row["columns"]
    seconds = float(np.median(its.elapsed))
    # One thread: what others take of the core is not its time.
    alone = row["threads"] == 1
    found = {name: row[name] for name in ("what", "columns", "threads")} | {
        "milliseconds": 1e3 * seconds,
        "cpu_milliseconds": 1e3 * float(np.median(its.cpu)),
        "columns_per_second": n / (float(np.median(its.cpu)) if alone else seconds),
        "share_of_peak": None,
    }
    if work is not None and row["what"] != "native":
        per_operation = times["peak"].cpu / (2 * PEAK_OPERATIONS)
        found["share_of_peak"] = ratio(n * work * per_operation, its.cpu)
    for rival, of in (("native", 1), ("libtorch", row["threads"])):
        other = times.get(f"{rival} {n} {of}")
        clock = "cpu" if alone else "elapsed"
        found[f"over_{rival}"] = (
            None if other is None else ratio(getattr(its, clock), getattr(other, clock))
        )
    return found


def _print(document: dict[str, Any]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from gwparam import console

    lines = console.lines()
    lines.print(f"{document['network']}, {document['dtype']}")
    lines.print(f"inputs: {document['inputs']}; native: {document['native_inputs']}")
    peak = document["peak_operations_per_second"] / 1e9
    lines.print(f"{document['processor']}, {peak:.0f} GFLOP/s of multiply-adds a core")
    table = Table(box=SIMPLE_HEAD)
    headings: Sequence[tuple[str, Callable[[dict[str, Any]], str]]] = (
        ("", lambda row: row["what"]),
        ("columns", lambda row: str(row["columns"])),
        ("threads", lambda row: str(row["threads"])),
        ("time [ms]", lambda row: f"{row['milliseconds']:.3g}"),
        ("CPU time [ms]", lambda row: f"{row['cpu_milliseconds']:.3g}"),
        ("columns/s", lambda row: f"{row['columns_per_second']:.3g}"),
        ("of the peak", lambda row: _said(row["share_of_peak"], ".0%")),
        ("over native", lambda row: _said(row["over_native"], ".2f")),
        ("over libtorch", lambda row: _said(row["over_libtorch"], ".2f")),
    )
    for heading, _ in headings:
        table.add_column(heading, justify="right" if heading else "left")
    for row in document["times"]:
        table.add_row(*(text(row) for _, text in headings))
    console.tables().print(table)


def _said(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
