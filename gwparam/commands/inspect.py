"""``gwparam inspect``: what an artefact needs and gives."""

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path
from gwparam.contract import read_contract, read_probe

if TYPE_CHECKING:
    from rich.table import Table

    from gwparam.contract import Arrays, Contract, Values, Vertical

EPILOG = """\
examples:
  gwparam inspect wavenet.pt
  gwparam inspect wavenet.pt --json | python -m json.tool --indent 1
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "inspect",
        help="print what an artefact needs and gives",
        description="Print what an artefact needs and gives.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "artefact", type=file_path, help="artefact of gwparam export (.pt)"
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command; the document is the contract."""
    contract = read_contract(args.artefact)
    _, outputs = read_probe(args.artefact)
    package = _package(args.artefact)
    return Answer(
        json.loads(contract.to_json()), lambda: _print(contract, outputs, package)
    )


def _package(artefact: str) -> str:
    """Say whether a package of ``gwparam compile`` runs here; empty without one."""
    from importlib.metadata import PackageNotFoundError, version

    from gwparam.compiled_package import package_path, torch_release, why_unfit

    path = package_path(artefact)
    if not path.exists():
        return ""
    try:
        torch = torch_release(version("torch"))
    except PackageNotFoundError:  # that of the library is not known here
        torch = None
    reason = why_unfit(artefact, torch)
    return (
        f"{path.name} does not fit: {reason}"
        if reason
        else (f"{path.name}, for this machine")
    )


def _print(contract: "Contract", probe: "Arrays", package: str) -> None:
    from gwparam import console

    text, tables = console.lines(), console.tables()
    for key, said in _lines(contract):
        text.print(f"{key:13} {said}")
    if package:
        text.print(f"{'compiled':13} {package}")
    tables.print(_inputs(contract), _outputs(contract, probe), sep="\n")


def _lines(contract: "Contract") -> Iterator[tuple[str, str]]:
    """Say what is no field: a heading, and a text."""
    source = contract.source
    yield "name", contract.name
    yield "architecture", f"{source.architecture}, {_geometry(contract)}"
    yield "backend", contract.backend
    if contract.exported_program is not None:
        yield "exported", f"{contract.exported_program.file}, by torch.export"
    yield "levels", _levels(contract.vertical)
    yield "computes in", contract.compute_dtype or contract.outputs[0].dtype
    if (contract.members or 1) > 1:
        yield "members", f"{contract.members}: their mean runs, one, or one a run"
    yield "checkpoint", f"{source.checkpoint}, SHA-256 {source.sha256}"
    for weights in source.further or ():
        yield "checkpoint", f"{weights.checkpoint}, SHA-256 {weights.sha256}"
    yield (
        "written",
        f"{contract.created} by gwparam {contract.gwparam_version}, "
        f"torch {contract.torch_version}",
    )
    yield "cite", contract.citation
    probe = (
        f"{contract.probe.columns} columns, reproduced within "
        f"{contract.probe.tolerance:.0e} of the largest output"
    )
    if contract.probe.reduced_tolerance is not None:
        reduced = f"{contract.probe.reduced_tolerance:g}"
        probe += f"; within {reduced} with products in TF32 or bfloat16"
    yield "probe", probe
    yield from _origin(contract)
    for flux in contract.flux:
        sign = "" if flux.sign == 1 else "minus "
        what = {"omega": "u'omega'", "height": "rho u'w'"}[flux.quantity]
        what = what if "eastward" in flux.name else what.replace("u'", "v'", 1)
        yield "flux", f"{flux.name} is {sign}{what}"


def _origin(contract: "Contract") -> Iterator[tuple[str, str]]:
    """Say how it was trained and what was fixed at the export, as far as it is told."""
    if contract.mask is not None:
        mask = contract.mask
        yield "mask", f"{mask.ratio:g} of the tokens, drawn with seed {mask.seed}"
    if contract.lead_time is not None:
        yield "lead time", f"{contract.lead_time:g}"
    for dates in contract.training_dates or ():
        calendar = f", calendar {dates.calendar}" if dates.calendar else ""
        yield "trained on", f"{dates.first} to {dates.last}{calendar}"
    for known in contract.expected_error or ():
        errors = known.root_mean_square
        yield (
            "expected",
            f"rms error of {known.name}, {_span(errors)} at the levels, on data "
            "kept from training",
        )


def _geometry(contract: "Contract") -> str:
    kind = contract.geometry.kind
    if kind == "stencil":
        width = 2 * (contract.geometry.radius or 0) + 1
        return f"stencil of {width} x {width} columns"
    nlat, nlon = contract.image_shape
    return f"global on {nlat} x {nlon} cells" if kind == "global" else kind


def _levels(vertical: "Vertical") -> str:
    order = "top first" if vertical.order == "top_down" else "surface first"
    if vertical.kind == "host":
        levels = f"{vertical.nlev} of the host's own, {order}"
        if vertical.nominal_pressure is not None:
            first, last = vertical.nominal_pressure[0], vertical.nominal_pressure[-1]
            levels += (
                f"; nominal pressure {first:.4g} to {last:.6g} Pa, "
                f"within {vertical.nominal_tolerance:.0%}"
            )
        return levels
    levels = f"{vertical.nlev} of its own, {order}"
    if vertical.pressure is not None:
        levels += f"; {vertical.pressure[0]:.4g} to {vertical.pressure[-1]:.6g} Pa"
    else:
        levels += "; hybrid, a + b times surface pressure"
    beyond = {"zero": "no drag", "taper": "flux tapers to zero"}[vertical.outside or ""]
    return f"{levels}; {beyond} beyond them"


def _inputs(contract: "Contract") -> "Table":
    table = _table("Inputs", "training mean", "standard deviation")
    ranges = {known.name: known for known in contract.training_range}
    for field in contract.inputs:
        known = ranges.get(field.name)
        spans = ("unknown", "unknown")
        if known is not None:
            spans = (_span(known.mean), _span(known.standard_deviation))
        table.add_row(field.name, field.units, field.levels, field.dtype, *spans)
    return table


def _outputs(contract: "Contract", probe: "Arrays") -> "Table":
    table = _table("Outputs", "kind", "limit", "largest in probe")
    limits = {limit.name: f"{limit.maximum_magnitude:g}" for limit in contract.limits}
    derived = {flux.name: flux for flux in contract.flux}
    for field in contract.outputs:
        limit = limits.get(field.name, "none")
        if field.name in derived:
            limit = f"{limits[derived[field.name].tendency]} m s-2 of tendency"
        largest = f"{abs(probe[field.name]).max():.2g}"
        table.add_row(
            *(field.name, field.units, field.levels, field.dtype, field.kind),
            *(limit, largest),
        )
    return table


def _table(title: str, *last: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for heading in ("name", "units", "levels", "dtype", *last):
        table.add_column(heading, overflow="fold")
    return table


def _span(values: "Values") -> str:
    if values is None:
        return "unknown"
    low, high = min(values), max(values)
    return f"{low:.4g}" if len(values) == 1 else f"{low:.3g} to {high:.3g}"
