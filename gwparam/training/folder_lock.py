"""One training in a folder at a time."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gwparam.errors import ModelFileError

LOCK_FILE = "training.lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others out of a folder while a block runs; the system ends it with us.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    ModelFileError
        If another process is in it, which the message names, or it cannot be made.
    """
    path = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _taken(path)
    except ModelFileError:  # which is an OSError
        raise
    except OSError as error:
        raise ModelFileError(f"cannot make {folder}: {error.strerror}") from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _taken(path: Path) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.read(file, 200).decode(errors="replace") or "another process"
            os.close(file)
            raise ModelFileError(
                f"cannot train in {path.parent}: {who} does, expected another folder "
                "or its end"
            ) from None
        # Who had it before may have taken the file away in between.
        if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
            os.truncate(file, 0)
            os.write(file, f"process {os.getpid()} on {socket.gethostname()}".encode())
            return file
        os.close(file)
