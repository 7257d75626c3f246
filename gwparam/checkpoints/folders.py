"""Checkpoints of several files: parts with an index, and those of FSDP."""

import io
import json
import pickle
import re
from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.metadata import Metadata, TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load

from gwparam.errors import ModelFileError
from gwparam.file_kinds import check_readable

INDEX = ".index.json"
DISTRIBUTED = ".metadata"
"""File of a folder of ``torch.distributed.checkpoint`` that says what is where."""
TRAINED, UNFINISHED = "network.safetensors", "training.ckpt"
"""What ``gwparam finetune`` writes into its folder at the end, and on the way."""
_CODE_OF_METADATA = (
    "torch.distributed.checkpoint.metadata",
    "torch.distributed.checkpoint.filesystem",
)
_NAMES_IN_METADATA = {
    ("torch", "Size"),
    ("torch.serialization", "_get_layout"),
    ("torch.distributed.checkpoint.filesystem", "_StorageInfo"),
    ("collections", "OrderedDict"),
    ("pathlib", "PosixPath"),
}
_PART = re.compile(r"(.*)-\d{5}-of-(\d{5})\.(safetensors|bin|pt)")
_CHECKPOINTS = (".safetensors", ".pt", ".pth", ".ckpt", ".bin", ".pkl")


def file_in(folder: Path) -> Path:
    """Find what to read in a folder: an index, one checkpoint, or the folder itself.

    Raises
    ------
    ModelFileError
        If it holds none or several; the message names them.
    """
    if (folder / DISTRIBUTED).is_file():
        return folder
    if (folder / TRAINED).is_file():
        return folder / TRAINED
    if (folder / UNFINISHED).is_file():
        raise ModelFileError(
            f"{folder} holds a training that has not ended, and no {TRAINED}: go on "
            f"with gwparam finetune --resume"
        )
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    found = [name for name in names if name.endswith(INDEX)] or [
        name for name in names if name.endswith(_CHECKPOINTS)
    ]
    if len(found) != 1:
        listed = ", ".join((found or names)[:6]) or "nothing"
        raise ModelFileError(f"{folder} holds {listed}, expected one checkpoint")
    return folder / found[0]


def check_whole(path: Path) -> None:
    """Refuse one part of a checkpoint of several files.

    Raises
    ------
    ModelFileError
        If the name of the file says that it is one.
    """
    part = _PART.fullmatch(path.name)
    if part and int(part[2]) > 1:
        raise ModelFileError(
            f"{path} is one of {int(part[2])} parts, expected their index "
            f"{part[1]}.{part[3]}{INDEX}, or their folder"
        )


def parts_of(index: Path) -> dict[str, list[str]]:
    """Read which tensors the parts of a checkpoint hold.

    Returns
    -------
    dict of str to list of str
        Names of tensors, by the name of the file.

    Raises
    ------
    ModelFileError
        If the index is malformed, or names a file that is not beside it.
    """
    check_readable(index)
    try:
        text = json.loads(index.read_bytes())
        where = text["weight_map"]
        pairs = [(str(key), str(name)) for key, name in where.items()]
    except Exception as error:  # not JSON, too deep, no such key
        raise ModelFileError(f"{index} is no index of parts: {error}") from None
    parts: dict[str, list[str]] = {}
    for key, name in pairs:
        if Path(name).name != name or name in ("", ".", ".."):
            raise ModelFileError(f"{index} names {name}, expected a file beside it")
        parts.setdefault(name, []).append(key)
    for name in parts:
        if not (index.parent / name).is_file():
            raise ModelFileError(f"{index} names {name}, which is not beside it")
    if not parts:
        raise ModelFileError(f"{index} names no tensors")
    return parts


def together(
    index: Path, parts: dict[str, list[str]], read: Callable[[Path], dict[str, Any]]
) -> dict[str, Any]:
    """Put the tensors of the parts into one dict.

    Raises
    ------
    ModelFileError
        If a part lacks a tensor, or two hold the same.
    """
    whole: dict[str, Any] = {}
    for name, keys in parts.items():
        held = read(index.parent / name)
        for key in keys:
            if key not in held:
                raise ModelFileError(
                    f"{index.parent / name} has no {key}, as {index.name} says"
                )
        for key, value in held.items():
            if key in whole:
                raise ModelFileError(f"{key} is in two parts of {index}")
            whole[key] = value
    return whole


