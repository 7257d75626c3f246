"""Read a checkpoint, whatever program saved it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import safetensors
from torch import Tensor

from gwparam.checkpoints.checkpoint import DESCRIPTION, OPTIONS, TRAINING, Checkpoint
from gwparam.checkpoints.containers import Kind
from gwparam.checkpoints.folders import (
    DISTRIBUTED,
    INDEX,
    check_whole,
    file_in,
    parts_of,
    read_distributed,
    together,
)
from gwparam.checkpoints.pickles import is_torch, read_torch
from gwparam.checkpoints.state_dicts import (
    KINDS,
    StateDict,
    find_state_dict,
    unwrapped,
)
from gwparam.contract import Description, TrainingRecord, typed_json
from gwparam.errors import ContractError, ModelFileError, one_of, wrong_setting
from gwparam.file_kinds import check_readable

_START = 16  # bytes that tell the format


@dataclass
class _Content:
    """What the files of a checkpoint hold."""

    content: Any
    metadata: dict[str, str] = field(default_factory=dict)


def read_checkpoint(
    path: str | PathLike[str],
    *,
    allow_pickle: bool = False,
    weights: Kind | None = None,
) -> Checkpoint:
    """Read a checkpoint onto the CPU.

    Parameters
    ----------
    path : path-like
        A file of ``torch.save`` or safetensors; the index of a checkpoint of several
        files; or a folder: of such parts, of ``torch.distributed.checkpoint``, or of
        ``gwparam finetune``. The state dict may lie deeper in it, beside anything that
        holds no code, and its keys may have the names of modules around the network.
        Tensors are mapped into memory where the format allows it, and read when they
        are used.
    allow_pickle : bool
        Read a pickle that holds more than tensors and plain containers. Such a file can
        run any code: only for files that are trusted.
    weights : {"ema", "raw"}, optional
        Which weights to take where the file holds a moving average beside them; without
        it the average, and a note says so.

    Raises
    ------
    ModelFileError
        If the file is absent, truncated, of another format, an unsafe pickle that is
        not allowed, or holds no weights or several.
    ContractError
        If the description in the file is malformed; the message names the key.
    """
    path = Path(path)
    if weights is not None and weights not in KINDS:
        raise wrong_setting("weights", weights, one_of(KINDS))
    try:
        path = _found(path)
        sha256 = _digest(_files_of(path))
    except ModelFileError:
        raise
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    if path.is_dir():
        held = _Content(read_distributed(path))
    elif path.name.endswith(INDEX):
        held = _parts(path, allow_pickle)
    else:
        check_whole(path)
        held = _one_file(path, allow_pickle)
    own = _own(held.content)
    found = own or find_state_dict(path, held.content, weights)
    if own and weights == "ema":
        raise ModelFileError(
            f"{path} holds no ema weights, it has raw", settings=("weights",)
        )
    return Checkpoint(
        path,
        sha256,
        found.weights,
        found.extras,
        _parsed(Description, DESCRIPTION, held, path),
        _options(held, path),
        _parsed(TrainingRecord, TRAINING, held, path),
        found.notes,
    )


def files_of(path: str | PathLike[str]) -> list[Path]:
    """List the files that `read_checkpoint` reads, in a fixed order.

    Raises
    ------
    ModelFileError
        If a folder or an index does not tell.
    """
    return _files_of(_found(Path(path)))


def _found(path: Path) -> Path:
    return file_in(path) if path.is_dir() else path


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        return [path / DISTRIBUTED, *sorted(path.glob("*.distcp"))]
    if path.name.endswith(INDEX):
        return [path, *(path.parent / name for name in sorted(parts_of(path)))]
    return [path]


def _digest(files: Iterable[Path]) -> str:
    """SHA-256 of a file; of several, of their digests."""
    digests = []
    for path in files:
        check_readable(path)
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _one_file(path: Path, allow_pickle: bool) -> _Content:
    with path.open("rb") as file:
        start = file.read(_START)
        size = file.seek(0, 2)
    # A safetensors file starts with the length of its header, then the JSON header.
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < size:
        return _read_safetensors(path)
    if not is_torch(start):
        raise ModelFileError(f"{path} starts with {start[:9]!r}, expected a checkpoint")
    return _Content(read_torch(path, start, allow_pickle))


def _read_safetensors(path: Path) -> _Content:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no mapping
            return _Content(tensors, file.metadata() or {})
    except Exception as error:  # damaged, or a dtype that torch does not know
        raise ModelFileError(f"{path} cannot be read as safetensors: {error}") from None


def _parts(index: Path, allow_pickle: bool) -> _Content:
    metadata: dict[str, str] = {}

    def read(path: Path) -> dict[str, Any]:
        held = _one_file(path, allow_pickle)
        metadata.update(held.metadata)
        if not isinstance(held.content, dict):
            raise ModelFileError(f"{path} holds no tensors by name")
        return held.content

    return _Content(together(index, parts_of(index), read), metadata)


def _own(tensors: Any) -> StateDict | None:
    """Tell weights and extras by the names that `save_checkpoint` gives them."""
    if not isinstance(tensors, dict) or not all(
        isinstance(key, str) and type(value) is Tensor for key, value in tensors.items()
    ):
        return None
    prefix = "weights."
    named = {
        k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)
    }
    extras = {k: v for k, v in tensors.items() if not k.startswith(prefix)}
    return StateDict(unwrapped(named), extras, ()) if named else None


def _parsed(kind: type[Any], key: str, held: _Content, path: Path) -> Any:
    if key not in held.metadata:
        return None
    return typed_json.parse(
        kind, typed_json.load(held.metadata[key], f"{key} in {path}")
    )


def _options(held: _Content, path: Path) -> dict[str, str]:
    if OPTIONS not in held.metadata:
        return {}
    options = typed_json.load(held.metadata[OPTIONS], f"options in {path}")
    for name, value in options.items():
        if not isinstance(value, str):
            raise ContractError(f"{name} of the options in {path} is no text")
    return options
