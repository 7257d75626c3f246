"""``gwparam replay``: states through the compiled library, and how well it does."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands import replay_record
from gwparam.commands.answer import Answer, Exit
from gwparam.commands.given import file_path, refuse_idle, whole_number
from gwparam.commands.progress import show_progress
from gwparam.commands.span import Span
from gwparam.commands.states import (
    add_options,
    assignments,
    read_machine,
    read_scaling,
)
from gwparam.commands.weights import add_weights
from gwparam.errors import ArgumentError
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.conformance.eager import EagerNetwork
    from gwparam.conformance.result import OutputResult, Replay
    from gwparam.contract import Contract

EPILOG = """\
examples:
  gwparam replay wavenet.pt states.nc
      library against PyTorch, and against the reference tendencies that the file has
  gwparam replay wavenet.pt states.nc --reference gwfcng_x,gwfcng_y \\
      -o predicted.nc --figure drag.png
  gwparam replay wavenet.pt jan.nc feb.nc --times 0:10 --through fortran
  gwparam replay wavenet.pt states.nc --ckpt network_wst.pkl
      compare with the network as published (float64) instead of the artefact's graph
  gwparam replay wavenet.pt states.nc --json > scores.json
      the same numbers for a program
  gwparam replay ensemble.pt states.nc --members one --member 2
      one network of several, against its own graph
  gwparam replay ann.pt era5_training.nc --scaling era5.json
      a published training file, on the network's own levels, against its fluxes

  gwparam replay gwparam_record.day000012.25000.*.nc
      a call that a model recorded: the same bits, or the first column, stage and level
      that differ

exit status: 0 if library and PyTorch agree within the artefact's tolerance, or a record
has the same bits, 1 if not; docs/commands.md has the others

