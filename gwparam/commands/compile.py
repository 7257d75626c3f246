"""``gwparam compile``: a network of the globe, compiled for this machine."""

import argparse
from contextlib import ExitStack
from typing import Any

from gwparam.commands.answer import Answer
from gwparam.commands.given import file_path
from gwparam.commands.progress import show_progress

EPILOG = """\
examples:
  gwparam compile unet.pt
      writes unet.pt.compiled, where the library looks for it
  gwparam inspect unet.pt
      says whether it fits this machine
  gwparam compile unet.pt -o zen4/unet.pt.compiled
      for one of several kinds of processor; put it beside the artefact where it runs

Compiles the graph of a network of the globe by AOTInductor, which takes minutes. Do it
on the machine where the network runs: the package is good for this artefact, release of
torch and processor alone. It needs Python, torch and a C++ compiler here; a run needs
none. The library checks it against the artefact's probe when it loads it, and runs
TorchScript where it does not fit; the counter "compiled" of a scheme's statistics says
which. On a CUDA device, or with a precision other than the exported one, TorchScript
runs. Without the file everything is as before. A package is machine code: use your own.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "compile",
        help="compile a network of the globe for this machine",
        description="Compile a network of the globe for this machine.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("artefact", type=file_path, help="artefact of gwparam export (.pt)")
    add(
        *("-o", "--output"),
        type=file_path,
        metavar="FILE",
        help="package to write (default: ARTEFACT.compiled, which the library reads)",
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    from gwparam.compiled_package import package_path
    from gwparam.export.compiled import check_compilable, compile_artefact
    from gwparam.timing.processor import processor_name
    from gwparam.whole_files import check_outputs

    package = args.output or package_path(args.artefact)
    check_outputs([package], [args.artefact])
    check_compilable(args.artefact)
    with ExitStack() as stack:
        show_progress(stack, f"compiling {args.artefact}")
        made = compile_artefact(args.artefact, package)
    document = {
        "artefact": str(args.artefact),
        "package": str(package),
        "processor": processor_name(),
        "difference_from_probe": made.difference,
        "compile_seconds": made.compile_seconds,
        "milliseconds": 1e3 * made.seconds,
        "torchscript_milliseconds": 1e3 * made.torchscript_seconds,
    }
    return Answer(document, lambda: _print(document))


def _print(document: dict[str, Any]) -> None:
    from gwparam import console

    lines = console.lines()
    lines.print(f"compiled for {document['processor']}")
    lines.print(
        f"gives the probe within {document['difference_from_probe']:.1e} of the "
        "largest output"
    )
    compiled, scripted = document["milliseconds"], document["torchscript_milliseconds"]
    lines.print(
        f"the graph alone, one thread: {compiled:.3g} ms, TorchScript {scripted:.3g} ms"
    )
    lines.print(f"wrote {document['package']}")
