"""An archive of TorchScript, written anew: the same bytes from the same network.

As torch writes it, it holds the paths of the sources that were scripted, and the name
of the file.
"""

import errno
import io
import os
import re
import shutil
import zipfile
from collections.abc import Mapping
from itertools import groupby
from os import PathLike
from pathlib import Path

import torch

from gwparam.contract.checksums import (
    CHECKSUMS_FILE,
    digest,
    inner_name,
    write_list,
)
from gwparam.networks.base import is_large

FOLDER = "artefact"
"""That all files of the archive are in; torch takes any name."""

_ALIGNMENT = 64  # of numbers, as torch aligns them to map them into memory
_HEADER, _LONG_NUMBERS = 30, 20  # bytes of a zip file's local header
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file knows
_LEFT_OUT = re.compile(r".*\.debug_pkl|\.data/serialization_id")
_PIECE = 1 << 20
_MARGIN = 64 << 20  # of bytes, for code and what the file system keeps


def save(
    network: torch.jit.ScriptModule,
    path: str | PathLike[str],
    extra: Mapping[str, str | bytes],
) -> None:
    """Write what `torch.jit.save` writes, and raise where it would end the process.

    It does so where the disk is full. A network that memory holds twice goes through a
    buffer; for a larger one there has to be room before it begins.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if not is_large(network):
        buffer = io.BytesIO()
        torch.jit.save(network, buffer, _extra_files=extra)
        Path(path).write_bytes(buffer.getbuffer())
        return
    needed = _MARGIN + sum(map(len, extra.values()))
    needed += sum(value.nbytes for value in network.state_dict().values())
    if shutil.disk_usage(Path(path).parent).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))
    torch.jit.save(network, os.fspath(path), _extra_files=extra)


def seal(path: str | PathLike[str]) -> None:
    """Write an archive of `torch.jit.save` anew, with the checksums of all in it.

    Left out is what only messages of errors need, which holds paths. Nothing is
    compressed, so that each byte lies under a checksum where it is.

    Parameters
    ----------
    path : path-like
        Replaced.
    """
    target = Path(path)
    partial = target.with_name(target.name + ".sealed")
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(partial, "w") as new:
        for entry in old.infolist():
            name = inner_name(entry)
            if not _LEFT_OUT.fullmatch(name):
                made = _entry(new, name, entry.file_size)
                with old.open(entry) as source, new.open(made, "w") as copy:
                    if name.startswith("code/"):
                        copy.write(_in_one_order(source.read()))
                    while piece := source.read(_PIECE):
                        copy.write(piece)
    add_checksums(partial)
    os.replace(partial, target)


def add_checksums(path: str | PathLike[str]) -> None:
    """Add the list of checksums to an archive that has none yet."""
    with zipfile.ZipFile(path) as archive:
        digests = [(inner_name(e), digest(archive, e)) for e in archive.infolist()]
    with zipfile.ZipFile(path, "a") as archive:
        listed = write_list(sorted(digests)).encode()
        archive.writestr(
            _entry(archive, f"extra/{CHECKSUMS_FILE}", len(listed)), listed
        )


def _in_one_order(code: bytes) -> bytes:
    """Sort the constants of each class, whose order is that of a set of texts."""
    groups = groupby(code.splitlines(keepends=True), lambda line: b" : Final[" in line)
    return b"".join(
        line for fixed, lines in groups for line in (sorted(lines) if fixed else lines)
    )


def _entry(archive: zipfile.ZipFile, name: str, size: int) -> zipfile.ZipInfo:
    """Describe a file that begins where numbers can be mapped."""
    made = zipfile.ZipInfo(f"{FOLDER}/{name}", _DATE)
    made.file_size = size
    made.create_system = 3  # on every system
    made.external_attr = 0o644 << 16
    is_long = size * 1.05 > zipfile.ZIP64_LIMIT  # as zipfile has it
    fixed = _HEADER + len(made.filename.encode()) + (_LONG_NUMBERS if is_long else 0)
    assert archive.fp is not None
    pad = -(archive.fp.tell() + fixed + 4) % _ALIGNMENT
    made.extra = b"FB" + pad.to_bytes(2, "little") + bytes(pad)
    return made
