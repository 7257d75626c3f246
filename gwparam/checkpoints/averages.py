"""Moving averages of weights: how people name them, and those without names."""

import re
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from gwparam.errors import ModelFileError

COUNTERS = {"n_averaged", "decay", "num_updates", "step", "initted"}
"""What an average saves beside its weights."""

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT = "ema|ewma|swa|avg|polyak"
_OF_WHAT = "models?|net|network|weights?|params?|parameters|state"
_NAMES = re.compile(
    rf"(?<![a-z0-9])(({_SHORT})(?![a-z])|({_SHORT})({_OF_WHAT})|"
    rf"({_OF_WHAT})({_SHORT})(?![a-z])|averag|moving_?average|shadow)"
)
# The averages of an optimiser are of gradients; what is put aside is no average.
_OTHERS = re.compile(r"exp_avg|collected|backup|stored")
_STATISTICS = re.compile(r"(^|\.)(running_mean|running_var|num_batches_tracked)$")


def is_average(key: str) -> bool:
    """Whether a name says that what it names is an average of weights."""
    words = _WORDS.sub("_", key).lower()
    return bool(_NAMES.search(words)) and not is_put_aside(words)


def is_put_aside(key: str) -> bool:
    """Whether a name among those of an average is that of something else."""
    return bool(_OTHERS.search(key))


def with_statistics(
    average: dict[str, Tensor], weights: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Take the statistics of batches, which an average of parameters lacks."""
    return {k: v for k, v in weights.items() if _STATISTICS.search(k)} | average


def named_in_order(
    path: Path, place: str, values: Sequence[Tensor], weights: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Name the tensors of a list by the weights whose averages they are.

    Averages such as those of torch_ema are lists in the order of ``parameters()``,
    which is that of the state dict without what is no parameter.

    Raises
    ------
    ModelFileError
        If their number or shapes are not those of the weights.
    """
    parameters = [key for key in weights if not _STATISTICS.search(key)]
    for keys in (parameters, list(weights)):
        if [weights[key].shape for key in keys] == [value.shape for value in values]:
            return with_statistics(dict(zip(keys, values, strict=True)), weights)
    raise ModelFileError(
        f"{path} holds an average of {len(values)} tensors without names in {place}, "
        f"expected those of the {len(parameters)} parameters, of the same shapes; raw "
        "weights are taken if asked for",
        settings=("weights",),
    )
