"""Load the weights of a network that was trained before, as far as they fit."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from gwparam.checkpoints import Checkpoint, check_values
from gwparam.contract import TrainingRecord
from gwparam.errors import ModelFileError


@dataclass(frozen=True)
class LoadedWeights:
    """Which weights came from a checkpoint.

    Attributes
    ----------
    taken : tuple of str
        Names of the network's tensors that come from the checkpoint.
    weights : tuple of str
        Those of them that are trained weights; the others are statistics and scalers.
    reinitialised : tuple of (str, str)
        The others, which have their random first values, and why.
    unused : tuple of str
        Names in the checkpoint that the network has no place for.
    notes : tuple of str
        Which weights of the checkpoint they are, where it holds several.
    training : TrainingRecord or None
        What it says of its own training.
    """

    taken: tuple[str, ...]
    weights: tuple[str, ...]
    reinitialised: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    notes: tuple[str, ...] = ()
    training: TrainingRecord | None = None


def load_pretrained(
    network: nn.Module, checkpoint: Checkpoint, backbone: str
) -> LoadedWeights:
    """Copy what fits from a checkpoint into a network.

    Parameters
    ----------
    network : Module
        The bare network.
    checkpoint : Checkpoint
        Of the whole network, or of its backbone alone.
    backbone : str
        What the names of the backbone begin with in the network.

    Returns
    -------
    LoadedWeights
        What was loaded, and what was not.

    Raises
    ------
    ModelFileError
        If nothing fits, or a tensor has a dtype that no weight has.
    NonFiniteError
        If a tensor that fits holds NaN or Inf, or overflows the network's dtype.
    """
    own = network.state_dict()
    alone = backbone and not any(key.startswith(backbone) for key in checkpoint.weights)
    prefix = backbone if alone else ""
    given = {prefix + key: value for key, value in checkpoint.weights.items()}
    taken, reinitialised = {}, []
    for key, value in own.items():
        if key not in given:
            # A backbone alone says nothing of the layers around it.
            if not alone or key.startswith(backbone):
                reinitialised.append((key, "not in the file"))
        elif given[key].shape != value.shape:
            shapes = (
                f"{_spell(given[key].shape)} in the file, {_spell(value.shape)} here"
            )
            reinitialised.append((key, shapes))
        else:
            taken[key] = given[key]
    parameters = {name for name, _ in network.named_parameters()}
    weights = tuple(key for key in taken if key in parameters)
    if not weights:
        raise ModelFileError(
            f"{checkpoint.path} has no weights that fit: it has {_few(given)}, "
            f"expected names such as {_few(own)}"
        )
    for key, value in taken.items():
        check_values(key, value, own[key])
    network.load_state_dict(taken, strict=False)
    unused = tuple(key for key in given if key not in own)
    return LoadedWeights(
        tuple(taken),
        weights,
        tuple(reinitialised),
        unused,
        checkpoint.notes,
        checkpoint.training,
    )


def _few(keys: Iterable[str]) -> str:
    return ", ".join(list(keys)[:3])


def _spell(shape: torch.Size) -> str:
    return " x ".join(map(str, shape)) or "one number"
