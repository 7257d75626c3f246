"""What a training says while it runs: a line on the console, CSV, TensorBoard."""

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from torch.utils.tensorboard import SummaryWriter

from gwparam.errors import ModelFileError

LOG_FILE = "log.csv"
_COLUMNS = (
    "step",
    "epoch",
    "learning_rate",
    "loss",
    "validation_loss",
    "samples_per_second",
    "waiting_for_data",
)
_LINE_SECONDS = 10.0  # between two lines where the output is no terminal
_SHOW_SECONDS = 0.2


@dataclass(frozen=True)
class LogEntry:
    """One row of the log.

    Attributes
    ----------
    step, epoch : int
        Steps done, and the epoch from 1.
    learning_rate, loss : float
        Of the last step, and the mean loss since the last entry [1].
    validation_loss : float or None
        At the end of an epoch [1].
    samples_per_second, waiting_for_data : float
        Since the last entry; share of the time that samples were waited for [1].
    """

    step: int
    epoch: int
    learning_rate: float
    loss: float
    validation_loss: float | None
    samples_per_second: float
    waiting_for_data: float


class TrainingLog:
    """The log of a training; a context manager. Silent on all processes but one.

    Parameters
    ----------
    folder : Path
        Where ``log.csv`` and ``tensorboard`` go.
    step, epoch : int
        Steps and whole epochs done before; rows beyond them, of a run that was killed
        later, are removed, so that the log is that of one training.
    steps : int
        Steps of the whole training.
    epochs : int
        Epochs of the whole training.
    is_main_process : bool
        Whether this process is the one that writes.

    Raises
    ------
    ModelFileError
        If the log cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        step: int,
        epoch: int,
        steps: int,
        epochs: int,
        is_main_process: bool,
    ) -> None:
        self._is_main_process, self._epochs = is_main_process, epochs
        self._steps = steps
        if not is_main_process:
            return
        path = folder / LOG_FILE
        try:
            rows = _rows_until(path, step, epoch) if step else []
            self._file = path.open("w", newline="", buffering=1)
            self._writer = csv.writer(self._file)
            self._writer.writerow(_COLUMNS)
            self._writer.writerows(rows)
            self._board = SummaryWriter(
                str(folder / "tensorboard"), purge_step=step + 1
            )
        except OSError as error:
            raise ModelFileError(f"cannot write {path}: {error.strerror}") from None
        self._console = Console(stderr=True, highlight=False)
        self._shown = self._said = time.monotonic()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self._console,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bars.add_task(
            "training", total=steps, completed=step, note=""
        )

    def __enter__(self) -> Self:
        if self._is_main_process:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_main_process:
            self._bars.stop()
            for log in (self._file, self._board):
                with self._warning():
                    log.close()

    def advance(self, step: int) -> None:
        """Show how far the training is."""
        if self._is_main_process and time.monotonic() - self._shown > _SHOW_SECONDS:
            self._shown = time.monotonic()
            self._bars.update(self._task, completed=step)

    def write(self, entry: LogEntry) -> None:
        """Add a row to the log, and show it."""
        if not self._is_main_process:
            return
        values = {column: getattr(entry, column) for column in _COLUMNS}
        with self._warning():
            self._writer.writerow("" if v is None else v for v in values.values())
        with self._warning():
            for column in _COLUMNS[2:]:
                if values[column] is not None:
                    self._board.add_scalar(column, values[column], entry.step)
        note = (
            f"epoch {entry.epoch}/{self._epochs}, loss {entry.loss:.4g}, "
            f"{_spell(entry.samples_per_second)} samples/s"
        )
        self._bars.update(self._task, completed=entry.step, note=note)
        if entry.validation_loss is not None:
            self.say(f"{note}, validation {entry.validation_loss:.4g}")
        elif self._bars.disable and time.monotonic() - self._said > _LINE_SECONDS:
            done = entry.step / max(self._steps, 1)
            self.say(f"{done:4.0%} {note}, {self._left()} left")

    def say(self, text: str) -> None:
        """Print a line."""
        if self._is_main_process:
            self._said = time.monotonic()
            self._console.print(text, soft_wrap=True, markup=False)

    @contextmanager
    def _warning(self) -> Iterator[None]:
        """Say that a log is not complete; a full disk is no reason to stop."""
        try:
            yield
        except OSError as error:
            self.say(f"warning: cannot write the log: {error.strerror}")

    def _left(self) -> str:
        seconds = self._bars.tasks[0].time_remaining
        return "?" if seconds is None else f"{seconds:.0f} s"


def _rows_until(path: Path, step: int, epoch: int) -> list[list[str]]:
    """Rows of a log up to a step, and up to the end of an epoch."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[_COLUMNS[-1]]]
    # The last row of a killed run may be torn, but then it is one beyond the step.
    kept = [row for row in rows if int(row["step"]) <= step]
    ended = [r for r in kept if not r["validation_loss"] or int(r["epoch"]) <= epoch]
    return [[row[column] for column in _COLUMNS] for row in ended]


def _spell(rate: float) -> str:
    return f"{rate / 1e3:.1f} k" if rate >= 1e3 else f"{rate:.3g}"
