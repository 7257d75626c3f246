"""Checkpoints in and out: published formats, read without running what is in them."""

import hashlib
import json
import os
import pickle
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gwparam.contract import Description, typed_json
from gwparam.errors import ModelFileError, NonFiniteError, ShapeError

_WEIGHTS = ("weights", "model_state_dict", "state_dict", "model_state")
_DESCRIPTION, _OPTIONS = "gwparam", "gwparam_options"
# What published training scripts store beside the weights: the loss as an object, and
# its history as arrays, written by numpy 1 (numpy.core) or 2 (numpy._core).
_multiarray: Any = import_module("numpy._core.multiarray")
_ALLOWED: list[Any] = [
    nn.MSELoss,
    np.ndarray,
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8")),
    *(
        (getattr(_multiarray, name), f"numpy.{core}.multiarray.{name}")
        for name in ("_reconstruct", "scalar")
        for core in ("core", "_core")
    ),
]


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
        The state dict, without a ``module.`` that every key starts with.
    extras : dict of str to Tensor
        Tensors beside the state dict, such as ``means`` and ``stds``.
    description : Description or None
        What the network says of itself, where the file has it.
    options : mapping of str to str
        Options of an export that the file brings along, by name; what the user gives
        goes first.
    """

    path: Path
    sha256: str
    weights: dict[str, Tensor]
    extras: dict[str, Tensor]
    description: Description | None
    options: Mapping[str, str] = field(default_factory=dict)


def read_checkpoint(
    path: str | PathLike[str], *, allow_pickle: bool = False
) -> Checkpoint:
    """Read a checkpoint onto the CPU.

    Parameters
    ----------
    path : path-like
        A file of ``torch.save`` that holds a state dict, alone or in a dict as
        ``weights``, ``model_state_dict`` or ``state_dict``, with a loss object or numpy
        arrays beside it; or a safetensors file, whose tensors may have the prefix
        ``weights.``. Tensors are mapped into memory where the format allows it, and
        read when they are used.
    allow_pickle : bool
        Read a pickle that holds more than tensors and plain containers. Such a file can
        run any code: only for files that are trusted.

    Raises
    ------
    ModelFileError
        If the file is absent, truncated, of another format, or an unsafe pickle that is
        not allowed.
    ContractError
        If the description in the file is malformed; the message names the key.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(9)
            size = file.seek(0, 2)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    # A safetensors file starts with the length of its header, then the JSON header.
    if start[8:] == b"{" and int.from_bytes(start[:8], "little") < size:
        weights, extras, description, options = _read_safetensors(path)
    else:
        content = _read_torch(path, start, allow_pickle)
        weights, extras = _split(path, content)
        description, options = None, {}
    if all(key.startswith("module.") for key in weights):
        weights = {key.removeprefix("module."): v for key, v in weights.items()}
    return Checkpoint(path, sha256, weights, extras, description, options)


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
    NonFiniteError
        If a tensor holds NaN or Inf.
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
        if not torch.isfinite(weights[key]).all():
            raise NonFiniteError(f"{key} holds NaN or Inf, expected finite weights")
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

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    named = {f"weights.{key}": value for key, value in weights.items()} | dict(extras)
    tensors = {key: value.detach().cpu().contiguous() for key, value in named.items()}
    metadata = (
        {} if description is None else {_DESCRIPTION: typed_json.dump(description)}
    )
    if options:
        metadata[_OPTIONS] = json.dumps(dict(options))
    written = Path(f"{path}.part")
    try:
        save_file(tensors, written, metadata)
        os.replace(written, path)
    except (OSError, safetensors.SafetensorError) as error:
        written.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"cannot write {path}: {reason}") from None


def _read_safetensors(
    path: Path,
) -> tuple[dict[str, Tensor], dict[str, Tensor], Description | None, Mapping[str, str]]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no mapping
            metadata = file.metadata() or {}
    except safetensors.SafetensorError as error:
        raise ModelFileError(f"{path} cannot be read as safetensors: {error}") from None
    prefix = "weights."
    weights = {k.removeprefix(prefix): v for k, v in tensors.items() if prefix in k}
    extras = {k: v for k, v in tensors.items() if prefix not in k}
    if not weights:
        weights, extras = extras, {}
    description, options = None, {}
    if _DESCRIPTION in metadata:
        text = typed_json.load(metadata[_DESCRIPTION], f"description in {path}")
        description = typed_json.parse(Description, text)
    if _OPTIONS in metadata:
        options = typed_json.load(metadata[_OPTIONS], f"options in {path}")
    return weights, extras, description, options


def _read_torch(path: Path, start: bytes, allow_pickle: bool) -> Any:
    if start.startswith(b"PK"):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise ModelFileError(f"{path} is not complete: {error}") from None
        if any(name.endswith("/constants.pkl") for name in names):
            raise ModelFileError(f"{path} is a TorchScript archive, expected weights")
    elif not start.startswith(b"\x80"):  # how every pickle starts since protocol 2
        raise ModelFileError(f"{path} starts with {start!r}, expected a checkpoint")
    mapped = start.startswith(b"PK")  # older files cannot be mapped
    try:
        with torch.serialization.safe_globals(_ALLOWED):
            return torch.load(
                path, map_location="cpu", weights_only=not allow_pickle, mmap=mapped
            )
    except pickle.UnpicklingError as error:
        if allow_pickle:
            raise ModelFileError(f"the pickle {path} cannot be read: {error}") from None
        asked = re.search(r"GLOBAL (\S+)", str(error))
        raise ModelFileError(
            f"{path} is a pickle that asks for {asked[1] if asked else 'code'} and "
            "could run anything, expected tensors only",
            settings=("allow_pickle",),
        ) from None
    except Exception as error:  # a damaged pickle raises anything
        raise ModelFileError(f"{path} cannot be read: {_reason(error)}") from None


def _split(path: Path, content: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Tell the state dict from what lies beside it."""
    if isinstance(content, Mapping):
        outer = {k: v for k, v in content.items() if isinstance(v, Tensor)}
        for key in _WEIGHTS:
            inner = content.get(key)
            if isinstance(inner, Mapping):
                return {k: v for k, v in inner.items() if isinstance(v, Tensor)}, outer
        if outer:
            return outer, {}
    raise ModelFileError(
        f"{path} holds a {type(content).__name__}, expected a dict of tensors"
    )


def _reason(error: Exception) -> str:
    """First sentence of a message; those of torch go on for a page."""
    return str(error).strip().split("\n")[0].split(". ")[0] or type(error).__name__


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape)
