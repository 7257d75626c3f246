"""Search the containers of a checkpoint for state dicts, however deep they lie."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from gwparam.checkpoints.averages import COUNTERS, is_average, is_put_aside
from gwparam.errors import ModelFileError

Kind = Literal["ema", "raw"]
Tensors = dict[str, Tensor]

_OUTER = (
    "weights",
    "model_state_dict",
    "state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "model_weights",
    "params",
)
# Normalisation of the outputs, which some scripts save among the weights, some beside
# them, and some in a dict of its own.
_EXTRAS = ("means", "stds")
_NORMALISATION = re.compile(
    r"((outputs?|targets?|labels?|y)_)?(scal(ers?|ing)|stat(s|istics)|"
    r"norm(ali[sz](ation|er))?)"
)
_OPTIMISER = re.compile(r"optim|sched|scaler|rng|random")
# What Lightning's WeightAveraging saves: the average in the place of the weights.
_AVERAGED, _BEFORE = "state_dict", "current_model_state"
_MAX_DEPTH = 8
_PLAIN = (Tensor, nn.Parameter, nn.Buffer)


@dataclass
class Found:
    """Tensors that may be the weights.

    Attributes
    ----------
    place : str
        Where they lie: names of containers, with dots; empty for the file itself.
    tensors : dict of str to Tensor
        By their names.
    kind : {"ema", "raw"}
        Whether they are a moving average.
    extras : dict of str to Tensor
        Tensors beside them.
    others : tuple of str
        Places beside them where there are tensors too, which are no average.
    notes : list of str
        What a user should know.
    unnamed : list of Tensor
        In place of `tensors` where an average has no names.
    """

    place: str
    tensors: Tensors
    kind: Kind
    extras: Tensors = field(default_factory=dict)
    others: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    unnamed: list[Tensor] = field(default_factory=list)


def search(content: Any, place: str = "", depth: int = 0) -> list[Found]:
    """Find the state dicts in a container, and every average, wherever it lies.

    Raises
    ------
    ModelFileError
        If there are two normalisations of the outputs that differ, or tensors without
        values.
    """
    content = _items(content)
    if content is None or depth > _MAX_DEPTH:
        return []
    own = {
        key: tensor
        for key, value in content.items()
        if (tensor := as_tensor(value, _inside(place, key))) is not None
    }
    extras = _normalisation(content, place)
    known: list[Found] = []
    unknown: list[Found] = []
    for key, value in content.items():
        if key in own or is_put_aside(key):
            continue
        inner = _inside(place, key)
        average = is_average(key) or (key == _AVERAGED and _BEFORE in content)
        found = search(value, inner, depth + 1)
        if average:
            found = found or _without_names(value, inner)
            for part in found:
                part.kind = "ema"
        elif _OPTIMISER.search(key):
            found = [part for part in found if part.kind == "ema"]
        named = key in _OUTER or key.isdecimal() or key == _BEFORE
        for part in found:
            (known if named or part.kind == "ema" else unknown).append(part)
    weights = {k: v for k, v in own.items() if k not in _EXTRAS}
    # Numbers alone are counters or scores.
    if any(v.ndim and k not in COUNTERS for k, v in weights.items()) and not any(
        part.kind == "raw" for part in known
    ):
        known.append(Found(place, weights, "raw"))
    else:
        extras = own | extras
    if any(part.kind == "raw" for part in known):
        others = tuple(dict.fromkeys(part.place for part in unknown))
    else:
        others, known = (), known + unknown
    for part in known:
        part.extras = extras | part.extras
        part.others += others
    return known


def _inside(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _items(content: Any) -> dict[str, Any] | None:
    """Give what a container holds by name, or by number; None if it is none."""
    if isinstance(content, nn.Module):
        content = content.state_dict()
    if isinstance(content, list | tuple):
        if not any(isinstance(v, Mapping | nn.Module | list | tuple) for v in content):
            return None
        content = {str(i): value for i, value in enumerate(content)}
    if not isinstance(content, Mapping) or _is_list(content):
        return None
    return {key: value for key, value in content.items() if isinstance(key, str)}


def _is_list(content: Mapping[Any, Any]) -> bool:
    """Whether tensors are numbered, as a distributed checkpoint keeps a list."""
    return [*content] == [str(i) for i in range(len(content))] and all(
        isinstance(value, Tensor) for value in content.values()
    )


def _without_names(value: Any, place: str) -> list[Found]:
    """Give the tensors of a list as one average."""
    numbered = isinstance(value, Mapping) and _is_list(value)
    values = list(value.values()) if numbered else value
    if not isinstance(values, list | tuple):
        return []
    named = [as_tensor(v, f"{place}.{i}") for i, v in enumerate(values)]
    tensors = [tensor for tensor in named if tensor is not None]
    if len(tensors) != len(values) or not any(tensor.ndim for tensor in tensors):
        return []
    return [Found(place, {}, "ema", unnamed=tensors)]


def _normalisation(content: dict[str, Any], place: str) -> Tensors:
    """Find the normalisation of the outputs among what a container holds."""
    found: Tensors = {}
    beside = [
        value
        for key, value in content.items()
        if isinstance(value, Mapping) and _NORMALISATION.fullmatch(key.lower())
    ]
    for held in (content, *beside):
        for key in _EXTRAS:
            value = as_tensor(held.get(key), key, lists=True)
            if value is None:
                continue
            if key in found and not torch.equal(found[key], value):
                raise ModelFileError(
                    f"{key} is in {place or 'the file'} twice, and differs"
                )
            found[key] = value
    return found


def as_tensor(value: Any, name: str, lists: bool = False) -> Tensor | None:
    """Tensor of a value of a state dict; None if it is something else.

    Parameters
    ----------
    value : object
        A tensor, or an array or a number of numpy.
    name : str
        For messages.
    lists : bool
        Whether a list of numbers is one too.

    Raises
    ------
    ModelFileError
        If it is a part of a tensor, one without values, or another kind of tensor.
    """
    if type(value) in _PLAIN:
        return _with_values(cast(Tensor, value), name)
    if isinstance(value, Tensor):
        return _with_values(_local(value, name), name)
    if lists and isinstance(value, list | tuple) and value:
        try:
            value = np.asarray(value)
        except ValueError:  # lists of different lengths
            return None
    if (
        not isinstance(value, np.ndarray | np.generic)
        or value.dtype.kind not in "fciub"
    ):
        return None
    try:
        # In the byte order of this machine; torch takes no other, nor strides below 0.
        return torch.from_numpy(np.array(value, value.dtype.newbyteorder("=")))
    except TypeError:  # longer than torch's numbers
        return None


def _with_values(value: Tensor, name: str) -> Tensor:
    if value.is_meta:
        raise ModelFileError(
            f"{name} has a shape and no values (it was on the device meta), expected "
            "weights"
        )
    return value


def _local(value: Any, name: str) -> Tensor:
    """Take the tensor out of a DTensor that holds all of it, as that of one rank does.

    Raises
    ------
    ModelFileError
        If it is a part, or another kind of tensor.
    """
    kind = type(value).__name__
    if not hasattr(value, "placements"):
        raise ModelFileError(f"{name} is a {kind}, expected a plain tensor")
    local: Tensor = value.to_local()
    partial = any(placement.is_partial() for placement in value.placements)
    if partial or local.shape != value.shape:
        raise ModelFileError(
            f"{name} is one rank's part {tuple(local.shape)} of a {kind} "
            f"{tuple(value.shape)}, expected the whole: its full_tensor(), or a folder "
            "of torch.distributed.checkpoint"
        )
    return local
