"""What a training prints: what it found, scores before and after, what comes next."""

import sys
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gwparam.training.prepare import Prepared
from gwparam.training.train import SCALING_FILE, Outcome


def print_found(prepared: Prepared) -> None:
    """Print what was found in the files, and what will be trained."""
    console = Console(highlight=False, soft_wrap=True)
    for what, text in _found(prepared):
        console.print(f"{what:12} {text}", markup=False)


def print_outcome(outcome: Outcome) -> None:
    """Print how a training ended, its scores, and the commands that come next."""
    print_scores(outcome)
    console = Console(highlight=False, soft_wrap=True)
    if outcome.network is None:
        folder = outcome.prepared.settings.output
        console.print(f"go on with: gwparam finetune --resume {folder}")
        return
    for line in _next(outcome):
        console.print(line, markup=False)


def print_scores(outcome: Outcome) -> None:
    """Print how a training ended, and its scores."""
    # Files and pipes have no width: give the tables what they need.
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(outcome.ended, soft_wrap=True)
    for name in outcome.after:
        console.print(_scores(name, outcome))


def _found(prepared: Prepared) -> Iterator[tuple[str, str]]:
    yield from prepared.splits[0].data.report()
    for split in prepared.splits:
        yield split.name, split.report()
    count = prepared.parameters()
    numbers = f"{count['all']:_}, of which {count['trained']:_} are trained"
    yield "parameters", numbers.replace("_", " ")
    for line in prepared.loss.describe():
        yield "loss", line
    loaded = prepared.loaded
    if loaded is not None:
        yield "pre-trained", f"{len(loaded.taken)} tensors of the checkpoint"
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
            escape(f"{label} [{new.units}]"),
            f"{old.r2:.4f}",
            f"{new.r2:.4f}",
            f"{old.correlation:.4f}",
            f"{new.correlation:.4f}",
            f"{old.rms_error:.3e}",
            f"{new.rms_error:.3e}",
        )
    return table


def _next(outcome: Outcome) -> Iterator[str]:
    """Say what comes next: export, and replay of what was held out."""
    network, settings = outcome.network, outcome.prepared.settings
    assert network is not None
    missing = [f"{flag} ..." for flag in _flags(outcome.prepared.spec.missing)]
    artefact, recipe = network.with_suffix(".pt"), network.with_name(SCALING_FILE)
    export = ["gwparam export --ckpt", str(network), "-o", str(artefact), *missing]
    files = settings.test or settings.validation or settings.data
    replay = ["gwparam replay", str(artefact), *files]
    if recipe.is_file():
        replay += ["--scaling", str(recipe)]
    elif "--scaling ..." in missing:
        replay.append("--scaling ...")
    yield f"wrote {network} ({network.stat().st_size / 1e6:.2f} MB); next:"
    yield "  " + " ".join(export)
    yield "  " + " ".join(replay)


def _flags(names: Iterable[str]) -> list[str]:
    """Options of ``gwparam export``, whose command line is printed."""
    return ["--" + name.replace("_", "-") for name in names]
