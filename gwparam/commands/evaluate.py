"""``gwparam evaluate``: several models against one truth, in numbers and a report."""

import argparse
import json
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands import evaluate_climate
from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path, refuse_idle
from gwparam.commands.progress import show_progress
from gwparam.commands.span import Span
from gwparam.commands.states import (
    add_options,
    assignments,
    read_machine,
    read_scaling,
)
from gwparam.errors import ArgumentError, ModelFileError, wrong_setting
from gwparam.file_kinds import check_readable
from gwparam.whole_files import check_outputs, make_folder

if TYPE_CHECKING:
    from gwparam.contract import Contract
    from gwparam.evaluate.quantity import Quantity
    from gwparam.evaluate.sources import FieldSource, FileFields

EPILOG = """\
examples:
  gwparam evaluate wavenet.pt --truth states.nc -o evaluation
      an artefact against the drag that the native scheme gave for the same states
  gwparam evaluate prithvi.pt unet.pt --names Prithvi,U-Net --truth month.nc \\
      --scaling era5.json -o evaluation
      two networks against the fluxes of a published training file
  gwparam evaluate wavenet.pt predicted.nc --truth jan.nc feb.nc -o evaluation \\
      --bins linear:200
      beside an artefact, what gwparam replay -o wrote for the same states
  gwparam evaluate --climate run/year*.nc --truth era5.nc -o climate
      years of a model's output: QBO, polar vortex, sudden warmings, differences

FOLDER gets evaluation.nc, evaluation.json and report.html. An artefact runs through the
compiled library on the truth files: states with a drag, or training files. The
Hellinger distance is sqrt(1 - sum(sqrt(p q))) over the bins; its square, which the
paper prints, is in the files too. Levels count from 0 at the top.
"""


_RESULTS = ("evaluation.nc", "evaluation.json", "report.html")


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "evaluate",
        help="compare models with a truth: a report",
        description="Compare models with one truth, in numbers and a report.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "models",
        type=file_path,
        nargs="*",
        metavar="MODEL",
        help="artefact (.pt), or netCDF file with predictions for the same samples",
    )
    add(
        "--climate",
        type=file_path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="in place of models: files of one long run, whose climate is described "
        "(docs/climate.md); then --truth is a reference, which may be left out",
    )
    add(
        "--truth",
        type=file_path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="netCDF files with the truth, in the order of their times; with --climate "
        "those of a reference run or reanalysis, in any order",
    )
    add(
        "-o",
        "--output",
        type=file_path,
        required=True,
        metavar="FOLDER",
        help="where the results go",
    )
    add(
        "--names",
        metavar="A,B",
        help="names of the models; with --climate of the run and of the reference "
        "(default: of their files)",
    )
    add(
        "--bins",
        metavar="BINS",
        help="bins of the distributions: N, linear:N or symlog:N between the extremes "
        "of the truth, or EDGES.json (default: symlog:100)",
    )
    add("--levels", metavar="A:B", help="only levels A to B-1, counted from the top")
    add(
        "--reference",
        metavar="VAR,VAR",
        help="variables of the truth, eastward first (default: found by standard_name, "
        "then by name)",
    )
    add(
        "--layer",
        metavar="NAME=TOP:BOTTOM",
        action="append",
        default=[],
        help="scores of the levels between two pressures in hPa too; repeatable "
        "(always: mesosphere, upper and lower stratosphere, troposphere)",
    )
    add("--no-report", action="store_true", help="write no report.html")
    add_options(parser)


def run(args: argparse.Namespace) -> Answer:
    """Run the command; the document is that of evaluation.json."""
    if args.climate:
        return evaluate_climate.run(args)
    if not (args.models and args.truth):
        missing = "--truth" if args.models else "MODEL, or --climate FILE..."
        raise ArgumentError(f"the following arguments are required: {missing}")
    import gwparam
    from gwparam import console
    from gwparam.data.host_levels import warning
    from gwparam.data.seen import describe_seen, seen_times
    from gwparam.data.training_range import describe, warnings
    from gwparam.evaluate.compare import compare, count_steps
    from gwparam.evaluate.hellinger import read_binning
    from gwparam.evaluate.layers import choose_layers, read_layer
    from gwparam.evaluate.quantity import COMPONENTS
    from gwparam.evaluate.results import (
        SEEN,
        TRAINING_RANGE,
        as_dataset,
        as_dict,
        write_json,
        write_netcdf,
    )
    from gwparam.evaluate.sources import ArtefactFields
    from gwparam.evaluate.table import print_table

    names = _names(args)
    check_outputs(
        [args.output / name for name in _RESULTS],
        [*args.models, *args.truth, args.scaling, args.bins],
        args.output,
    )
    binning = read_binning(args.bins, COMPONENTS)
    asked = assignments(args.layer, "layer", "NAME=TOP:BOTTOM").items()
    given = [read_layer(*pair) for pair in asked]
    spans = [Span.read(name, getattr(args, name)) for name in ("levels", "times")]
    with ExitStack() as stack:
        truth, models, contracts = _open(args, names, stack)
        levels = spans[0].of(truth.pressure.size) if args.levels else None
        times = spans[1].of(len(truth))
        make_folder(args.output)
        advance = show_progress(stack, "evaluate", count_steps(len(times), binning))
        built = [contract.source.architecture for contract in contracts.values()]
        layers = partial(choose_layers, architectures=built, given=given)
        found = compare(truth, models, binning, levels, times, advance, layers)
        dates = [truth.states.date(i) for i in found.times]
        trained_on = {
            name: seen_times(dates, contract.training_dates)
            for name, contract in contracts.items()
        }
    data = as_dataset(found, [str(p) for p in args.truth], gwparam.__version__)
    artefacts = {k: m for k, m in models.items() if isinstance(m, ArtefactFields)}
    differences = {k: m.input_range.differences() for k, m in artefacts.items()}
    seen = {name: describe(known) for name, known in differences.items()}
    data.attrs[TRAINING_RANGE] = json.dumps(seen)
    data.attrs[SEEN] = json.dumps(trained_on)
    *written, report = (args.output / name for name in _RESULTS)
    write_netcdf(written[0], data)
    write_json(written[1], data)
    if not args.no_report:
        from gwparam.evaluate.report import write_report

        write_report(data, report)
        written.append(report)

    for path, left_out in found.lacking.items():
        for line in left_out.warnings(path):
            print(line, file=sys.stderr)
    for name, known in trained_on.items():
        if known and known["seen"]:
            print(f"{name}: {describe_seen(known)}", file=sys.stderr)
    for name, model in artefacts.items():
        for line in (
            *warning(model.level_note, name),
            *warnings(differences[name], name),
        ):
            print(line, file=sys.stderr)

    def show() -> None:
        print_table(console.tables(), data)
        for path in written:
            console.lines().print(f"wrote {path}")

    return Answer(as_dict(data) | {"written": written}, show)


