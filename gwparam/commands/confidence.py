"""``gwparam confidence``: teach a network how wrong it expects to be."""

import argparse
import shlex
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path, whole_number
from gwparam.commands.progress import show_progress
from gwparam.commands.span import Span
from gwparam.commands.states import (
    add_reading,
    assignments,
    read_threads,
)
from gwparam.commands.torch_threads import torch_threads
from gwparam.errors import ArgumentError, wrong_setting
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.confidence import Calibration, Fitted, Settings

EPILOG = """\
examples:
  gwparam confidence wavenet.pt states.nc -o confidence.safetensors
      learns from the drag that the states have; the last fifth of the times is kept
      to say how good it is
  gwparam confidence wavenet.pt jan.nc feb.nc -o confidence.safetensors --figure c.png
  gwparam export --ckpt network_wst.pkl --confidence confidence.safetensors -o sure.pt
      the artefact with it; then in the model: blend_error = 0.5, 1.0

The error of a column is the root mean square, over levels and both tendencies, of the
network's drag less the true one, over the standard deviation of the true drag at that
level: 0 is perfect, 1 as bad as the mean of the truth. A small perceptron learns to
expect it, from what the network sees and gives; the drag stays as it is. The table
shows columns from the most certain tenth to the least: what was expected, what was
found, and which error is left where the native scheme takes the columns above.
docs/confidence.md says how a model blends by it.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "confidence",
        help="teach a network how wrong it expects to be",
        description="Teach a network of single columns how wrong it expects to be.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("artefact", type=file_path, help="artefact of gwparam export (.pt)")
    add(
        "states",
        type=file_path,
        nargs="+",
        help="netCDF files with the true drag, in the order of their times",
    )
    add(
        *("-o", "--output"),
        type=file_path,
        required=True,
        metavar="FILE",
        help="what gwparam export takes as --confidence (.safetensors)",
    )
    add("--figure", type=file_path, metavar="FILE.png", help="draw found and expected")
    add(
        "--reference",
        metavar="VAR,VAR",
        help="variables of the true drag (default: by standard_name, then by name)",
    )
    add_reading(parser)
    add(
        "--columns",
        type=whole_number,
        default=200_000,
        metavar="N",
        help="at most so many, drawn evenly from all times (default: %(default)s)",
    )
    add(
        "--epochs",
        type=whole_number,
        default=30,
        metavar="N",
        help="passes over the columns (default: %(default)s)",
    )
    add(
        "--width",
        type=whole_number,
        default=64,
        metavar="N",
        help="units of its two hidden layers (default: %(default)s)",
    )
    add(
        "--seed",
        type=whole_number,
        default=0,
        metavar="N",
        help="of columns, weights and order (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    from gwparam.confidence import Columns, Settings, calibrate, collect, fit
    from gwparam.confidence.calibration import TENTHS
    from gwparam.confidence.figure import check_kind, draw
    from gwparam.contract import read_contract
    from gwparam.data import is_training_file, open_inputs
    from gwparam.evaluate.outputs import bind_references, comparable_fields
    from gwparam.networks.expected_error import save_head

    for name in ("columns", "epochs", "width"):
        if getattr(args, name) < 1:
            raise wrong_setting(name, getattr(args, name), "at least 1")
    for name, most in (("width", 4096), ("seed", 2**63 - 1)):
        if not 0 <= getattr(args, name) <= most:
            raise wrong_setting(name, getattr(args, name), f"0 to {most}")
    written = [path for path in (args.output, args.figure) if path is not None]
    check_outputs(written, [args.artefact, *args.states])
    if args.figure is not None:
        check_kind(args.figure)
    threads = read_threads(args)
    span = Span.read("times", args.times)
    variables = assignments(args.variable, "variable", "FIELD=VAR")
    contract = read_contract(args.artefact)
    settings = Settings(args.epochs, width=args.width, seed=args.seed)
    with ExitStack() as stack:
        if is_training_file(args.states[0]):
            raise ArgumentError(
                f"{args.states[0]} is a training file, which has no drag, expected "
                "states with the true drag"
            )
        states = stack.enter_context(
            open_inputs(args.states, contract, variables, None)
        )
        names = args.reference.split(",") if args.reference else None
        drag = [
            field
            for field in comparable_fields(contract, states)
            if field.name in contract.tendencies
        ]
        references = bind_references(states, drag, names)
        times = span.of(len(states))
        if len(times) < 2:
            raise ArgumentError(
                f"there is {len(times)} time, expected at least 2: one to learn from "
                "and one to be held against",
                settings=("times",),
            )
        with torch_threads(threads):
            parts = collect(
                args.artefact,
                contract,
                states,
                references,
                times,
                columns=args.columns,
                seed=args.seed,
                threads=threads or 1,
                advance=show_progress(stack, "run", len(times)),
            )
            kept = -(-len(times) // 5)
            training = Columns.of_all(parts[:-kept])
            others = Columns.of_all(parts[-kept:])
            if len(others) < TENTHS:
                raise ArgumentError(
                    f"{len(others)} columns are kept apart, expected at least {TENTHS}",
                    settings=("columns", "times"),
                )
            advance = show_progress(stack, "train", settings.epochs)
            fitted = fit(training, others, settings, advance)
    found = calibrate(fitted, others)
    names_of_states = [path.name for path in args.states]
    if args.figure is not None:
        draw(args.figure, found, contract.name)
    save_head(args.output, fitted.head, contract.source.sha256, names_of_states)
    document = _document(args, fitted, found, (len(training), len(others)), settings)
    head = shlex.quote(str(args.output))
    then = f"gwparam export --ckpt ... --confidence {head} -o ..."
    return Answer(document, lambda: _print(document, found), next=(then,))


def _document(
    args: argparse.Namespace,
    fitted: "Fitted",
    found: "Calibration",
    columns: tuple[int, int],
    settings: "Settings",
) -> dict[str, Any]:
    return {
        "artefact": args.artefact,
        "states": args.states,
        "columns": {"training": columns[0], "kept": columns[1]},
        "best_epoch": fitted.epoch,
        "epochs": settings.epochs,
        "loss": fitted.loss,
        "loss_of_one_error_for_all": fitted.constant_loss,
        "rank_correlation": found.correlation,
        "tenths": [
            {"up_to": up_to, "expected": expected, "found": there, "left": left}
            for up_to, expected, there, left in zip(
                found.up_to.tolist(),
                found.expected.tolist(),
                found.found.tolist(),
                found.left.tolist(),
                strict=True,
            )
        ],
        "written": [path for path in (args.output, args.figure) if path is not None],
    }


def _print(document: dict[str, Any], found: "Calibration") -> None:
    from rich.table import Table

    from gwparam import console

    lines = console.lines()
    columns = document["columns"]
    lines.print(
        f"{columns['training']} columns to learn from, {columns['kept']} of later "
        f"times to be held against; best epoch {document['best_epoch']} of "
        f"{document['epochs']}"
    )
    table = Table(title="error over the deviation of the drag", title_justify="left")
    headings = ("columns", "up to", "expected", "found", "left of all")
    for heading in headings:
        table.add_column(heading, justify="right")
    for i, tenth in enumerate(document["tenths"]):
        share = f"{10 * i} to {10 * (i + 1)} %"
        values = (f"{tenth[key]:.3g}" for key in ("up_to", "expected", "found", "left"))
        table.add_row(share, *values)
    console.tables().print(table)
    lines.print(
        f"rank correlation of expected and found {document['rank_correlation']:.2f}; "
        f"loss {document['loss']:.3f}, of one error for all columns "
        f"{document['loss_of_one_error_for_all']:.3f}"
    )
    for path in document["written"]:
        lines.print(f"wrote {path}")
    some, more = found.up_to[4], found.up_to[8]
    lines.print(
        f"in the model for example blend_error = {some:.2g}, {more:.2g}: all of the "
        "network in half of the columns, none in a tenth"
    )
