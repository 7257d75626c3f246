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
from gwparam.errors import ArgumentError, DeviceError, ModelFileError
from gwparam.training.checkpoint import STATE_FILE, all_weights
from gwparam.training.data import Meaning
from gwparam.training.distributed import agree, gather, start
from gwparam.training.freezing import plain_weights
from gwparam.training.interruption import Interruption
from gwparam.training.journal import Entry, Journal
from gwparam.training.loader import InOrder, Share
from gwparam.training.prepare import Prepared, prepare
from gwparam.training.run import Run
from gwparam.training.scores import Scores
from gwparam.training.settings import Settings, read_run, write_run
from gwparam.training.splits import Part
from gwparam.training.statistics import Survey, survey

NETWORK_FILE = "network.safetensors"
SCALING_FILE = "scaling.json"
SCORES_FILE = "scores.json"
_LOG_SECONDS = 1.0
_LONG_SECONDS = 60.0
_GO_ON, _SAVE, _STOP = range(3)


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
    speaks : bool
        Whether this process is the one that prints.
    """

    prepared: Prepared
    network: Path | None
    ended: str
    before: dict[str, Scores]
    after: dict[str, Scores]
    speaks: bool


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

        def take(parts: tuple[Part, ...], meaning: Meaning) -> Survey:
            return _remembered(folder) if resume else _look(fabric, parts, meaning)

        prepared = prepare(stack, settings, take, fabric.world_size)
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
            run.remember(run.before["validation"].loss)
        interruption = stack.enter_context(Interruption())
        journal = stack.enter_context(
            Journal(
                folder,
                run.state.step,
                run.state.epoch,
                run.steps,
                run.epochs,
                run.speaks,
            )
        )
        ended = _Loop(run, folder, journal, interruption).to_end()
        if ended is None:
            asked = f"asked to stop at step {run.state.step} of {run.steps}"
            return Outcome(prepared, None, asked, run.before, {}, run.speaks)
        return _finish(run, folder, ended)


class _Tally:
    """Steps since some moment: their loss, and how fast they were."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._total = torch.zeros((), device=run.fabric.device)
        self._steps = 0
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

    def entry(self, epoch: int, loss: float) -> Entry:
        """Make an entry of the journal."""
        run, seconds = self._run, max(self.seconds, 1e-9)
        return Entry(
            run.state.step,
            epoch,
            run.learning_rate,
            loss,
            None,
            self._steps * run.loader.batch / seconds,
            (run.loader.waited - self._waited) / seconds,
        )


class _Loop:
    """The epochs of a run."""

    def __init__(
        self, run: Run, folder: Path, journal: Journal, interruption: Interruption
    ) -> None:
        self._run, self._folder, self._journal = run, folder, journal
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
        whole, recent = _Tally(run), _Tally(run)
        # Closed before the files are, whatever happens in between.
        with closing(run.loader.epoch(state.epoch, state.batch)) as batches:
            for batch in batches:
                loss = run.step(batch)
                whole.add(loss)
                recent.add(loss)
                self._journal.advance(state.step)
                if recent.seconds > _LOG_SECONDS:
                    self._journal.write(recent.entry(state.epoch + 1, recent.mean()))
                    recent = _Tally(run)
                wish = self._wish()
                if wish != _GO_ON:
                    whole.mean()
                    self._save()
                if wish == _STOP:
                    return False
        # Every process has seen as many samples.
        losses = gather(run.fabric, whole.mean())
        entry = whole.entry(state.epoch + 1, sum(losses) / len(losses))
        # Scores of many samples take long, and nobody is heard meanwhile.
        if agree(run.fabric, run.speaks and self._unsaved > _LONG_SECONDS):
            self._save()
        state.epoch, state.batch = state.epoch + 1, 0
        validation = run.scores("validation")["validation"].loss
        run.remember(validation)
        self._journal.write(replace(entry, validation_loss=validation))
        self._save()
        return True

    @property
    def _unsaved(self) -> float:
        """Seconds since the last checkpoint."""
        return time.monotonic() - self._saved

    def _wish(self) -> int:
        """Say what to do after a step; all processes agree."""
        wish = _GO_ON
        if self._interruption.signal is not None:
            wish = _STOP
        elif self._run.speaks and self._unsaved > self._interval:
            wish = _SAVE  # as the process says that writes
        return agree(self._run.fabric, wish)

    def _save(self) -> None:
        """Write a checkpoint; a full disk is no reason to lose what was learned."""
        try:
            self._run.save(self._folder)
        except ModelFileError as error:
            self._journal.say(f"warning: {error}; the last checkpoint stays as it was")
        self._saved = time.monotonic()


def _finish(run: Run, folder: Path, ended: str) -> Outcome:
    """Score the best weights and write them."""
    run.use_best()
    after = run.scores()
    path = folder / NETWORK_FILE
    weights = all_weights(run.prepared.network)
    if run.speaks:
        prepared = run.prepared
        prepared.meaning.save(
            path,
            plain_weights(prepared.network, weights),
            prepared.survey,
            prepared.settings.name,
        )
        _write_beside(folder, prepared, run.before, after)
    run.fabric.barrier()
    best = run.state.best_epoch
    which = f"best after {best}" if best else "none better than the first weights"
    return Outcome(
        run.prepared, path, f"{ended}, {which}", run.before, after, run.speaks
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
    texts = {SCORES_FILE: json.dumps(scores, indent=2)}
    recipe = prepared.meaning.recipe(prepared.survey)
    if recipe is not None:
        texts[SCALING_FILE] = recipe
    try:
        for name, text in texts.items():
            (folder / name).write_text(text + "\n")
    except OSError as error:
        raise ModelFileError(f"cannot write into {folder}: {error.strerror}") from None


def _defined(scores: Scores) -> dict[str, Any]:
    """Scores for JSON, where what is not defined is null."""
    fields = [
        {k: v if v == v else None for k, v in asdict(field).items()}
        for field in scores.fields
    ]
    return {"loss": scores.loss, "fields": fields}


def _look(fabric: Fabric, parts: tuple[Part, ...], meaning: Meaning) -> Survey:
    share = Share(fabric.global_rank, fabric.world_size)
    # Nothing is kept: the training keeps its own.
    times = InOrder(parts[0].data.samples, parts[0].times, share, memory=0)
    shown = track(
        times,
        "looking at the samples",
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty() or fabric.global_rank != 0,
    )
    return survey(shown, meaning, lambda found: gather(fabric, found))


def _remembered(folder: Path) -> Survey:
    return typed_json.parse(Survey, read_run(folder)[1].get("survey") or {})


def _make_folder(fabric: Fabric, folder: Path, prepared: Prepared) -> None:
    if fabric.global_rank == 0:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / STATE_FILE).unlink(missing_ok=True)
        except OSError as error:
            raise ModelFileError(f"cannot make {folder}: {error.strerror}") from None
        write_run(
            folder,
            prepared.settings,
            parameters=prepared.parameters(),
            digests=prepared.fingerprints(),
            survey=asdict(prepared.survey),
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
            "--batch, --precision bfloat16 and, for prithvi_gw, "
            "--gradient-checkpointing need less; the last checkpoint in "
            f"{settings.output} stays as it was"
        ) from None