Variables are found by standard_name, then by name. Every time, column and level counts
the same in a score; the tropics are |latitude| <= 15. A network on levels of its own,
or one that gives fluxes, needs the half levels of the states: pk and bk, or hyai and
hybi, of p = a + b ps. Training files have none, and no drag.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "replay",
        help="run states through the library, with scores",
        description="Run states through the compiled library and score the result.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "artefact",
        type=file_path,
        help="artefact of gwparam export (.pt), or the first file of a record",
    )
    add(
        "states",
        type=file_path,
        nargs="*",
        help="netCDF files, in the order of their times, or a record's other files",
    )
    add(
        "--artefact",
        dest="artefact_file",
        type=file_path,
        metavar="ARTEFACT",
        help="with a record: where its artefact lies now (default: where it lay then)",
    )
    add(
        "-o",
        "--output",
        type=file_path,
        metavar="OUT.nc",
        help="write predicted fields",
    )
    add(
        "--figure",
        type=file_path,
        metavar="FILE.png",
        help="draw zonal means of the drag, or of what else the network gives",
    )
    add(
        "--reference",
        metavar="VAR,VAR",
        help="references, in the order of the tables; "
        "'none' for no comparison (default: found by standard_name, then by name)",
    )
    add(
        "--ckpt",
        type=file_path,
        metavar="FILE",
        help="compare with the network of this checkpoint",
    )
    add("--allow-pickle", action="store_true", help="trust a pickled checkpoint")
    add_weights(parser)
    add(
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="with --ckpt: what the export was told and the contract does not hold, "
        "such as heads=4; repeatable",
    )
    add(
        "--through",
        choices=("c", "fortran"),
        help="which interface of the library to go through (default: c)",
    )
    add(
        "--range-sigmas",
        type=float,
        metavar="N",
        help="count columns with an input further than N standard deviations from its "
        "training mean, as the guard on_range of a model does (default: 10)",
    )
    add(
        "--members",
        choices=("mean", "one"),
        help="which networks of an artefact with several (default: mean)",
    )
    add(
        "--member",
        type=whole_number,
        metavar="N",
        help="with --members one: which, from 1",
    )
    add("--brief", action="store_true", help="print no rows for single levels")
    add_options(parser, ", and with --ckpt")


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    from gwparam.conformance.prediction_file import PredictionFile
    from gwparam.conformance.predictors import load_library
    from gwparam.conformance.report import as_dict
    from gwparam.conformance.run import replay
    from gwparam.contract import read_contract
    from gwparam.data import is_training_file, open_inputs
    from gwparam.data.host_levels import warning
    from gwparam.data.records import is_record
    from gwparam.data.seen import describe_seen, seen_times
    from gwparam.data.training_range import warnings
    from gwparam.evaluate.outputs import bind_references, comparable_fields

    given = [args.artefact, *args.states]
    if is_record(given[0]):
        return replay_record.run(args, given)
    if len(given) > 1 and is_record(given[1]):
        raise ArgumentError(
            f"{given[1]} is a record, expected it first, and its artefact as --artefact"
        )
    if not args.states:
        raise ArgumentError("there are no states, expected netCDF files")
    if args.artefact_file is not None:
        raise ArgumentError("--artefact has no effect without a record")
    _check_used(args)
    machine, span = read_machine(args), Span.read("times", args.times)
    variables = assignments(args.variable, "variable", "FIELD=VAR")
    options = assignments(args.option, "option", "NAME=VALUE")
    _check_paths(args)
    contract = read_contract(args.artefact)
    with ExitStack() as stack:
        training = is_training_file(args.states[0])
        recipe = read_scaling(args, args.states[0], args.artefact) if training else None
        if not training and args.ckpt is None:
            refuse_idle(args, "on states without --ckpt", ("scaling",))
        states = stack.enter_context(
            open_inputs(args.states, contract, variables, recipe)
        )
        references = {}
        if args.reference != "none":
            names = args.reference.split(",") if args.reference else None
            fields = comparable_fields(contract, states)
            references = bind_references(states, fields, names)
        times = span.of(len(states))
        eager = _eager(args, contract, options)
        eager.threads = max(machine["threads"], 1)
        library = load_library(
            args.artefact,
            contract,
            through=args.through or "c",
            range_sigmas=10.0 if args.range_sigmas is None else args.range_sigmas,
            members=args.members or "mean",
            member=args.member or 0,
            **machine,
        )
        sink = None
        if args.output is not None:
            sink = stack.enter_context(PredictionFile(args.output, states, contract))
        advance = show_progress(stack, "replay", len(times))
        result = replay(
            library, eager, contract, states, references, times, sink, advance
        )
        seen = seen_times(map(states.date, times), contract.training_dates)
    heading = {
        "artefact": str(args.artefact),
        "network": contract.name,
        "states": [str(path) for path in args.states],
        "through": args.through or "c",
        "members": args.members or "mean",
        "member": args.member,
        "compared_with": eager.description,
        "training": seen,
    }
    if args.figure is not None:
        _draw(args, contract, result)
    for line in (
        *warning(result.level_note, contract.name),
        *result.left_out.warnings(contract.name),
        *warnings(result.differences, contract.name),
    ):
        print(line, file=sys.stderr)
    written = [path for path in (args.output, args.figure) if path is not None]
    return Answer(
        heading | as_dict(result) | {"written": written},
        lambda: _print(
            args, contract, eager.description, result, written, describe_seen(seen)
        ),
        Exit.DONE if result.agrees else Exit.DISAGREES,
    )


def _check_used(args: argparse.Namespace) -> None:
    """Check that every option has an effect beside the others."""
    if args.ckpt is None:
        refuse_idle(args, "without --ckpt", ("option", "allow_pickle", "weights"))
    if args.through == "fortran":
        refuse_idle(args, "with --through fortran, without counts", ("range_sigmas",))
        refuse_idle(args, "with --through fortran, which is on the CPU", ("device",))
        refuse_idle(args, "with --through fortran, which runs the mean", ("members",))
    if args.members != "one":
        refuse_idle(args, "without --members one", ("member",))
    elif args.member is None:
        raise ArgumentError("--members one needs --member, expected from 1")
    if args.json:
        refuse_idle(args, "with --json", ("brief",))


