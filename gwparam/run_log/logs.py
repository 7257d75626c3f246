"""Files of run logs, of which only what is new is read."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from gwparam.errors import ContractError, GwparamError, ModelFileError
from gwparam.file_kinds import check_readable
from gwparam.run_log.lines import Start, read_line
from gwparam.run_log.runs import Run

PATTERN = "*.jsonl"
"""Names of run logs in the folder of a run; others are given by name."""

_PIECE = 4 * 2**20  # bytes that are read at a time
_LONGEST = 16 * 2**20  # bytes of a line: a run log has some kilobytes
_MOST_BROKEN = 10  # lines before the first that is one of a run log


class RunLog:
    """A run log, which may still grow.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    path : Path
        The file.
    runs : list of Run
        The runs in it, in their order.
    broken : int
        Lines that are none of a run log; they count nowhere.
    first_broken : str
        What is wrong with the first of them; empty without.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self.runs: list[Run] = []
        self.broken, self.first_broken = 0, ""
        self._offset = self._lines = 0
        self._file: tuple[int, int] | None = None

    def update(self) -> bool:
        """Read what is new, to the end of the last whole line.

        Returns
        -------
        bool
            Whether there was something.

        Raises
        ------
        ModelFileError
            If the file cannot be read.
        ContractError
            If it is no run log.
        """
        before, rest = self._offset, b""
        try:
            with open(self.path, "rb") as file:
                before = self._begin(os.fstat(file.fileno()))
                file.seek(before)
                while piece := file.read(_PIECE):
                    *lines, rest = (rest + piece).split(b"\n")
                    for line in lines:
                        self._offset += len(line) + 1
                        self._lines += 1
                        if line.strip():
                            self._add(line)
                    if len(rest) > _LONGEST:
                        raise ContractError(
                            f"{self.path} is no run log: line {self._lines + 1} has "
                            f"more than {_LONGEST} bytes"
                        )
        except OSError as error:
            raise ModelFileError(f"cannot read {self.path}: {error.strerror}") from None
        self._check_broken(1)
        return self._offset > before

    def _check_broken(self, most: int) -> None:
        """Refuse a file that begins with so many lines that are none of a run log."""
        if self.broken >= most and not self.runs:
            raise ContractError(f"{self.path} is no run log: {self.first_broken}")

    def _begin(self, found: os.stat_result) -> int:
        """Say where to go on; at the start, if another file stands there now."""
        its = (found.st_dev, found.st_ino)
        if self._file not in (None, its) or found.st_size < self._offset:
            self._forget()
        self._file = its
        return self._offset

    def _add(self, text: bytes) -> None:
        try:
            line = read_line(text, f"line {self._lines}")
        except ContractError as error:
            self.broken += 1
            self.first_broken = self.first_broken or str(error)
            self._check_broken(_MOST_BROKEN)  # the rest may be long
            return
        if isinstance(line, Start):
            if self.runs:
                self.runs[-1].followed = True
            self.runs.append(Run(str(self.path), len(self.runs) + 1, line))
            return
        if not self.runs:  # its start is lost
            self.runs.append(Run(str(self.path), 1))
        self.runs[-1].add(line)


class RunLogs:
    """The run logs in some folders, and those given by name.

    Parameters
    ----------
    paths : iterable of Path
        Folders of runs, in which logs have names like `PATTERN`, or logs.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)
        self._logs: dict[Path, RunLog] = {}
        self._foreign: dict[Path, GwparamError] = {}
        # As foreign files were when they were read: they are not read again.
        self._looked: dict[Path, tuple[int, ...]] = {}

    def update(self) -> bool:
        """Read what is new; whether there was something.

        Raises
        ------
        ModelFileError
            If a path is absent or no file or folder, or no log is there.
        ContractError
            If a log that was given by name is none, or all files in the folders are
            none.
        """
        new = False
        there = set()
        for path in self._paths:
            if not path.is_dir():
                there.add(path)
                check_readable(path)
                new |= self._logs.setdefault(path, RunLog(path)).update()
                continue
            for found in sorted(path.glob(PATTERN)):
                its = _state(found)
                if its is not None:
                    there.add(found)
                    new |= self._try(found, its)
        new |= self._drop({*self._logs, *self._foreign} - there)
        if not self._logs:
            if self._foreign:
                raise next(iter(self._foreign.values()))
            where = ", ".join(map(str, self._paths))
            raise ModelFileError(f"no run log in folder {where}, expected {PATTERN}")
        return new

    def _try(self, path: Path, its: tuple[int, ...]) -> bool:
        """Read a file that may be of something else, or gone or closed to us by now."""
        if self._looked.get(path) == its:
            return False
        log = self._logs.get(path) or RunLog(path)
        try:
            new = log.update()
        except (ContractError, ModelFileError) as error:
            dropped = self._drop({path})
            self._foreign[path] = error
            if isinstance(error, ContractError):
                self._looked[path] = its
            return dropped
        self._foreign.pop(path, None)
        self._looked.pop(path, None)
        self._logs[path] = log
        return new

    def _drop(self, paths: set[Path]) -> bool:
        """Forget files; whether one was a log."""
        for path in paths:
            self._foreign.pop(path, None)
            self._looked.pop(path, None)
        return any([self._logs.pop(path, None) is not None for path in paths])

    @property
    def paths(self) -> list[Path]:
        """The logs."""
        return list(self._logs)

    @property
    def runs(self) -> list[Run]:
        """All runs, by log."""
        return [run for log in self._logs.values() for run in log.runs]

    @property
    def last_runs(self) -> list[Run]:
        """The last run of each log."""
        return [log.runs[-1] for log in self._logs.values() if log.runs]

    @property
    def notes(self) -> list[str]:
        """What is to be said of what counts nowhere."""
        notes = [str(error) for error in self._foreign.values()]
        for log in self._logs.values():
            if log.broken:
                lines = "1 line" if log.broken == 1 else f"{log.broken} lines"
                notes.append(
                    f"{log.path}: {lines} left out, the first: {log.first_broken}"
                )
        return notes


def _state(path: Path) -> tuple[int, ...] | None:
    """Say what tells a file from what it was; None if it is gone, empty or none."""
    try:
        found = os.stat(path)
    except PermissionError:  # what opens it says so
        return ()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or not found.st_size:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns)
