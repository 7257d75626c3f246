"""What stands under a name that a user gave: a file, or something else."""

import os
import stat
from os import PathLike

from gwparam.errors import ModelFileError

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


def kind_of(found: os.stat_result) -> str:
    """Name the kind of what `os.stat` found."""
    return _KINDS.get(stat.S_IFMT(found.st_mode), "special file")


def check_readable(path: str | PathLike[str]) -> None:
    """Refuse what no library should open: a pipe would make it wait for ever.

    What is absent, or may not be looked at, is left to the one that opens it.

    Raises
    ------
    ModelFileError
        If it is a folder, a pipe, a socket or a device, or an empty file.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # a path may hold no null byte
        return
    kind = kind_of(found)
    if kind != "file":
        raise ModelFileError(f"cannot read {path}: it is a {kind}, expected a file")
    if found.st_size == 0:
        raise ModelFileError(f"cannot read {path}: it is empty")
