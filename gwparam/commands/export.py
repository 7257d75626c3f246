"""``gwparam export``: a checkpoint to an artefact that the library runs."""

import argparse
import shlex
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import check_name, file_path, refuse_idle
from gwparam.commands.progress import show_progress
from gwparam.commands.states import assignments
from gwparam.commands.weights import add_weights
from gwparam.constants import MAXIMUM_TENDENCY
from gwparam.errors import ArgumentError

if TYPE_CHECKING:
    from gwparam.contract import Contract
    from gwparam.export import Export
    from gwparam.networks.base import Option

EPILOG = """\
examples:
  gwparam export --ckpt network_wst.pkl -o wavenet.pt
      recognises a WaveNet; the artefact computes in float32
  gwparam export --ckpt network_wst.pkl --arch wavenet -o wavenet.pt --dtype float64
      the digits of the published network, at half the speed
  gwparam export --ckpt wavenet_ad99.safetensors -o wavenet_ad99.pt
      a network of gwparam train-emulator
  gwparam export --ckpt a.pt --ckpt b.pt --ckpt c.pt -o ensemble.pt
      an artefact of three members: a host runs their mean, one of them, or one drawn
      for each run (docs/members.md)
  gwparam export --ckpt network_wst.pkl -o wavenet.pt --reduced-tolerance 0.02
      a host may ask for products in bfloat16, which change the drag by less than 2 %
      of its largest value
  gwparam export --module mine.py:Net --contract mine.toml --ckpt mine.pth -o mine.pt
      a network of your own: a PyTorch module, with the fields that it has
  gwparam export --ckpt network_wst.pkl --confidence confidence.safetensors -o sure.pt
      with the error that it expects in each column (gwparam confidence)
  gwparam export --ckpt ann_cnn.pt -o ann.pt --scaling era5.json --levels era5_l122.json
      --flux-quantity omega --flux-sign 1
      an ANN-CNN of stencil 1, 3 or 5, with what its checkpoint does not say
  gwparam export --ckpt ann_cnn.pt -o ann.pt --scaling era5-gw-2024
      --vertical-velocity omega --levels era5_l122.json --flux-quantity omega
      --flux-sign 1 --training-file 1x1_inputfeatures_201501.nc
      with the scaling of the published training files, held against one of them
  gwparam export --ckpt unet.pt -o unet.pt --scaling era5.json --levels era5_l122.json
      --flux-quantity omega --flux-sign 1 --grid 64x128 --outside taper
      an Attention U-Net; docs/export.md describes the files
  gwparam export --ckpt magnet-flux-uvtp122.pt -o prithvi.pt --dtype bfloat16
      --scaling wxc.json --levels era5_l122.json --flux-quantity omega --flux-sign 1
      --grid 64x128
      the Prithvi network. Unlike the published inference, which hides a random half of
      the tokens at every call and takes batch statistics, the artefact sees every token
      in its natural order, in eval mode: docs/networks/prithvi.md

Every promise of the artefact is measured and printed before the file appears; a broken
one ends the export with exit status 2. An older artefact is replaced at once or not at
all. The host needs neither the checkpoint nor Python.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "export",
        help="checkpoint to artefact, with its promises",
        description="Export a checkpoint to an artefact that the library runs.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "--ckpt",
        type=file_path,
        metavar="FILE",
        action="append",
        help="checkpoint: torch.save, safetensors, an index of parts, or a folder; "
        "repeated, the artefact has as many members",
    )
    add(
        "--module",
        metavar="FILE.py:NAME|FILE.pt",
        help="a network of your own: a class, function or object of a Python file, or "
        "a file of TorchScript; --ckpt then has its weights, if they are not in it",
    )
    add(
        "--contract",
        type=file_path,
        metavar="FILE.toml",
        help="what it takes and gives: docs/your-network.md",
    )
    add(
        "--example",
        type=file_path,
        metavar="STATES.nc",
        action="append",
        default=[],
        help="states whose ranges are those of its inputs, where the contract does not "
        "say them; repeatable",
    )
    add(
        "--variable",
        metavar="FIELD=VAR",
        action="append",
        default=[],
        help="variable of an input in --example, where its name does not tell; "
        "repeatable",
    )
    add(
        "-o",
        "--output",
        type=file_path,
        metavar="FILE.pt",
        required=True,
        help="artefact to write",
    )
    add(
        "--arch",
        metavar="NAME",
        help="architecture (default: recognised from the checkpoint's keys)",
    )
    add(
        "--dtype",
        choices=("float32", "float64", "bfloat16"),
        default="float32",
        help="precision of the artefact (default: float32, which is twice as fast as "
        "float64 and differs by less than 1e-6 of the largest drag of a WaveNet); "
        "bfloat16, for Prithvi alone, halves the weights and keeps float32 fields",
    )
    add(
        "--max-tendency",
        type=float,
        metavar="A",
        help="largest credible drag [m s-2], which the library's guard checks "
        f"(default: what the checkpoint says, else {MAXIMUM_TENDENCY})",
    )
    add(
        "--exported-program",
        choices=("auto", "yes", "no"),
        default="auto",
        help="add the network as torch.export writes it, without a second copy of the "
        "weights, for the time after TorchScript (default: auto, where torch.export "
        "takes it, and its weights are not above 1 GB)",
    )
    add("--name", metavar="TEXT", help="what people call this network")
    add(
        "--reduced-tolerance",
        type=float,
        metavar="X",
        help="let hosts ask for products in TF32 or bfloat16, if they change the "
        "probe by at most X of the largest output (default: such products have to "
        "keep the digits of float32, which they cannot)",
    )
    _add_options(parser)
    add_weights(parser)
    add(
        "--confidence",
        type=file_path,
        metavar="FILE",
        help="what gwparam confidence trained for this checkpoint: the artefact also "
        "says how wrong it expects to be, and a model may blend by it",
    )
    add(
        "--training-file",
        type=file_path,
        metavar="FILE.nc",
        help="one of the files that the network was trained on: its attributes say how "
        "it was normalised, or have to agree with --scaling",
    )
    add(
        "--allow-pickle",
        action="store_true",
        help="read a checkpoint that can run any code: only if you trust its source",
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add what the networks ask for; the help says which network knows it."""
    group = parser.add_argument_group(
        "what the checkpoint does not say",
        "Only options of the architecture at hand are allowed; what an export cannot "
        "do without, it asks for.",
    )
    for option, architectures in _options().items():
        text = f"{option.help} ({', '.join(architectures)})".replace("%", "%%")
        if option.switch:
            # None, not False: an option that was not given says nothing.
            group.add_argument(option.flag, action="store_const", const=True, help=text)
            continue
        group.add_argument(option.flag, metavar=option.placeholder, help=text)


