"""The checksums that an artefact's archive carries of all that is in it."""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike

from gwparam.errors import ModelFileError
from gwparam.file_kinds import check_readable

CHECKSUMS_FILE = "gwparam_checksums.txt"
"""As sha256sum writes and checks it, in the folder that the archive unpacks to."""
MAX_JSON_BYTES = 64 << 20
"""Texts are parsed into many times their size; `archive.hpp` has the same bound."""

_LINE = re.compile("([0-9a-f]{64})  (.+)")
_PIECE = 1 << 20


@contextmanager
def opened(path: str | PathLike[str]) -> Iterator[zipfile.ZipFile]:
    """Open an artefact's archive, and say of what goes wrong with it in which file.

    Raises
    ------
    ModelFileError
        If the file is absent, truncated or damaged, or not an archive.
    """
    check_readable(path)
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            yield archive
    except ModelFileError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise ModelFileError(f"cannot read {path}: {reason}") from None
    except Exception as error:  # a damaged archive raises anything
        reason = str(error) or type(error).__name__
        raise ModelFileError(f"{path} is not a complete archive: {reason}") from None


def inner_name(entry: zipfile.ZipInfo) -> str:
    """Name a file without the folder that the archive is named after."""
    return entry.filename.split("/", 1)[-1]


def digest(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """Give the SHA-256 of a file in an archive; zipfile checks its CRC-32."""
    found = hashlib.sha256()
    with archive.open(entry) as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


def write_list(digests: Iterable[tuple[str, str]]) -> str:
    """Write names and their SHA-256 as sha256sum does."""
    return "".join(f"{value}  {name}\n" for name, value in digests)


def check_contents(path: str | PathLike[str]) -> None:
    """Check that an artefact's archive holds what was written into it, all of it.

    The library does the same (`integrity.hpp`). An archive without the list has the
    checksums of zip files alone.

    Raises
    ------
    ModelFileError
        If it does not; the message names the file in it.
    """
    with opened(path) as archive:
        expected: dict[str, str] | None = None
        for entry in archive.infolist():
            if inner_name(entry) == f"extra/{CHECKSUMS_FILE}":
                lines = archive.read(entry).decode().splitlines()
                matches = (_LINE.fullmatch(line) for line in lines)
                pairs = [match.groups() for match in matches if match]
                expected = {name: value for value, name in pairs}
                if len(expected) != len(lines):
                    raise ModelFileError(f"{path}: {CHECKSUMS_FILE} is no list of them")
        for entry in archive.infolist():
            name = inner_name(entry)
            if name == f"extra/{CHECKSUMS_FILE}":
                continue
            found = digest(archive, entry)
            if expected is None:
                continue
            if name not in expected:
                raise ModelFileError(f"{path}: {name} is not among its checksums")
            if found != expected.pop(name):
                raise ModelFileError(f"{path}: {name} has another checksum: {found}")
        if expected:
            raise ModelFileError(f"{path} holds no {min(expected)}")
