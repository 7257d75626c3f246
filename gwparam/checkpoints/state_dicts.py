"""Find the weights of a network in what training scripts save around them.

Scripts save a state dict alone, or among optimiser and history; wrapped by the modules
that train it, once or several times; and often two of them, the weights as they were
trained and their moving average.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gwparam.checkpoints.averages import (
    COUNTERS,
    is_average,
    named_in_order,
    with_statistics,
)
from gwparam.checkpoints.containers import Found, Kind, Tensors, search
from gwparam.errors import ModelFileError

KINDS: tuple[Kind, ...] = ("ema", "raw")
"""Weights: their moving average over the training, or as the last step left them."""

# Modules that wrap a network as a whole, by the names that they give it ...
_WRAPPERS = ("model", "net", "network", "online_model")
# ... and those that may wrap any part of it; no part of a network has such a name.
_INNER_WRAPPERS = {
    "_orig_mod",
    "module",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
    "_forward_module",
}
# What a LightningModule saves beside the network.
_LOSSES = re.compile(r"(\w+_)?(criterion|loss|loss_fn|loss_function|metrics?)")


@dataclass(frozen=True)
class StateDict:
    """The weights that were chosen, and what was found beside them.

    Attributes
    ----------
    weights : dict of str to Tensor
        By the names that the bare network gives them.
    extras : dict of str to Tensor
        Tensors beside the weights.
    notes : tuple of str
        What a user should know of the choice.
    """

    weights: Tensors
    extras: Tensors
    notes: tuple[str, ...]


def find_state_dict(path: Path, content: Any, wanted: Kind | None) -> StateDict:
    """Find the weights, and choose where there are several.

    Parameters
    ----------
    path : Path
        The file, for messages.
    content : object
        What it holds.
    wanted : {"ema", "raw"}, optional
        Which weights to take. Without it the moving average, where there is one: that
        is what was scored; a note says so.

    Raises
    ------
    ModelFileError
        If there are none, none of that kind, or several that differ; the message says
        what there is.
    """
    found = [part for whole in search(content) for part in _apart(whole)]
    if not found:
        raise ModelFileError(
            f"{path} holds {_outline(content)}, expected a dict of tensors"
        )
    kinds = [kind for kind in KINDS if any(f.kind == kind for f in found)]
    if wanted is not None and wanted not in kinds:
        raise ModelFileError(
            f"{path} holds no {wanted} weights, it has {_places(found)} "
            f"({' and '.join(kinds)})",
            settings=("weights",),
        )
    kind = wanted or kinds[0]
    chosen = [candidate for candidate in found if candidate.kind == kind]
    if kind == "ema":
        raw = next((c for c in found if c.kind == "raw"), Found("", {}, "raw"))
        chosen = [_completed(path, candidate, raw) for candidate in chosen]
    first = chosen[0]
    if any(not _same(first.tensors, other.tensors) for other in chosen[1:]):
        raise ModelFileError(
            f"{path} holds different weights in {_places(chosen)}, expected one of them"
        )
    if not first.tensors:
        raise ModelFileError(f"{path} holds no tensors in {first.place or 'it'}")
    notes = list(first.notes)
    rest = [candidate for candidate in found if candidate.kind != kind]
    if rest:
        notes.insert(
            0,
            f"took the {kind} weights in {first.place}; there are {rest[0].kind} "
            f"weights too, in {_places(rest)} (--weights {rest[0].kind})",
        )
    elif kind == "ema":
        notes.insert(
            0, f"took ema weights, in {first.place or 'the file'}; there are no others"
        )
    if first.others:
        notes.append(f"not looked at: tensors in {', '.join(first.others)}")
    return StateDict(first.tensors, first.extras, tuple(notes))


def unwrapped(tensors: Mapping[str, Tensor]) -> Tensors:
    """Name tensors as the bare network does, whatever wrapped it or a part of it.

    Raises
    ------
    ModelFileError
        If two tensors get the same name.
    """
    plain: Tensors = {}
    for key, value in tensors.items():
        parts = key.split(".")
        name = ".".join(part for part in parts if part not in _INNER_WRAPPERS)
        if name in plain:
            raise ModelFileError(f"{name} is there twice, wrapped and not")
        plain[name] = value
    while plain:
        first = next(iter(plain)).partition(".")[0]
        if first not in _WRAPPERS or any(not k.startswith(f"{first}.") for k in plain):
            break
        plain = {key.removeprefix(f"{first}."): value for key, value in plain.items()}
    return plain


def _completed(path: Path, average: Found, raw: Found) -> Found:
    """Take from the weights what an average leaves to them: names and statistics."""
    tensors = average.tensors
    if average.unnamed:
        tensors = named_in_order(path, average.place, average.unnamed, raw.tensors)
    elif raw.tensors.keys() >= tensors.keys():
        tensors = with_statistics(tensors, raw.tensors)
    return replace(average, tensors=tensors, extras=raw.extras | average.extras)


def _apart(found: Found) -> Iterator[Found]:
    """Tell a moving average in the same state dict from the weights."""
    tensors = found.tensors
    if found.unnamed:
        yield found
        return
    if "n_averaged" in tensors and tensors["n_averaged"].numel() == 1:
        found.kind = "ema"
        found.notes.append(f"an average of {int(tensors['n_averaged'])} states")
    plain = {key: value for key, value in tensors.items() if key not in COUNTERS}
    average = {key: value for key, value in plain.items() if _average_of(key)}
    raw = {key: value for key, value in plain.items() if key not in average}
    losses = [key for key in raw if _LOSSES.fullmatch(key.partition(".")[0])]
    rest = {key: value for key, value in raw.items() if key not in losses}
    # Some network may call its own layer so; then nothing wraps it.
    if losses and rest and unwrapped(rest).keys() != rest.keys():
        raw = rest
        found.notes.append(f"left out: {', '.join(losses[:3])}")
    weights = unwrapped(raw)
    if raw or not average:
        yield Found(
            found.place, weights, found.kind, found.extras, found.others, found.notes
        )
    if average:
        named = {_average_of(key): value for key, value in average.items()}
        named = unwrapped({k: v for k, v in named.items() if k not in COUNTERS})
        # LitEma's names have no dots; those of the weights tell where they were.
        dots = {key.replace(".", ""): key for key in (*weights, *raw)}
        named = {dots.get(key, key): value for key, value in named.items()}
        named = unwrapped(named)
        prefix = next(iter(average)).partition(".")[0]
        place = f"{found.place}.{prefix}" if found.place else prefix
        yield Found(place, named, "ema", found.extras, found.others)


def _average_of(key: str) -> str:
    """Name of a tensor in the average that holds it; empty if none does."""
    first, _, rest = key.partition(".")
    while (first in _WRAPPERS or first in _INNER_WRAPPERS) and rest:
        first, _, rest = rest.partition(".")
    return rest if is_average(first) else ""


def _same(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(
        one[key].dtype == other[key].dtype and torch.equal(one[key], other[key])
        for key in one
    )


def _places(found: list[Found]) -> str:
    return ", ".join(candidate.place or "the file" for candidate in found)


def _outline(content: Any) -> str:
    """Say what a file holds: the outer keys of a dict, the type of anything else."""
    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    keys = [str(key)[:60] for key in content]
    more = f" and {len(keys) - 8} more" if len(keys) > 8 else ""
    return f"a dict with {', '.join(keys[:8])}{more}" if keys else "an empty dict"
