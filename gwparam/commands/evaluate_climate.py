"""``gwparam evaluate --climate``: what years of a model's output say of its climate."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from gwparam.commands.answer import Answer, as_json
from gwparam.commands.given import refuse_idle
from gwparam.commands.progress import show_progress
from gwparam.commands.span import Span
from gwparam.commands.states import assignments
from gwparam.errors import ArgumentError, wrong_setting
from gwparam.whole_files import check_outputs, make_folder, write_text

if TYPE_CHECKING:
    from gwparam.climate.runs import Run

RESULTS = ("climate.nc", "climate.json", "climate.html")
_OF_MODELS = ("bins", "levels", "layer", "reference", "scaling", "threads", "device")


def run(args: argparse.Namespace) -> Answer:
    """Describe a run, and a reference if there is one; the document is climate.json."""
    import json

    import gwparam
    from gwparam import console
    from gwparam.climate.page import write_page
    from gwparam.climate.results import as_dataset, write_netcdf
    from gwparam.climate.summary import as_dict, summarise
    from gwparam.climate.table import print_tables

    check_outputs(
        [args.output / name for name in RESULTS],
        [*args.models, *args.climate, *args.truth, args.scaling, args.bins],
        args.output,
    )
    if args.models:
        raise ArgumentError(
            f"a model ({args.models[0]}) and --climate are given, expected one of both"
        )
    refuse_idle(args, "with --climate", _OF_MODELS)
    names = _names(args)
    span = Span.read("times", args.times)
    variables = assignments(args.variable, "variable", "FIELD=VAR")
    make_folder(args.output)
    runs = [(names[0], _read(args.climate, variables, span))]
    if args.truth:
        runs.append((names[1], _read(args.truth, variables, Span.read("times", None))))
    climate = summarise(runs)
    document = as_json(as_dict(climate))
    written = [args.output / name for name in RESULTS]
    write_netcdf(written[0], as_dataset(climate, gwparam.__version__))
    write_text(written[1], json.dumps(document, indent=2, allow_nan=False))
    if args.no_report:
        del written[2]
    else:
        write_page(climate, written[2])

    def show() -> None:
        print_tables(console.tables(), climate)
        for path in written:
            console.lines().print(f"wrote {path}")

    return Answer(document | {"written": written}, show)


def _names(args: argparse.Namespace) -> list[str]:
    """Names of the run and of the reference, which must differ."""
    files = [paths[0] for paths in (args.climate, args.truth) if paths]
    if args.names is None:
        names = [Path(path).stem for path in files]
        return names if len(set(names)) == len(names) else ["run", "reference"]
    names = [name.strip() for name in args.names.split(",")]
    if len(names) != len(files) or len(set(names)) != len(names) or not all(names):
        wanted = "one name" if len(files) == 1 else "two different names"
        raise wrong_setting("names", args.names, wanted)
    return names


def _read(paths: list[Path], variables: dict[str, str], span: Span) -> "Run":
    from gwparam.climate.runs import open_run, read_run

    with ExitStack() as stack:
        states = stack.enter_context(open_run(paths, variables))
        times = span.of(len(states))
        advance = show_progress(stack, f"read {paths[0].name}", len(times))
        return read_run(states, times, advance)
