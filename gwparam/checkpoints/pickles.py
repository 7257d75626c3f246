"""Files of torch.save and plain pickles, read without running what is in them."""

import argparse
import datetime
import pathlib
import pickle
import re
import zipfile
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from gwparam.errors import ModelFileError

# What published training scripts store beside the weights, of which nothing runs: the
# loss as an object, the arguments of the script, and numpy's arrays and scalars,
# written by numpy 1 (numpy.core) or 2 (numpy._core).
_NUMPY = [kind for kind in vars(np.dtypes).values() if isinstance(kind, type)]
_multiarray: Any = import_module("numpy._core.multiarray")
_numeric: Any = import_module("numpy._core.numeric")
_ALLOWED: list[Any] = [
    nn.MSELoss,
    argparse.Namespace,
    pathlib.PosixPath,
    pathlib.PurePosixPath,
    datetime.datetime,
    datetime.date,
    datetime.timedelta,
    defaultdict,
    dict,
    np.ndarray,
    np.dtype,
    *(kind for kind in _NUMPY if kind is not np.dtypes.ObjectDType),
    *(
        (getattr(_multiarray, name), f"numpy.{core}.multiarray.{name}")
        for name in ("_reconstruct", "scalar")
        for core in ("core", "_core")
    ),
    *(
        (_numeric._frombuffer, f"numpy.{core}.numeric._frombuffer")
        for core in ("core", "_core")
    ),
]
_ZIP, _PICKLE = b"PK", b"\x80"  # a pickle starts so since protocol 2
# How a file of torch.save starts that is no zip archive: its magic number, pickled.
_OLD_TORCH = b"\x80\x02\x8a\nl\xfc"


def is_torch(start: bytes) -> bool:
    """Tell a file of torch.save, or a pickle, by how it starts."""
    return start.startswith((_ZIP, _PICKLE))


def read_torch(path: Path, start: bytes, allow_pickle: bool) -> Any:
    """Read what a file of torch.save, or a plain pickle, holds.

    Parameters
    ----------
    path : Path
        The file.
    start : bytes
        Its first bytes.
    allow_pickle : bool
        Run what is in it, if it holds more than tensors and plain containers.

    Raises
    ------
    ModelFileError
        If it is truncated or damaged, holds a TorchScript archive, or code that is not
        allowed or not there.
    """
    zipped = start.startswith(_ZIP)
    if zipped:
        _check_archive(path)
    plain = not zipped and not start.startswith(_OLD_TORCH)
    if plain and not allow_pickle:
        raise ModelFileError(
            f"{path} is a plain pickle, which could run anything, expected a file of "
            "torch.save or safetensors",
            settings=("allow_pickle",),
        )
    try:
        if plain:
            with path.open("rb") as file:
                return pickle.load(file)
        with torch.serialization.safe_globals(_ALLOWED):
            return torch.load(
                path,
                map_location="cpu",
                weights_only=not allow_pickle,
                mmap=zipped,  # older files cannot be mapped
            )
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        if allow_pickle or not asked:
            raise ModelFileError(
                f"the pickle {path} cannot be read: {_reason(error)}"
            ) from None
        raise ModelFileError(
            f"{path} is a pickle that asks for {asked[1]} and could run anything, "
            "expected tensors only",
            settings=("allow_pickle",),
        ) from None
    except (AttributeError, ImportError) as error:
        raise ModelFileError(_missing(path, error)) from None
    except Exception as error:  # a damaged pickle raises anything
        raise ModelFileError(f"{path} cannot be read: {_reason(error)}") from None


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception as error:  # a damaged archive raises anything
        raise ModelFileError(f"{path} is not complete: {_reason(error)}") from None
    if not any(name.endswith("data.pkl") for name in names):
        listed = ", ".join(names[:3]) or "nothing"
        raise ModelFileError(
            f"{path} is a zip archive with {listed}, expected one of torch.save"
        )
    if any(name.endswith("/constants.pkl") for name in names):
        raise ModelFileError(f"{path} is a TorchScript archive, expected weights")


def _missing(path: Path, error: Exception) -> str:
    """Say which class a pickle of whole objects needs, and is not here."""
    text = str(error)
    found = re.search(r"get attribute '(\S+)' (?:on|from) <module '(\S+)'", text)
    module = re.search(r"No module named '(\S+)'", text)
    if not found and not module:
        return f"{path} cannot be read: {_reason(error)}"
    what = f"{found[2]}.{found[1]}" if found else f"the module {module and module[1]}"
    return (
        f"{path} holds a whole object and asks for {what}, which is not here, expected "
        "its state_dict(), saved where that can be imported"
    )


def _reason(error: Exception) -> str:
    """First sentence of a message; those of torch go on for a page."""
    text = str(error).strip().split("\n")[0].split(". ")[0]
    return text or type(error).__name__
