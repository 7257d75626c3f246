"""Train a network from its settings to a checkpoint for an export."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from rich.console import Console
from rich.progress import track
from torch import Tensor

from gwparam.contract import typed_json
from gwparam.data.training_range import describe
from gwparam.errors import ArgumentError, DeviceError, ModelFileError
from gwparam.training.checkpoint import STATE_FILE, all_weights
from gwparam.training.distributed import gather, maximum, start
from gwparam.training.folder_lock import locked
from gwparam.training.freezing import plain_weights
from gwparam.training.interruption import Interruption
from gwparam.training.loader import SequentialLoader, Share
from gwparam.training.prepare import Prepared, Splits, prepare
from gwparam.training.record import record_of
from gwparam.training.run import Run
from gwparam.training.scores import Scores
from gwparam.training.settings import RUN_FILE, Settings, read_run, write_run
from gwparam.training.statistics import SampleStatistics, compute_statistics
from gwparam.training.tasks.task import OutputSpec
from gwparam.training.training_log import LOG_FILE, LogEntry, TrainingLog
from gwparam.whole_files import write_text

NETWORK_FILE = "network.safetensors"
SCALING_FILE = "scaling.json"
SCORES_FILE = "scores.json"
RESULTS = (NETWORK_FILE, SCALING_FILE, SCORES_FILE, STATE_FILE, RUN_FILE, LOG_FILE)
TRAINING_RANGE = "training_range"
_STATISTICS = "survey"  # key in the settings of a run, of trainings that began before
_LOG_SECONDS = 1.0
_LONG_SECONDS = 60.0
_CONTINUE, _SAVE, _STOP = range(3)


@dataclass(frozen=True)
class Outcome:
    """What became of a training.

    Attributes
    ----------
    prepared : Prepared
        What was trained.
    network : Path or None
        The checkpoint for an export; None if the training was asked to stop before its
        end.
    ended : str
        How it ended, for people.
    before, after : dict of str to Scores
        Of validation and test, before the first step and with the best weights.
    is_main_process : bool
        Whether this process is the one that prints.
    """

    prepared: Prepared
    network: Path | None
    ended: str
    before: dict[str, Scores]
    after: dict[str, Scores]
    is_main_process: bool


def train(
    settings: Settings, resume: bool, report: Callable[[Prepared], None]
) -> Outcome:
    """Train a network, or go on where a training stopped.

    Parameters
    ----------
    settings : Settings
        What to do; to go on, those that the folder of the results holds.
    resume : bool
        Whether to go on from the checkpoint in that folder.
    report : callable
        Told on one process what was found, before the first step.

    Returns
    -------
    Outcome
        The results, which are in the folder too.

    Raises
    ------
    GwparamError
        If something does not fit, the loss is not finite, a file cannot be written or
        memory does not suffice. The last checkpoint stays as it was.
    """
    folder = Path(settings.output)
    with ExitStack() as stack:
        stack.enter_context(_memory(settings))
        fabric = start(settings)

        def take(splits: Splits, spec: OutputSpec) -> SampleStatistics:
            if resume:
                return _stored_statistics(folder)
            return _take_statistics(fabric, splits, spec, settings.input_noise > 0.0)

        prepared = prepare(stack, settings, take, fabric.world_size)
        stack.enter_context(_alone(fabric, folder))
        if resume:
            _check_same(folder, prepared)
        else:
            _make_folder(fabric, folder, prepared)
        if fabric.global_rank == 0:
            report(prepared)
        run = Run(fabric, prepared)
        if resume:
            run.restore(folder)
        else:
            run.before = run.scores()
            run.keep_best(run.before["validation"].loss)
        interruption = stack.enter_context(Interruption())
        log = stack.enter_context(
            TrainingLog(
                folder,
                run.state.step,
                run.state.epoch,
                run.steps,
                run.epochs,
                run.is_main_process,
            )
        )
        ended = _Loop(run, folder, log, interruption).to_end()
        if ended is None:
            asked = f"asked to stop at step {run.state.step} of {run.steps}"
            return Outcome(prepared, None, asked, run.before, {}, run.is_main_process)
        return _finish(run, folder, ended)


class _StepMeter:
    """Steps since some moment: their loss, and how fast they were."""

    def __init__(self, run: Run, loss: float = 0.0, steps: int = 0) -> None:
        self._run = run
        self._total = torch.tensor(loss * steps, device=run.fabric.device)
        self._before, self._steps = steps, steps
        self._began, self._waited = time.monotonic(), run.loader.waited

    @property
    def seconds(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self._began

    def add(self, loss: Tensor) -> None:
        """Count a step."""
        self._total = self._total + loss
        self._steps += 1

    def mean(self) -> float:
        """Mean loss, which must be finite."""
        loss = float(self._total) / max(self._steps, 1)
        self._run.check_finite(loss)
        return loss

    def entry(self, epoch: int, loss: float) -> LogEntry:
        """Make an entry of the log."""
        run, seconds = self._run, max(self.seconds, 1e-9)
        return LogEntry(
            run.state.step,
            epoch,
            run.learning_rate,
            loss,
            None,
            (self._steps - self._before) * run.loader.batch / seconds,
            (run.loader.waited - self._waited) / seconds,
        )


class _Loop:
    """The epochs of a run."""

    def __init__(
        self, run: Run, folder: Path, log: TrainingLog, interruption: Interruption
    ) -> None:
        self._run, self._folder, self._log = run, folder, log
        self._interruption = interruption
        self._interval = 60.0 * run.prepared.settings.checkpoint_minutes
        self._saved = time.monotonic()

    def to_end(self) -> str | None:
        """Train until nothing is left to do; how it ended, None if asked to stop."""
        run, state = self._run, self._run.state
        patience = run.prepared.settings.patience
        while state.epoch < run.epochs:
            late = state.epoch - state.best_epoch
            if patience and late >= patience:
                return f"ended early: no better validation for {late} epochs"
            if not self._epoch():
                return None
        return f"trained for {run.epochs} epochs"

    def _epoch(self) -> bool:
        """Train to the end of an epoch; False if asked to stop."""
        run, state = self._run, self._run.state
        # A training that goes on had steps of this epoch before.
        whole = _StepMeter(run, state.epoch_loss, state.batch)
        recent = _StepMeter(run)
        # Closed before the files are, whatever happens in between.
        with closing(run.loader.epoch(state.epoch, state.batch)) as batches:
            for batch in batches:
                loss = run.step(batch)
                whole.add(loss)
                recent.add(loss)
                self._log.advance(state.step)
                if recent.seconds > _LOG_SECONDS:
                    self._log.write(recent.entry(state.epoch + 1, recent.mean()))
                    recent = _StepMeter(run)
                action = self._next_action()
                if action != _CONTINUE:
                    state.epoch_loss = self._mean(whole)
                    self._save()
                if action == _STOP:
                    return False
        state.epoch_loss = self._mean(whole)
        entry = whole.entry(state.epoch + 1, state.epoch_loss)
        # Scores of many samples take long, and nobody is heard meanwhile.
        if maximum(run.fabric, run.is_main_process and self._unsaved > _LONG_SECONDS):
            self._save()
        state.epoch, state.batch, state.epoch_loss = state.epoch + 1, 0, 0.0
        validation = run.scores("validation")["validation"].loss
        run.keep_best(validation)
        self._log.write(replace(entry, validation_loss=validation))
        self._save()
        return True

    def _mean(self, meter: _StepMeter) -> float:
        """Mean loss of all processes, each of which has seen as many samples."""
        losses = gather(self._run.fabric, meter.mean())
        return float(sum(losses)) / len(losses)

    @property
    def _unsaved(self) -> float:
        """Seconds since the last checkpoint."""
        return time.monotonic() - self._saved

    def _next_action(self) -> int:
        """Say what to do after a step; all processes agree."""
        action = _CONTINUE
        if self._interruption.signal is not None:
            action = _STOP
        elif self._run.is_main_process and self._unsaved > self._interval:
            action = _SAVE  # as the process says that writes
        return maximum(self._run.fabric, action)

    def _save(self) -> None:
        """Write a checkpoint; a full disk is no reason to lose what was learned."""
        try:
            self._run.save(self._folder)
        except ModelFileError as error:
            self._log.say(f"warning: {error}; the last checkpoint stays as it was")
        self._saved = time.monotonic()


def _finish(run: Run, folder: Path, ended: str) -> Outcome:
    """Score the best weights and write them."""
    run.use_best()
    after = run.scores()
    path = folder / NETWORK_FILE
    weights = all_weights(run.prepared.network)
    if run.is_main_process:
        prepared = run.prepared
        prepared.spec.save(
            path,
            plain_weights(prepared.network, weights),
            prepared.statistics,
            prepared.settings.name,
            record_of(prepared, after),
        )
        _write_beside(folder, prepared, run.before, after)
    run.fabric.barrier()
    best = run.state.best_epoch
    which = f"best after {best}" if best else "none better than the first weights"
    return Outcome(
        run.prepared, path, f"{ended}, {which}", run.before, after, run.is_main_process
    )


def _write_beside(
    folder: Path,
    prepared: Prepared,
    before: dict[str, Scores],
    after: dict[str, Scores],
) -> None:
    """Write scores and scaling, for scripts and for a replay."""
    scores = {
        name: {"before": _defined(before[name]), "after": _defined(after[name])}
        for name in after
    }
    if prepared.loaded is not None:
        scores[TRAINING_RANGE] = describe(prepared.differences)
    texts = {SCORES_FILE: json.dumps(scores, indent=2)}
    recipe = prepared.spec.recipe(prepared.statistics)
    if recipe is not None:
        texts[SCALING_FILE] = recipe
    for name, text in texts.items():
        write_text(folder / name, text)


def _defined(scores: Scores) -> dict[str, Any]:
    """Scores for JSON, where what is not defined is null."""
    fields = [
        {k: v if v == v else None for k, v in asdict(field).items()}
        for field in scores.fields
    ]
    return {"loss": scores.loss, "fields": fields}


def _take_statistics(
    fabric: Fabric, splits: Splits, spec: OutputSpec, as_given: bool
) -> SampleStatistics:
    share = Share(fabric.global_rank, fabric.world_size)
    # Nothing is kept: the training keeps its own.
    times = SequentialLoader(splits[0].data.samples, splits[0].times, share, memory=0)
    shown = track(
        times,
        "looking at the samples",
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty() or fabric.global_rank != 0,
    )
    return compute_statistics(
        shown, spec, lambda found: gather(fabric, found), as_given=as_given
    )


def _stored_statistics(folder: Path) -> SampleStatistics:
    stored = read_run(folder)[1].get(_STATISTICS) or {}
    return typed_json.parse(SampleStatistics, stored)


@contextmanager
def _alone(fabric: Fabric, folder: Path) -> Iterator[None]:
    """Lock the folder on the process that writes; all fail where it cannot."""
    with ExitStack() as stack:
        failure = ""
        if fabric.global_rank == 0:
            try:
                stack.enter_context(locked(folder))
            except ModelFileError as error:
                failure = str(error)
        failure = gather(fabric, failure)[0]
        if failure:
            raise ModelFileError(failure)
        yield


def _make_folder(fabric: Fabric, folder: Path, prepared: Prepared) -> None:
    if fabric.global_rank == 0:
        (folder / STATE_FILE).unlink(missing_ok=True)
        write_run(
            folder,
            prepared.settings,
            parameters=prepared.parameters(),
            digests=prepared.fingerprints(),
            **{_STATISTICS: asdict(prepared.statistics)},
        )
    fabric.barrier()


def _check_same(folder: Path, prepared: Prepared) -> None:
    """Check that files hold what they held when the training began."""
    before = read_run(folder)[1].get("digests")
    for name, found in prepared.fingerprints().items():
        if not isinstance(before, dict) or before.get(name) != found:
            raise ArgumentError(
                f"the files of {name} hold something else than when this training "
                "began, expected the same"
            )


@contextmanager
def _memory(settings: Settings) -> Iterator[None]:
    """Say what helps where memory does not suffice."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        text = str(error)
        short = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not short and "can't allocate memory" not in text:
            raise
        raise DeviceError(
            f"out of memory: {text.splitlines()[0] if text else 'no room'}; a smaller "
            "batch, precision bfloat16 and, for a transformer, gradient_checkpointing "
            f"need less; the last checkpoint in {settings.output} stays as it was",
            settings=("batch", "precision", "gradient_checkpointing"),
        ) from None