def _options() -> "dict[Option, list[str]]":
    """Options of all networks, with the networks that know them."""
    from gwparam.networks import NETWORKS

    known: dict[Option, list[str]] = {}
    for architecture, network in NETWORKS.items():
        for option in network.options:
            known.setdefault(option, []).append(architecture)
    return known


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    with ExitStack() as stack:
        show_progress(stack, f"exporting {args.output}")
        export = _export_own(args) if args.module is not None else _export(args)
    artefact = shlex.quote(str(export.path))
    then = (f"gwparam inspect {artefact}", f"gwparam replay {artefact} ...")
    return Answer(_document(export), lambda: _print(export), next=then)


def _export(args: argparse.Namespace) -> "Export":
    """Export a network that gwparam knows."""
    from gwparam.export import export_model

    check_name(args.name)
    if not args.ckpt:
        raise ArgumentError("there is no network, expected --ckpt or --module")
    refuse_idle(args, "without --module", ("contract", "example", "variable"))
    return export_model(
        args.ckpt if len(args.ckpt) > 1 else args.ckpt[0],
        args.output,
        architecture=args.arch,
        dtype=args.dtype,
        allow_pickle=args.allow_pickle,
        max_tendency=args.max_tendency,
        name=args.name,
        reduced_tolerance=args.reduced_tolerance,
        weights=args.weights,
        exported_program=args.exported_program,
        options={option.name: getattr(args, option.name) for option in _options()},
        training_file=args.training_file,
        confidence=args.confidence,
    )


def _export_own(args: argparse.Namespace) -> "Export":
    """Export a network of the user's own."""
    from gwparam.export import export_network

    others = [option.name for option in _options()]
    others += ["arch", "max_tendency", "name", "reduced_tolerance", "training_file"]
    refuse_idle(args, "with --module", [*others, "weights"])
    if args.contract is None:
        raise ArgumentError(
            "contract is missing, expected what the module takes and gives",
            settings=("contract",),
        )
    if len(args.ckpt or ()) > 1:
        raise ArgumentError(
            f"there are {len(args.ckpt)} checkpoints, expected 1 with --module",
            settings=("ckpt",),
        )
    return export_network(
        args.module,
        args.contract,
        args.output,
        weights=args.ckpt[0] if args.ckpt else None,
        example=args.example,
        variables=assignments(args.variable, "variable", "FIELD=VAR"),
        dtype=args.dtype,
        allow_pickle=args.allow_pickle,
        exported_program=args.exported_program,
        confidence=args.confidence,
    )


def _document(export: "Export") -> dict[str, Any]:
    contract = export.contract
    return {
        "artefact": export.path,
        "bytes": export.path.stat().st_size,
        "name": contract.name,
        "architecture": contract.source.architecture,
        "checkpoint": contract.source.checkpoint,
        "members": contract.members or 1,
        "checkpoints": _checkpoints(contract),
        "nlev": contract.vertical.nlev,
        "dtype": contract.inputs[0].dtype,
        "notes": export.notes,
        "libtorch": export.libtorch or None,
        "no_exported_program": export.no_exported_program or None,
        "promises": [
            {"what": p.what, "measured": p.measured, "warning": p.warning}
            for p in export.promises
        ],
    }


def _checkpoints(contract: "Contract") -> list[str]:
    further = contract.source.further or ()
    return [contract.source.checkpoint, *(weights.checkpoint for weights in further)]


def _print(export: "Export") -> None:
    from rich.text import Text

    from gwparam import console

    text = console.lines()
    contract = export.contract
    for note in export.notes:
        text.print(note)
    fields = [*contract.inputs, *contract.outputs]
    text.print(
        f"{contract.name}: {contract.source.architecture} of "
        f"{', '.join(_checkpoints(contract))}, {contract.vertical.nlev} levels, "
        f"{fields[0].dtype}"
    )
    width = max(len(promise.what) for promise in export.promises)
    for promise in export.promises:
        mark, colour = (
            ("WARNING", "yellow") if promise.warning else ("kept   ", "green")
        )
        line = Text.assemble((mark, colour), f"  {promise.what:{width}}  ")
        text.print(line.append(promise.measured))
        if promise.warning:
            text.print(f"         {promise.warning}", style="yellow")
    if export.libtorch:
        text.print(f"runs through libtorch: {export.libtorch}")
    if export.no_exported_program:
        text.print(f"no exported program: {export.no_exported_program}")
    text.print(f"wrote {export.path} ({export.path.stat().st_size / 1e6:.1f} MB)")
