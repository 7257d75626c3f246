"""``gwparam bench``: what a call of an artefact costs on this machine."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import MOST, file_path, whole_number
from gwparam.commands.progress import show_progress
from gwparam.errors import ContractError, wrong_setting

if TYPE_CHECKING:
    from gwparam.contract import Contract
    from gwparam.synthetic.columns import Columns
    from gwparam.timing.columns import Inputs
    from gwparam.timing.rounds import Step, Times

COUNTS = ("threads", "ranks")

EPILOG = """\
examples:
  gwparam bench wavenet.pt
      columns that the artefact keeps for its check, repeated to 8192
  gwparam bench wavenet.pt states.nc
      all columns of the first time of a file: as in your model
  gwparam bench wavenet.pt states.nc --columns 16,256,8192 --threads 1,2
      small calls, and more threads
  gwparam bench wavenet.pt states.nc --ranks 1,2
      ranks side by side, each with its share of the columns, as in a parallel host
  gwparam bench wavenet.pt --json | python -m json.tool
      the same numbers for a program

What is timed, in turns, so that a busy machine slows all alike:
  library   put all fields, run, get all results, in arrays of a Fortran host
  libtorch  the artefact's graph alone, all columns in one call: what the library adds
            or saves is the difference
  native    the scheme of Alexander and Dunkerton (1999) on as many columns, one thread

Times are medians, ratios medians of the ratios in a round: of CPU time on one thread of
one rank, of time by the clock on more. CPU time, of all cores together, does not count
what other programs take; it is not known of several ranks. The share of the peak is
that of the products in the network's graph, of what the processor does with nothing but
multiply-adds, in the same rounds; the library computes less than the graph where
columns have zeros inside. Networks of single columns only: their ranks need nothing of
each other.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "bench",
        help="time an artefact against libtorch and a native scheme",
        description="Time an artefact on this machine.",
        epilog=EPILOG,
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
    add(
        "--ranks",
        metavar="N,N",
        default="1",
        help="processes that take a step at the same time, each its share of the "
        "columns (default: 1)",
    )
    add(
        "--rounds",
        type=whole_number,
        metavar="N",
        default=20,
        help="turns in which each is timed (default: 20)",
    )


@dataclass(frozen=True)
class Call:
    """What is timed: of so many columns, by so many ranks of so many threads."""

    what: str
    columns: int
    threads: int = 1
    ranks: int = 1

    @property
    def clock(self) -> str:
        """CPU time of one core does not count what other programs take of it."""
        return "cpu" if self.threads == self.ranks == 1 else "elapsed"


PEAK = Call("peak", 0)


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    from gwparam.contract import read_contract
    from gwparam.timing.columns import inputs_of_probe, inputs_of_states, native_columns
    from gwparam.timing.processor import processor_name

    threads, ranks = (_numbers(name, getattr(args, name)) for name in COUNTS)
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
    if max(ranks) > min(columns):
        raise wrong_setting("ranks", max(ranks), f"at most {min(columns)} columns")
    atmosphere, described = native_columns(args.states)
    work, times = _measure(
        args, contract, inputs, atmosphere, list(product(columns, threads, ranks))
    )
    peak = times.pop(PEAK)
    document = {
        "artefact": str(args.artefact),
        "network": contract.name,
        "inputs": str(args.states) if args.states else "the artefact's probe",
        "native_inputs": described,
        "processor": processor_name(),
        "dtype": _dtype(contract),
        "rounds": args.rounds,
        "operations_per_column": work,
        "peak_operations_per_second": _peak(peak),
        "times": [_row(call, times, peak, work) for call in times],
    }
    return Answer(document, lambda: _print(document))


def _dtype(contract: "Contract") -> str:
    return contract.compute_dtype or contract.outputs[0].dtype


def _measure(
    args: argparse.Namespace,
    contract: "Contract",
    inputs: "Inputs",
    atmosphere: "Columns",
    counts: Sequence[tuple[int, int, int]],
) -> "tuple[float | None, dict[Call, Times]]":
    """Time all calls of (columns, threads, ranks); also the operations of a column."""
    from importlib.util import find_spec

    from gwparam.timing import candidates
    from gwparam.timing.ranks import library_of, native_of, side_by_side
    from gwparam.timing.rounds import measure

    has_libtorch = find_spec("torch") is not None and contract.vertical.kind == "host"
    steps: dict[Call, Step] = {PEAK: candidates.peak_step(_dtype(contract))}
    with ExitStack() as stack:
        for n, threads, ranks in counts:
            some = inputs.repeated(n)
            library = library_of(args.artefact, contract, some, threads, ranks)
            steps[Call("library", n, threads, ranks)] = stack.enter_context(
                side_by_side(library, ranks)
            )
            if has_libtorch and ranks == 1:
                steps[Call("libtorch", n, threads)] = candidates.libtorch_step(
                    args.artefact, contract, some, threads
                )
            native = Call("native", n, ranks=ranks)
            if native not in steps:
                steps[native] = stack.enter_context(
                    side_by_side(native_of(atmosphere, n, ranks), ranks)
                )
        work = None
        if has_libtorch:
            work = candidates.operations(args.artefact, contract, inputs)
        advance = show_progress(stack, "bench", args.rounds)
        return work, measure(steps, args.rounds, advance)


def _numbers(name: str, text: str) -> list[int]:
    """Read ``N,N``."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 0 < int(part) <= MOST for part in parts):
        raise wrong_setting(name, text, "numbers of at least 1, such as 16,256")
    return list(dict.fromkeys(int(part) for part in parts))


def _peak(times: "Times") -> float:
    import numpy as np

    from gwparam.timing.candidates import PEAK_OPERATIONS

    return float(2 * PEAK_OPERATIONS / np.median(times.cpu))


def _row(
    call: Call, times: "Mapping[Call, Times]", peak: "Times", work: float | None
) -> dict[str, Any]:
    """Numbers of one row of the table."""
    import numpy as np

    from gwparam.timing.candidates import PEAK_OPERATIONS
    from gwparam.timing.rounds import ratio

    its = times[call]
    found = asdict(call) | {
        "milliseconds": 1e3 * float(np.median(its.elapsed)),
        "cpu_milliseconds": None,
        "columns_per_second": call.columns / float(np.median(getattr(its, call.clock))),
        "share_of_peak": None,
    }
    if call.ranks == 1:
        found["cpu_milliseconds"] = 1e3 * float(np.median(its.cpu))
        if work is not None and call.what != "native":
            per_operation = peak.cpu / (2 * PEAK_OPERATIONS)
            operations = call.columns * work
            found["share_of_peak"] = ratio(operations * per_operation, its.cpu)
    for rival in (
        Call("native", call.columns, ranks=call.ranks),
        replace(call, what="libtorch"),
    ):
        other = times.get(rival)
        found[f"over_{rival.what}"] = (
            None
            if other is None
            else ratio(getattr(its, call.clock), getattr(other, call.clock))
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
        ("ranks", lambda row: str(row["ranks"])),
        ("threads", lambda row: str(row["threads"])),
        ("time [ms]", lambda row: f"{row['milliseconds']:.3g}"),
        ("CPU [ms]", lambda row: _said(row["cpu_milliseconds"], ".3g")),
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