def read_distributed(folder: Path) -> dict[str, Any]:
    """Read the tensors of a folder of ``torch.distributed.checkpoint``.

    Returns
    -------
    dict
        Dicts within one another, as they were saved, without what is no tensor.

    Raises
    ------
    ModelFileError
        If a file is missing or damaged, or the metadata ask for code.
    """
    try:
        reader = _Reader(folder)
        metadata = reader.read_metadata()
        _check_files(folder, metadata)
        empty: dict[str, Any] = {
            key: torch.empty(stored.size, dtype=stored.properties.dtype)
            for key, stored in metadata.state_dict_metadata.items()
            if isinstance(stored, TensorStorageMetadata)
            and "optim" not in key.partition(".")[0]
        }
        load(empty, storage_reader=reader, no_dist=True)
    except ModelFileError:
        raise
    except BaseException as error:  # CheckpointException is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        if isinstance(error, CheckpointException):  # which says the ranks alone
            error = next(iter(error.failures.values()))[0]
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ModelFileError(f"{folder} cannot be read: {reason}") from None
    paths = metadata.planner_data or {}
    whole: dict[str, Any] = {}
    for key, value in empty.items():
        *outer, last = paths.get(key, (key,)) if isinstance(paths, dict) else (key,)
        inner = whole
        for name in outer:
            inner = inner.setdefault(str(name), {})
        inner[str(last)] = value
    return whole


def _check_files(folder: Path, metadata: Metadata) -> None:
    """Check that the files are there, and can hold the tensors, before memory is taken.

    Raises
    ------
    ModelFileError
        If not; the message names the file or the tensor.
    """
    for name in {part.relative_path for part in (metadata.storage_data or {}).values()}:
        check_readable(folder / name)
        if Path(name).name != name or not (folder / name).is_file():
            raise ModelFileError(f"{folder} has no {name}, which {DISTRIBUTED} names")
    held = sum(file.stat().st_size for file in folder.glob("*.distcp"))
    for key, stored in metadata.state_dict_metadata.items():
        if isinstance(stored, TensorStorageMetadata):
            needed = prod(stored.size) * stored.properties.dtype.itemsize
            if needed > held:
                raise ModelFileError(
                    f"{key} has {needed} bytes in {folder / DISTRIBUTED}, expected at "
                    f"most {held}, which all of its files have"
                )


class _Reader(FileSystemReader):
    """Reads the metadata of a folder without running what is in them."""

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        path = Path(self.path) / DISTRIBUTED
        metadata = _Metadata(path).load()
        if not isinstance(metadata, Metadata):
            raise ModelFileError(
                f"{path} holds a {type(metadata).__name__}, no metadata"
            )
        return metadata


class _Metadata(pickle._Unpickler):
    """Unpickles what metadata consist of, and nothing else.

    In Python: the one in C makes room for as many objects as a damaged file says.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.BytesIO(path.read_bytes()))
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        """Give the class of a name, if it can do no harm."""
        # The older name is that of protocols before 3. Python 3.11.0 to 3.11.3 write a
        # member of an enumeration so.
        if module in ("builtins", "__builtin__") and name == "getattr":
            return _member
        if (module, name) in _NAMES_IN_METADATA:
            return super().find_class(module, name)
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if module in _CODE_OF_METADATA and "." not in name:
            kind = super().find_class(module, name)
            own = getattr(kind, "__module__", "") == module
            if own and (is_dataclass(kind) or issubclass(kind, Enum)):
                return kind
        raise ModelFileError(
            f"{self._path} asks for {module}.{name} and could run anything, expected "
            "metadata of tensors"
        )


def _member(owner: Any, name: str) -> Any:
    """Stand for ``getattr``, by which pickles name a member of an enumeration."""
    members = getattr(owner, "__members__", {})
    if name not in members:
        raise ModelFileError(f"the metadata ask for {name}, expected a memory format")
    return members[name]
