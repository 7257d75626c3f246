"""Files that appear whole under their names, or not at all, and over no others."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from gwparam.errors import ArgumentError, GwparamError, ModelFileError
from gwparam.file_kinds import kind_of


def check_outputs(
    outputs: Iterable[str | PathLike[str]],
    read: Iterable[str | PathLike[str] | None] = (),
    folder: str | PathLike[str] | None = None,
) -> None:
    """Check before the work that its results can be written, over nothing it reads.

    Parameters
    ----------
    outputs : iterable of path-like
        The files that will be written.
    read : iterable of path-like
        What is read: files; folders with all that they hold; what is no path is passed
        over.
    folder : path-like, optional
        Where the outputs go, if it is made for them.

    Raises
    ------
    ModelFileError
        If there is no folder for an output, or it may not be written in, or something
        that is no file has the name of an output.
    ArgumentError
        If an output is read too, under whatever name, or lies in a folder that is read,
        or two outputs are the same file.
    """
    inputs = {path: found for path in read if path and (found := _look_at(path))}
    if folder is not None and Path(folder).exists() and not Path(folder).is_dir():
        raise ModelFileError(f"cannot make {folder}: it is there and no folder")
    seen = set()
    for path in outputs:
        target = _target(path)
        if folder is None and not target.parent.is_dir():
            raise ModelFileError(f"cannot write {path}: no folder {target.parent}")
        _check_writable(target.parent, path)
        if target in seen:
            raise ArgumentError(f"{path} is written twice, expected different files")
        seen.add(target)
        own, *above = map(_look_at, (target, *target.parents))
        for given, found in inputs.items():
            if own and os.path.samestat(own, found):
                raise ArgumentError(f"{path} is both read and written")
            if any(outer and os.path.samestat(outer, found) for outer in above):
                raise ArgumentError(f"{path} lies in {given}, which is read")


def make_folder(path: str | PathLike[str]) -> None:
    """Make the folder of results, before the work.

    Raises
    ------
    ModelFileError
        If it cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelFileError(f"cannot make {path}: {error.strerror}") from None


def _check_writable(folder: Path, path: str | PathLike[str]) -> None:
    """Check that files can be made in a folder, which need not be there yet."""
    there = next(part for part in (folder, *folder.parents) if part.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise ModelFileError(f"cannot write {path}: no permission to write in {there}")


def _look_at(path: str | PathLike[str]) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):  # absent, or no path but a JSON text
        return None


def _target(path: str | PathLike[str]) -> Path:
    """Give the file to write, behind symbolic links; nothing else may stand there."""
    target = Path(os.path.realpath(path))
    try:
        kind = kind_of(os.stat(target))
    except FileNotFoundError:
        return target
    except OSError as error:  # a loop of links, or a file where a folder should be
        raise ModelFileError(f"cannot write {path}: {error.strerror}") from None
    if kind != "file":
        raise ModelFileError(f"cannot write {path}: it is a {kind}, expected a file")
    return target


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
        The file; replaced if it exists. A symbolic link stays, and its target is
        written.
    beside : Path, optional
        Where to write, on the same file system. Without it a hidden file beside it with
        the number of this process, that two of them do not write the same one.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    ModelFileError
        If something has that name that is no file, such as a device.
    """
    target = _target(path)
    partial = beside or target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield partial
        _target(target)  # what has come there since
        partial.replace(target)
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
