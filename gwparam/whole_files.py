"""Files that appear whole under their names, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from gwparam.errors import GwparamError, ModelFileError


@contextmanager
def replacement(
    path: str | PathLike[str], beside: Path | None = None
) -> Iterator[Path]:
    """Give a name to write under, and rename it when the block ends without an error.

    Until then, an older file of that name stays as it was; after an error, nothing of
    the new one is left.

    Parameters
    ----------
    path : path-like
        The file; replaced if it exists.
    beside : Path, optional
        Where to write, on the same file system. Without it a hidden file beside it with
        the number of this process, that two of them do not write the same one.

    Yields
    ------
    Path
        Where to write.
    """
    path = Path(path)
    partial = beside or path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def writing(path: str | PathLike[str]) -> Iterator[None]:
    """Tell the user which file a block could not write, and why.

    Raises
    ------
    ModelFileError
        If the block raises OSError, or RuntimeError: so netCDF and torch say that the
        disk is full.
    """
    try:
        yield
    except GwparamError:
        raise
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0]
        raise ModelFileError(f"cannot write {path}: {reason}") from None


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write a text and the end of its last line, in UTF-8.

    Raises
    ------
    ModelFileError
        If it cannot be written; an older file is as it was.
    """
    with writing(path), replacement(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")
