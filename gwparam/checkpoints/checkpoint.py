"""What a checkpoint holds, its way into a network, and the checkpoints of gwparam."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from types import MappingProxyType

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gwparam.contract import Description, TrainingRecord, typed_json
from gwparam.errors import ModelFileError, NonFiniteError, ShapeError
from gwparam.whole_files import replacement, writing

DESCRIPTION, OPTIONS = "gwparam", "gwparam_options"
TRAINING = "gwparam_training"
"""Keys of the metadata of a safetensors file that gwparam writes."""
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
# Some scripts save scalers as the whole numbers they start with. Fewer bits are codes.
_WHOLE = (torch.int32, torch.int64)
_LARGEST_HALF = 65504


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes
    ----------
    path : Path
        The file.
    sha256 : str
        SHA-256 of the file, hexadecimal.
    weights : dict of str to Tensor
        The state dict, without the names of the modules that wrapped the network.
    extras : dict of str to Tensor
        Tensors beside the state dict, such as ``means`` and ``stds``.
    description : Description or None
        What the network says of itself, where the file has it.
    options : mapping of str to str
        Options of an export that the file brings along, by name; what the user gives
        goes first.
    training : TrainingRecord or None
        What the network was trained on, and how well it does, where the file has it.
    notes : tuple of str
        What a user should know: which weights were taken where there are several.
    """

    path: Path
    sha256: str
    weights: dict[str, Tensor]
    extras: dict[str, Tensor]
    description: Description | None
    options: Mapping[str, str] = field(default_factory=dict)
    training: TrainingRecord | None = None
    notes: tuple[str, ...] = ()


def matrix_shape(checkpoint: Checkpoint, key: str, ndim: int = 2) -> tuple[int, ...]:
    """Shape of a tensor that tells a size of its network.

    Raises
    ------
    ShapeError
        If it is missing, empty, or has another number of dimensions.
    """
    if key not in checkpoint.weights:
        raise ShapeError(f"{key} is missing, expected {ndim} dimensions")
    shape = _shape(checkpoint.weights[key])
    if len(shape) != ndim or 0 in shape:
        raise ShapeError(f"{key} has shape {shape}, expected {ndim} dimensions")
    return shape


def load_weights(module: nn.Module, checkpoint: Checkpoint) -> None:
    """Copy the weights of a checkpoint into a module, in the module's dtype.

    Raises
    ------
    ShapeError
        If a tensor is missing, left over, or of another shape; the message names the
        first such key and both shapes.
    ModelFileError
        If a tensor has a dtype that no weight has.
    NonFiniteError
        If a tensor holds NaN or Inf, or overflows the module's dtype.
    """
    expected = module.state_dict()
    weights = checkpoint.weights
    for key, value in expected.items():
        if key not in weights:
            raise ShapeError(f"{key} is missing, expected {_shape(value)}")
        if weights[key].shape != value.shape:
            raise ShapeError(
                f"{key} has shape {_shape(weights[key])}, expected {_shape(value)}"
            )
        check_values(key, weights[key], value)
    for key, value in weights.items():
        if key not in expected:
            raise ShapeError(f"{key} has shape {_shape(value)}, expected no such key")
    # A module without memory of its own takes the tensors as they are.
    meta = any(value.is_meta for value in expected.values())
    module.load_state_dict(weights, assign=meta)


def save_checkpoint(
    path: str | PathLike[str],
    weights: Mapping[str, Tensor],
    *,
    extras: Mapping[str, Tensor] = MappingProxyType({}),
    description: Description | None = None,
    options: Mapping[str, str] = MappingProxyType({}),
    training: TrainingRecord | None = None,
) -> None:
    """Write a network as a safetensors file that says of itself what an export asks.

    Parameters
    ----------
    path : path-like
        The file; replaced if it exists.
    weights : mapping of str to Tensor
        ``state_dict()`` of the bare network.
    extras : mapping of str to Tensor
        Tensors beside it: of a WaveNet ``means`` and ``stds``, shape (nlev,), mean and
        standard deviation of the tendency per level, top first [m s-2].
    description : Description, optional
        Name, citation, levels, training range and limits.
    options : mapping of str to str
        As `Checkpoint.options`.
    training : TrainingRecord, optional
        As `Checkpoint.training`.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    named = {f"weights.{key}": value for key, value in weights.items()} | dict(extras)
    tensors = {key: value.detach().cpu().contiguous() for key, value in named.items()}
    metadata = (
        {} if description is None else {DESCRIPTION: typed_json.dump(description)}
    )
    if options:
        metadata[OPTIONS] = json.dumps(dict(options))
    if training is not None:
        metadata[TRAINING] = typed_json.dump(training)
    with writing(path), replacement(path) as partial:
        try:
            save_file(tensors, partial, metadata)
        except safetensors.SafetensorError as error:
            raise OSError(str(error)) from None


def check_values(key: str, value: Tensor, like: Tensor) -> None:
    """Refuse a tensor that cannot be turned into one like another without a loss.

    Raises
    ------
    ModelFileError
        If it holds complex numbers, fewer than 16 bits a weight, or is no dense tensor;
        the message names the key and the dtype.
    NonFiniteError
        If it holds NaN or Inf, or a number that is Inf in the other's dtype.
    """
    _check_dtype(key, value, like)
    if not torch.isfinite(value).all():
        kind = str(value.dtype).removeprefix("torch.")
        overflown = value.dtype == torch.float16 and bool(torch.isinf(value).any())
        found = (
            f"Inf, as {kind} is beyond {_LARGEST_HALF}" if overflown else "NaN or Inf"
        )
        raise NonFiniteError(f"{key} holds {found}, expected finite values")
    check_range(key, value, like.dtype)


def check_range(key: str, value: Tensor, dtype: torch.dtype) -> None:
    """Refuse finite numbers that are Inf in another dtype.

    Raises
    ------
    NonFiniteError
        If there is one; the message names the key and the number.
    """
    if not dtype.is_floating_point or dtype.itemsize >= value.dtype.itemsize:
        return
    largest = value.abs().max() if value.numel() else torch.zeros(1)
    if not torch.isfinite(largest.to(dtype)):
        kind = str(dtype).removeprefix("torch.")
        raise NonFiniteError(
            f"{key} holds {largest.item():g}, which overflows {kind}, expected at most "
            f"{torch.finfo(dtype).max:.3g}"
        )


def _check_dtype(key: str, value: Tensor, like: Tensor) -> None:
    kind = str(value.dtype).removeprefix("torch.")
    if value.layout != torch.strided or value.is_quantized:
        raise ModelFileError(
            f"{key} holds a sparse or quantised {kind}, expected a dense one"
        )
    # A counter may be anything that is a number; it reaches no output.
    if value.dtype not in _FLOATS + _WHOLE and like.is_floating_point():
        raise ModelFileError(f"{key} holds {kind}, expected float weights")
    if value.is_complex():
        raise ModelFileError(f"{key} holds {kind}, expected whole numbers")


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape)
