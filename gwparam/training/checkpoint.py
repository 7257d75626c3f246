"""The state of a training on disk, from which it goes on bit for bit.

What does not change is left out: frozen weights come from the pre-trained checkpoint
again. A new state replaces the old one only when it is whole.
"""

import os
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.optim import Optimizer

from gwparam.errors import ModelFileError
from gwparam.training.distributed import gather
from gwparam.whole_files import replacement, writing

STATE_FILE = "training.ckpt"
_FORMAT = 1
_CHANGING = StateDictOptions(
    full_state_dict=True, cpu_offload=True, ignore_frozen_params=True
)

Weights = dict[str, Tensor]


def changing_weights(network: nn.Module) -> Weights:
    """Copy weights and statistics that training changes to the CPU.

    All processes call this; the first gets them, whole, the others nothing.
    """
    return _copied(network, _CHANGING)


def all_weights(network: nn.Module) -> Weights:
    """Copy all weights, as `changing_weights` does."""
    return _copied(network, StateDictOptions(full_state_dict=True, cpu_offload=True))


def save_state(
    fabric: Fabric,
    folder: Path,
    network: nn.Module,
    optimizer: Optimizer,
    others: dict[str, Any],
) -> None:
    """Write the state of a training; all processes call this.

    Parameters
    ----------
    fabric : Fabric
        Of this process; one writes.
    folder : Path
        Where `STATE_FILE` goes.
    network : Module
        The bare network.
    optimizer : Optimizer
        Its optimiser.
    others : dict
        What else is needed: tensors, numbers, text, and containers of them.

    Raises
    ------
    ModelFileError
        If the file cannot be written; an older one is as it was.
    """
    state = {
        "format": _FORMAT,
        "network": changing_weights(network),
        "optimizer": get_optimizer_state_dict(network, optimizer, options=_CHANGING),
        "random": gather(fabric, _random_state(fabric.device)),
        **others,
    }
    if fabric.global_rank != 0:
        return
    path = folder / STATE_FILE
    # A name that the next one overwrites: what is killed while it writes leaves it.
    partial = folder / f"{STATE_FILE}.part"
    with writing(path), replacement(path, partial), partial.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())


def read_state(folder: Path) -> dict[str, Any]:
    """Read the state of a training.

    Raises
    ------
    ModelFileError
        If there is none, or it cannot be read.
    """
    path = folder / STATE_FILE
    if not path.is_file():
        raise ModelFileError(f"cannot go on with {folder}: no file {path}")
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file raises anything
        reason = str(error).split("\n")[0] or type(error).__name__
        raise ModelFileError(f"{path} cannot be read: {reason}") from None
    state: dict[str, Any] = content if isinstance(content, dict) else {}
    if state.get("format") != _FORMAT:
        raise ModelFileError(
            f"{path} has format {state.get('format')}, expected {_FORMAT}"
        )
    return state


def restore_state(
    fabric: Fabric, state: dict[str, Any], network: nn.Module, optimizer: Optimizer
) -> None:
    """Put network, optimiser and random numbers where they were."""
    load_weights(network, state["network"])
    set_optimizer_state_dict(
        network, optimizer, state["optimizer"], options=_from_first()
    )
    random = state["random"]
    if len(random) == fabric.world_size:
        _set_random_state(random[fabric.global_rank], fabric.device)


def load_weights(network: nn.Module, weights: Weights) -> None:
    """Put weights that `changing_weights` gave back into the network."""
    set_model_state_dict(network, dict(weights), options=_from_first())


def _from_first() -> StateDictOptions:
    """Load what the first process has into all."""
    return StateDictOptions(
        full_state_dict=True,
        strict=False,
        broadcast_from_rank0=dist.is_initialized(),
    )


def _copied(network: nn.Module, options: StateDictOptions) -> Weights:
    state: Any = get_model_state_dict(network, options=options)
    shared = next(network.parameters()).device.type == "cpu"
    weights = {key: value.detach() for key, value in state.items()}
    # From a GPU they are copies already.
    return {k: v.clone() for k, v in weights.items()} if shared else weights


def _random_state(device: torch.device) -> list[Tensor]:
    own = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return [torch.get_rng_state(), *own]


def _set_random_state(state: list[Tensor], device: torch.device) -> None:
    torch.set_rng_state(state[0])
    if device.type == "cuda" and len(state) > 1:
        torch.cuda.set_rng_state(state[1], device)
