"""``gwparam train-emulator``: train a WaveNet to give the drag of a native scheme."""

import argparse
import shlex
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gwparam.commands.answer import Answer, Exit
from gwparam.commands.finetune import check_installed
from gwparam.commands.given import check_name, file_path, refuse_idle, whole_number
from gwparam.commands.make_states import (
    add_shared,
    add_teacher,
    check_shared,
    label_states,
)
from gwparam.contract import Description
from gwparam.errors import ArgumentError, ModelFileError, wrong_setting
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.synthetic.columns import Columns
    from gwparam.training.scores import FieldScore
    from gwparam.training.settings import Settings

EPILOG = """\
examples:
  gwparam train-emulator --teacher ad99 -o wavenet_ad99.safetensors
      learns the scheme of Alexander and Dunkerton (1999) on columns made from formulas
  gwparam train-emulator --teacher ad99 --states run_*.nc -o wavenet_run.safetensors
      learns it on the columns of a model run. The last time is held out for the score,
      the one before it says which epoch is best

the result is a checkpoint for gwparam export --ckpt

The command makes states as gwparam make-states does and trains as gwparam finetune
does, in the folder FILE.training, which is removed at the end. A training that is asked
to stop (SIGTERM, Ctrl-C) leaves it: gwparam finetune --resume goes on there.

The network sees wind, surface pressure and latitude; the teacher sees temperature and
height as well, so that no network can agree with it entirely.
"""

COLUMNS = 400_000
HELD_OUT_COLUMNS = 8000


@dataclass(frozen=True)
class Training:
    """Where the knowledge of a network comes from, and how well it learned.

    Attributes
    ----------
    teacher : str
        The scheme that it learned.
    learned_from, scored_on : str
        The columns that it was trained on, and those that the score is for.
    columns, epochs, batch, seed : int
        Columns, passes over them, samples of a step, and the seed.
    learning_rate : float
        Largest learning rate.
    score : tuple of FieldScore
        One an output.
    """

    teacher: str
    learned_from: str
    scored_on: str
    columns: int
    epochs: int
    batch: int
    seed: int
    learning_rate: float
    score: "tuple[FieldScore, ...]"


@dataclass(frozen=True)
class _TrainedDescription(Description):
    """A description that also tells how the network was trained."""

    training: Training