def _check_paths(args: argparse.Namespace) -> None:
    """Check where files go before the work, and that none goes over what is read."""
    read = [args.artefact, args.scaling, *args.states]
    if args.ckpt is not None:
        from gwparam.checkpoints import files_of

        read += files_of(args.ckpt)
    check_outputs([path for path in (args.output, args.figure) if path], read)


def _eager(
    args: argparse.Namespace, contract: "Contract", options: dict[str, Any]
) -> "EagerNetwork":
    from gwparam.conformance.eager import EagerNetwork

    if args.ckpt is None:
        member = args.member or 0
        return EagerNetwork.from_artefact(args.artefact, contract, member=member)
    if (contract.members or 1) > 1 and args.members != "one":
        raise ArgumentError(
            f"--ckpt is one network, the artefact has {contract.members}, expected "
            "--members one"
        )
    if args.scaling is not None:
        options = {**options, "scaling": args.scaling}
    return EagerNetwork.from_checkpoint(
        args.ckpt,
        contract,
        allow_pickle=args.allow_pickle,
        weights=args.weights,
        options=options,
    )


def _draw(args: argparse.Namespace, contract: "Contract", result: "Replay") -> None:
    """Draw zonal means of reference, network and difference, by their CF names."""
    import numpy as np

    from gwparam.evaluate.plots import zonal_mean_figure
    from gwparam.pages.numbers import words

    if not result.has_latitude:
        raise ArgumentError("the states have no latitude, expected one for --figure")
    shown = _shown(contract, result)
    if not shown:
        raise ArgumentError("the outputs have no levels, expected some for --figure")
    rows = {}
    for variable in shown:
        panels = {name: mean.mean for name, mean in variable.zonal_means.items()}
        if "reference" in panels:
            panels["difference"] = panels["network"] - panels["reference"]
        rows[words(variable.field.name)] = panels
    names = ", ".join(path.name for path in args.states)
    zonal_mean_figure(
        args.figure,
        shown[0].zonal_means["network"].latitude,
        np.asarray(shown[0].pressure),
        rows,
        caption=f"Mean over {len(result.times)} times and longitude. States: {names}. "
        f"Network: {contract.name}. Difference: network minus reference.",
        title=f"Zonal means, {contract.name}",
        units={words(variable.field.name): variable.field.units for variable in shown},
    )


def _shown(contract: "Contract", result: "Replay") -> "list[OutputResult]":
    """Find what a figure shows: the drag, else all outputs on the same levels."""
    on_levels = [v for v in result.outputs if v.pressure]
    shown = [v for v in on_levels if v.field.name in contract.tendencies] or on_levels
    return [v for v in shown if v.pressure == shown[0].pressure]


def _print(
    args: argparse.Namespace,
    contract: "Contract",
    eager: str,
    result: "Replay",
    written: list[Path],
    seen: str,
) -> None:
    from gwparam import console
    from gwparam.conformance.report import print_guards, print_tables

    lines, n_times = console.lines(), len(result.times)
    lines.print(
        f"{contract.name}, {n_times} times of {result.columns} columns, through the "
        f"{'Fortran' if args.through == 'fortran' else 'C'} interface\n"
        f"eager: {eager}\n{seen}"
    )
    if not result.differences:
        lines.print("inputs: the artefact does not say what they were like in training")
    print_tables(console.tables(), result, levels=not args.brief)
    print_guards(lines, result)
    for path in written:
        lines.print(f"wrote {path}")
    lines.print(
        f"{1e3 * result.library_seconds / n_times:.0f} ms a time in the library, "
        f"{1e3 * result.eager_seconds / n_times:.0f} ms in PyTorch"
    )
    largest = max(variable.relative_difference for variable in result.outputs)
    verdict = "agree" if result.agrees else "DISAGREE"
    lines.print(
        f"library and eager {verdict}: largest difference {largest:.1e} of the largest "
        f"value, tolerance {result.tolerance:.1e}"
    )