def _names(args: argparse.Namespace) -> list[str]:
    """Names of the models, which must differ."""
    names = (
        [path.stem for path in args.models]
        if args.names is None
        else [name.strip() for name in args.names.split(",")]
    )
    if len(names) != len(args.models):
        raise wrong_setting("names", args.names, f"{len(args.models)} names")
    if len(set(names)) != len(names) or not all(names):
        raise ArgumentError(
            f"the models are named {', '.join(names)}, expected different names",
            settings=("names",),
        )
    return names


def _open(
    args: argparse.Namespace, names: list[str], stack: ExitStack
) -> "tuple[FileFields, dict[str, FieldSource], dict[str, Contract]]":
    """Open the truth, then every model for the quantity that the truth has.

    Contracts are those of the models that are artefacts, by the models' names.
    """
    from gwparam.contract import read_contract
    from gwparam.data import is_training_file
    from gwparam.evaluate.opening import open_artefact, open_fields, open_fluxes

    machine = read_machine(args)
    variables = assignments(args.variable, "variable", "FIELD=VAR")
    contracts: dict[Path, Contract] = {
        path: read_contract(path) for path in args.models if _is_artefact(path)
    }
    if not contracts:
        idle = ("variable", "threads", "device")
        refuse_idle(args, "without an artefact among the models", idle)
    recipe = None
    if is_training_file(args.truth[0]):
        known = list(contracts.values())
        fluxes, recipe = _fluxes(args, known), read_scaling(args, args.truth[0])
        truth = open_fluxes(args.truth, known[0], fluxes, recipe)
    else:
        refuse_idle(args, "on states", ("scaling",))
        chosen = args.reference.split(",") if args.reference else None
        truth = open_fields(args.truth, names=chosen)
    stack.enter_context(truth)
    models: dict[str, FieldSource] = {}
    for name, path in zip(names, args.models, strict=True):
        if path in contracts:
            source: FieldSource = open_artefact(
                path,
                contracts[path],
                args.truth,
                _wanted(truth.quantity, contracts[path]),
                recipe=recipe,
                variables=variables,
                **machine,
            )
        else:
            source = open_fields([path], truth.quantity)
        models[name] = stack.enter_context(source)
    by_name = zip(names, args.models, strict=True)
    return truth, models, {n: contracts[p] for n, p in by_name if p in contracts}


def _fluxes(args: argparse.Namespace, contracts: "list[Contract]") -> "Quantity":
    """Find which fluxes training files hold: those of the first network."""
    from gwparam.evaluate.quantity import flux_of

    refuse_idle(args, "on training files", ("reference",))
    if not contracts:
        raise ArgumentError(
            f"{args.truth[0]} is a training file and no model is an artefact, expected "
            "one, whose contract knows the levels and the fluxes of such files"
        )
    return flux_of(contracts[0])


def _wanted(quantity: "Quantity", contract: "Contract") -> "Quantity":
    """Give the quantity to ask of a network: its own fluxes where the truth is one.

    Other fluxes than those of the truth are found out by the comparison, which names
    both.
    """
    from gwparam.evaluate.quantity import flux_of

    if quantity.kind == "drag" or not contract.flux:
        return quantity
    return flux_of(contract)


def _is_artefact(path: Path) -> bool:
    """Whether a model is an artefact: a zip archive, whatever its name."""
    import zipfile

    from gwparam.data.zarr_store import is_zarr

    if is_zarr(str(path)):
        return False
    check_readable(path)
    if not path.exists():
        raise ModelFileError(f"cannot read {path}: no such file")
    return path.suffix == ".pt" or zipfile.is_zipfile(path)
