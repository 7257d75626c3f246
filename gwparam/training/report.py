"""What a training prints: what it found, scores before and after, what is next."""

import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from rich.table import Table

from gwparam import console
from gwparam.data.training_range import warnings
from gwparam.training.prepare import Prepared
from gwparam.training.train import SCALING_FILE, Outcome


def print_found(prepared: Prepared) -> None:
    """Print what was found in the files, and what will be trained."""
    lines = console.lines()
    for what, text in _found(prepared):
        lines.print(f"{what:12} {text}")
    print_warnings(prepared)


def print_warnings(prepared: Prepared) -> None:
    """Print on standard error which inputs are unlike those of training."""
    whose = "pre-trained" if prepared.loaded is not None else "scaling recipe's"
    for line in warnings(prepared.differences, f"the {whose} network"):
        print(line, file=sys.stderr)


def print_outcome(outcome: Outcome) -> None:
    """Print how a training ended, its scores, and the network."""
    print_scores(outcome)
    if outcome.network is not None:
        size = outcome.network.stat().st_size / 1e6
        console.lines().print(f"wrote {outcome.network} ({size:.2f} MB)")


def print_scores(outcome: Outcome) -> None:
    """Print how a training ended, and its scores."""
    console.lines().print(outcome.ended)
    for name in outcome.after:
        console.tables().print(_scores(name, outcome))


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Turn what became of a training into what `json.dumps` takes.

    Returns
    -------
    dict
        ``ended``; ``network``, absent if the training stopped; ``parameters``; and
        ``scores``, those of `Scores` by split, ``before`` and ``after``.
    """
    stopped = outcome.network is None
    return {
        "ended": outcome.ended,
        **({} if stopped else {"network": outcome.network}),
        "parameters": outcome.prepared.parameters(),
        "scores": {
            name: {"before": asdict(outcome.before[name]), "after": asdict(after)}
            for name, after in outcome.after.items()
        },
    }


def _resume(outcome: Outcome) -> str:
    return shlex.join(
        ["gwparam", "finetune", "--resume", outcome.prepared.settings.output]
    )


def _found(prepared: Prepared) -> Iterator[tuple[str, str]]:
    yield from prepared.splits[0].data.report()
    for split in prepared.splits:
        yield split.name, split.report()
    count = prepared.parameters()
    numbers = f"{count['all']:_}, of which {count['trained']:_} are trained"
    yield "parameters", numbers.replace("_", " ")
    for line in prepared.loss.describe():
        yield "loss", line
    settings = prepared.settings
    if settings.input_noise:
        size = f"{settings.input_noise:g} standard deviations of each"
        yield "input noise", f"{size}, {settings.noise_schedule}"
    loaded = prepared.loaded
    if loaded is not None:
        yield "pre-trained", f"{len(loaded.taken)} tensors of the checkpoint"
        for note in loaded.notes:
            yield "", note
        parameters = dict(prepared.network.named_parameters())
        for key, why in loaded.reinitialised:
            trained = " and trained" if key in parameters else ""
            yield "", f"new{trained}: {key} ({why})"
        if loaded.unused:
            yield "", f"not used: {len(loaded.unused)} tensors of the file"
    if prepared.spec.missing:
        missing = ", ".join(_flags(prepared.spec.missing))
        yield "not known", f"{missing}: scores are of normalised numbers"


def _scores(name: str, outcome: Outcome) -> Table:
    before, after = outcome.before[name], outcome.after[name]
    (split,) = (s for s in outcome.prepared.splits if s.name == name)
    table = Table(
        title=f"{name}: {split.report()}, all levels and cells together; loss "
        f"{before.loss:.4g} before, {after.loss:.4g} after",
        title_justify="left",
    )
    table.add_column("field")
    for heading in ("R2", "correlation", "rms error"):
        table.add_column(f"{heading} before", justify="right")
        table.add_column("after", justify="right")
    for old, new in zip(before.fields, after.fields, strict=True):
        label = new.name.replace("_due_to_gravity_wave_drag", "")
        table.add_row(
            f"{label} [{new.units}]",
            f"{old.r2:.4f}",
            f"{new.r2:.4f}",
            f"{old.correlation:.4f}",
            f"{new.correlation:.4f}",
            f"{old.rms_error:.3e}",
            f"{new.rms_error:.3e}",
        )
    return table


def next_commands(outcome: Outcome) -> Iterator[str]:
    """Say what comes next: export, and replay of what was held out; or to go on."""
    network = outcome.network
    if network is None:
        yield _resume(outcome)
        return
    missing = [f"{flag} ..." for flag in _flags(outcome.prepared.spec.missing)]
    artefact, recipe = network.with_suffix(".pt"), network.with_name(SCALING_FILE)
    settings = outcome.prepared.settings
    own = []
    if settings.module is not None and settings.contract is not None:
        own = ["--module", settings.module, "--contract", settings.contract]
    export = ["gwparam", "export", *own, "--ckpt", str(network), "-o", str(artefact)]
    held = outcome.prepared.splits[-1]  # the test, else the validation
    dates, times = held.data.dates, held.times
    replay = ["gwparam", "replay", str(artefact), *dates.paths]
    if len(times) < len(dates):
        # The other times of these files were trained on.
        replay += ["--times", f"{times.start}:{times.stop}"]
    known = recipe.is_file()
    if known:
        replay += ["--scaling", str(recipe)]
    asked = ["--scaling ..."] if "--scaling ..." in missing and not known else []
    yield " ".join([shlex.join(export), *missing])
    yield " ".join([shlex.join(replay), *asked])


def _flags(names: Iterable[str]) -> list[str]:
    """Options of ``gwparam export``, whose command line is printed."""
    return ["--" + name.replace("_", "-") for name in names]