class _Part(NamedTuple):
    """States of training, validation or test, how many, and what people call them."""

    states: "Iterable[Columns]"
    times: int
    said: str


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "train-emulator",
        help="train a WaveNet to give the drag of a native scheme",
        description="Train a WaveNet to give the drag of a native scheme.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add(
        "-o",
        "--output",
        type=file_path,
        metavar="FILE",
        required=True,
        help="checkpoint",
    )
    add(
        "--states",
        type=file_path,
        nargs="+",
        metavar="FILE.nc",
        help="learn on the columns of these files, on MiMA's 40 sigma levels",
    )
    add_teacher(parser, required=True)
    add_shared(
        parser,
        "columns to make without --states, rounded up to a multiple of 800 (default: "
        f"{COLUMNS})",
        "of columns, weights and order",
    )
    add(
        "--score-on",
        type=file_path,
        nargs="+",
        metavar="FILE.nc",
        help="state files for the score (default: the last time of --states; without "
        f"--states {HELD_OUT_COLUMNS} columns from the next seed)",
    )
    add(
        "--epochs",
        type=whole_number,
        metavar="N",
        default=20,
        help="passes over the columns (default: 20)",
    )
    add(
        "--batch",
        type=whole_number,
        metavar="N",
        default=512,
        help="samples of a step, two a column (default: %(default)s)",
    )
    add(
        "--learning-rate",
        type=float,
        metavar="X",
        default=4.0e-3,
        help="largest rate of the one-cycle schedule (default: %(default)s)",
    )
    add(
        "--threads",
        type=whole_number,
        metavar="N",
        help="of the training (default: all cores)",
    )
    add(
        "--name",
        metavar="TEXT",
        help="what people will call the network (default: WaveNet trained on TEACHER)",
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    check_installed()

    from gwparam.training.report import (
        as_dict,
        next_commands,
        print_found,
        print_outcome,
        print_scores,
    )
    from gwparam.training.train import train

    folder = Path(f"{args.output}.training").absolute()
    settings = _settings(args, folder)
    _check(args, folder)
    parts = _parts(args)
    with _working(folder) as keep:
        files, columns = {}, {}
        for name, (states, times, _) in parts.items():
            path = folder / f"{name}.nc"
            columns[name] = label_states(path, args.teacher, states, times)
            files[name] = (str(path),)
        settings = replace(
            settings,
            data=files["training"],
            validation=files["validation"],
            test=files.get("test", ()),
        )
        report = (lambda _: None) if args.json else print_found
        outcome = train(settings, False, report)
        document = as_dict(outcome)
        if outcome.network is None:
            keep.append(folder)
            then = tuple(next_commands(outcome))
            return Answer(document, partial(print_outcome, outcome), Exit.STOPPED, then)
        scored = list(parts)[-1]
        training = Training(
            teacher=args.teacher,
            learned_from=parts["training"].said,
            scored_on=parts[scored].said,
            columns=columns["training"],
            epochs=args.epochs,
            batch=args.batch,
            seed=args.seed,
            learning_rate=args.learning_rate,
            score=outcome.after[scored].fields,
        )
        _save(args.output, outcome.network, training)
    size = args.output.stat().st_size

    def show() -> None:
        print_scores(outcome)
        print(f"learned from {training.learned_from}; scored on {training.scored_on}")
        print(f"wrote {args.output} ({size / 1e6:.2f} MB)")

    told = {"network": args.output, "bytes": size, "training": asdict(training)}
    name = args.output.stem + ("_artefact" if args.output.suffix == ".pt" else "")
    artefact = args.output.with_name(name + ".pt")
    export = ["gwparam", "export", "--ckpt", str(args.output), "-o", str(artefact)]
    return Answer(document | told, show, next=(shlex.join(export),))


def _settings(args: argparse.Namespace, folder: Path) -> "Settings":
    """Give the settings of the training but for its files."""
    from gwparam.training.settings import Settings

    return Settings(
        arch="wavenet",
        output=str(folder / "run"),
        data=(),
        epochs=args.epochs,
        batch=args.batch,
        learning_rate=args.learning_rate,
        seed=args.seed,
        threads=args.threads or 0,
        name=args.name or f"WaveNet trained on {args.teacher}",
    )


def _check(args: argparse.Namespace, folder: Path) -> None:
    """Find mistakes before the training, which is long."""
    check_shared(args)
    check_outputs([args.output], [*(args.states or ()), *(args.score_on or ())])
    check_name(args.name)
    if args.states is not None:
        refuse_idle(args, "with --states", ("columns",))
    if args.threads is not None and args.threads < 1:
        raise wrong_setting("threads", args.threads, "at least 1")
    if folder.exists():
        raise ArgumentError(
            f"{folder} is of a training that did not end, expected no such folder; "
            f"gwparam finetune --resume {folder / 'run'} goes on with it"
        )


@contextmanager
def _working(folder: Path) -> Iterator[list[Path]]:
    """Make a folder that is removed at the end, unless it is put into the list."""
    keep: list[Path] = []
    try:
        folder.mkdir()
    except OSError as error:
        raise ModelFileError(f"cannot make {folder}: {error.strerror}") from None
    try:
        yield keep
    finally:
        if folder not in keep:
            shutil.rmtree(folder)


def _parts(args: argparse.Namespace) -> dict[str, _Part]:
    """Give the states to learn from, and those held out; the last part is scored."""
    from gwparam.synthetic.columns import count_times, read_columns

    parts = _of_files(args) if args.states else _of_seeds(args)
    if args.score_on is not None:
        # One time of --states leaves nothing else to say which epoch is best.
        name = "test" if "validation" in parts else "validation"
        count = count_times(args.score_on)
        parts[name] = _Part(read_columns(args.score_on), count, _names(args.score_on))
    return parts


def _of_seeds(args: argparse.Namespace) -> dict[str, _Part]:
    """Draw columns of the climatology, for each part from a seed of its own."""
    from gwparam.synthetic.states import CELLS, count_states, draw_states

    columns = COLUMNS if args.columns is None else args.columns
    wanted = {"training": (columns, 0), "validation": (HELD_OUT_COLUMNS, 2)}
    if args.score_on is None:
        wanted["test"] = (HELD_OUT_COLUMNS, 1)
    parts = {}
    for name, (ncol, step) in wanted.items():
        count, seed = count_states(ncol), args.seed + step
        said = f"{CELLS * count} columns of the climatology, seed {seed}"
        parts[name] = _Part(draw_states(ncol, seed), count, said)
    return parts


def _of_files(args: argparse.Namespace) -> dict[str, _Part]:
    """Take the states of a run, the last times for validation and test."""
    from gwparam.synthetic.columns import count_times, read_columns

    names = _names(args.states)
    left = count_times(args.states)
    if left < 2 and args.score_on is None:
        raise ArgumentError(
            f"{names} has one time, expected two or more, or files to score on"
        )
    held_out = 2 if args.score_on is None else 1
    times = read_columns(args.states)
    parts = {}
    for name, wanted in (
        ("training", max(left - held_out, 1)),
        ("validation", 1),
        ("test", 1),
    ):
        count = min(wanted, left)
        if count:
            said = names if name == "training" else f"the last time of {names}"
            parts[name] = _Part(islice(times, count), count, said)
            left -= count
    return parts


def _save(path: Path, network: Path, training: Training) -> None:
    """Write the network as a checkpoint that tells how it was trained."""
    from gwparam.checkpoints import read_checkpoint, save_checkpoint

    checkpoint = read_checkpoint(network)
    described = _TrainedDescription(**vars(checkpoint.description), training=training)
    save_checkpoint(
        path, checkpoint.weights, extras=checkpoint.extras, description=described
    )


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)
