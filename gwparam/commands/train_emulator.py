"""``gwparam train-emulator``: train a WaveNet to give the drag of a native scheme."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.errors import ArgumentError, ModelFileError
from gwparam.synthetic.settings import TrainingSettings

if TYPE_CHECKING:
    from rich.progress import Progress

    from gwparam.networks.wavenet import WaveNet
    from gwparam.synthetic.lessons import Lesson
    from gwparam.synthetic.samples import Samples
    from gwparam.synthetic.trained import Training

EPILOG = """\
examples:
  gwparam train-emulator --teacher ad99 -o wavenet_ad99.safetensors
      learns the scheme of Alexander and Dunkerton (1999) on columns made from formulas
  gwparam train-emulator --teacher ad99 --states run_*.nc -o wavenet_run.safetensors
      learns it on the columns of a model run; the last time is held out for the score

the result is a checkpoint for gwparam export --ckpt

The network sees wind, surface pressure and latitude; the teacher sees temperature and
height as well, so that no network can agree with it entirely.
"""

HELD_OUT_COLUMNS = 8192
_LOSS_WEIGHT = 0.02  # of one step in the running mean that is shown


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    defaults = TrainingSettings()
    parser = subparsers.add_parser(
        "train-emulator",
        help="train a WaveNet to give the drag of a native scheme",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--teacher",
        required=True,
        choices=("ad99",),
        help="scheme to learn: ad99 is Alexander and Dunkerton (1999), with the "
        "settings of MiMA's example run",
    )
    add("-o", "--output", type=Path, metavar="FILE", required=True, help="checkpoint")
    add(
        "--states",
        type=Path,
        nargs="+",
        metavar="FILE.nc",
        help="learn on the columns of these files, on MiMA's 40 sigma levels",
    )
    add(
        "--columns",
        type=int,
        metavar="N",
        default=400_000,
        help="columns to make without --states (default: %(default)s)",
    )
    add(
        "--score-on",
        type=Path,
        nargs="+",
        metavar="FILE.nc",
        help="state files for the score (default: the last time of --states; without "
        f"--states {HELD_OUT_COLUMNS} columns from the next seed)",
    )
    add("--epochs", type=int, metavar="N", default=defaults.epochs, help="passes")
    add(
        "--batch",
        type=int,
        metavar="N",
        default=defaults.batch,
        help="samples of a step, two a column (default: %(default)s)",
    )
    add(
        "--learning-rate",
        type=float,
        metavar="X",
        default=defaults.learning_rate,
        help="largest rate of the one-cycle schedule (default: %(default)s)",
    )
    add(
        "--seed",
        type=int,
        metavar="N",
        default=defaults.seed,
        help="seed of columns, weights and order (default: %(default)s)",
    )
    add("--threads", type=int, metavar="N", help="default: all cores")
    add("--name", metavar="TEXT", help="default: WaveNet trained on TEACHER")


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    settings = TrainingSettings(args.epochs, args.batch, args.learning_rate, args.seed)
    _check(args)

    import torch

    from gwparam.synthetic.samples import make_samples
    from gwparam.synthetic.scores import predict, score_drag
    from gwparam.synthetic.trained import Training, physical_network, save_trained
    from gwparam.synthetic.training import initial_network

    torch.set_num_threads(args.threads or os.cpu_count() or 1)
    start = time.perf_counter()
    with _bars() as bars:
        shown, held_out = _lessons(args, bars)
        samples = make_samples(shown.columns, shown.drag)
        network = initial_network(samples, settings.seed)
        _train(bars, network, samples, settings)
    trained = physical_network(network, samples)
    predicted = predict(trained, held_out.columns)
    training = Training(
        teacher=args.teacher,
        learned_from=shown.name,
        scored_on=held_out.name,
        columns=len(shown.columns),
        score=score_drag(predicted, held_out.drag, held_out.columns.latitude),
        **asdict(settings),
    )
    name = args.name or f"WaveNet trained on {args.teacher}"
    save_trained(args.output, trained, name, training)
    _report(args.output, training, time.perf_counter() - start)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Find mistakes before the training, which is long."""
    if args.columns < 1:
        raise ArgumentError(f"columns is {args.columns}, expected at least 1")
    if args.threads is not None and args.threads < 1:
        raise ArgumentError(f"threads is {args.threads}, expected at least 1")
    if not args.output.parent.is_dir():
        raise ModelFileError(
            f"cannot write {args.output}: no folder {args.output.parent}"
        )


def _lessons(args: argparse.Namespace, bars: "Progress") -> "tuple[Lesson, Lesson]":
    """Collect what to learn from, and what the score is for."""
    from gwparam.synthetic.columns import read_columns
    from gwparam.synthetic.lessons import climatology_lesson, lesson

    def advance(total: int, label: str) -> Callable[[int], None]:
        task = bars.add_task(label, total=total, note="")
        return lambda ncol: bars.advance(task, ncol)

    held_out = read_columns(args.score_on) if args.score_on else []
    held_out_name = _names(args.score_on or [])
    if args.states is None:
        show = advance(args.columns, "columns to learn from")
        shown = climatology_lesson(args.teacher, args.columns, args.seed, show)
        if not held_out:
            show = advance(HELD_OUT_COLUMNS, "columns for the score")
            seed = args.seed + 1
            return shown, climatology_lesson(args.teacher, HELD_OUT_COLUMNS, seed, show)
    else:
        times = read_columns(args.states)
        names = _names(args.states)
        if not held_out:
            if len(times) < 2:
                raise ArgumentError(
                    f"{names} has one time, expected two or more, or files to score on"
                )
            *times, last = times
            held_out, held_out_name = [last], f"the last time of {names}"
        show = advance(sum(map(len, times)), "columns to learn from")
        shown = lesson(args.teacher, times, names, show)
    show = advance(sum(map(len, held_out)), "columns for the score")
    return shown, lesson(args.teacher, held_out, held_out_name, show)


def _train(
    bars: "Progress", network: "WaveNet", samples: "Samples", settings: TrainingSettings
) -> None:
    """Train, and show loss and speed."""
    from gwparam.synthetic.training import steps_of, train

    task = bars.add_task("training", total=steps_of(samples, settings), note="")
    batch = min(settings.batch, len(samples))
    start = time.perf_counter()
    mean = None
    for step, loss in train(network, samples, settings):
        mean = loss if mean is None else mean + _LOSS_WEIGHT * (loss - mean)
        rate = step * batch / (time.perf_counter() - start)
        note = f"loss {mean:.4f}, {rate / 1e3:.1f} k samples/s"
        bars.update(task, completed=step, note=note)


def _bars() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description:<21}"),
        BarColumn(bar_width=12),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
    )


def _report(path: Path, training: "Training", seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"score on {training.scored_on}", title_justify="left")
    for heading in ("output", "R2", "correlation", "rms error (m s-2)"):
        table.add_column(heading, justify="left" if heading == "output" else "right")
    for item in training.score:
        table.add_row(
            item.name.replace("_due_to_gravity_wave_drag", ""),
            f"{item.r2:.3f}",
            f"{item.correlation:.3f}",
            f"{item.rms_error:.2e}",
        )
    # Files and pipes have no width: give the table what it needs.
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(table)
    console.print(f"learned from {training.learned_from}, in {seconds:.0f} s")
    console.print(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB)", soft_wrap=True)


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)
