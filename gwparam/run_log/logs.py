"""Files of run logs, of which only what is new is read."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from gwparam.console import printable
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
        Lines that are none of a run log, or not of the run in which they stand; they
        count nowhere.
    first_broken : str
        What is wrong with the first of them; empty without.
    is_cut : bool
        Whether the last line has no end; it counts nowhere.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self.runs: list[Run] = []
        self.broken, self.first_broken = 0, ""
        self.is_cut = False
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
        self.is_cut = bool(rest)
        if not self.runs:
            self._refuse()
        return self._offset > before

    def _refuse(self) -> NoReturn:
        why = self.first_broken or "it has no finished line"
        raise ContractError(f"{self.path} is no run log: {why}")

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
            self._leave_out(str(error))
            if self.broken >= _MOST_BROKEN and not self.runs:  # the rest may be long
                self._refuse()
            return
        if isinstance(line, Start):
            if self.runs:
                self.runs[-1].followed = True
            self.runs.append(Run(str(self.path), len(self.runs) + 1, line))
            return
        if not self.runs:  # its start is lost
            self.runs.append(Run(str(self.path), 1))
        if why := self.runs[-1].why_not(line):
            self._leave_out(f"line {self._lines} is not of this run: {why}")
            return
        self.runs[-1].add(line)

    def _leave_out(self, why: str) -> None:
        self.broken += 1
        self.first_broken = self.first_broken or why

    @property
    def notes(self) -> list[str]:
        """What is to be said of what counts nowhere."""
        notes = []
        if self.broken:
            lines = "1 line" if self.broken == 1 else f"{self.broken} lines"
            notes.append(f"{lines} left out, the first: {self.first_broken}")
        if self.is_cut:
            notes.append("the last line is not finished")
        return [f"{self.path}: {note}" for note in notes]


class RunLogs:
    """The run logs in some folders, and those given by name.

    Parameters
    ----------
    paths : iterable of Path
        Folders of runs, in which logs have names like `PATTERN`, or logs.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)
        self._found: set[Path] = set()
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
        for path, is_named in self._files():
            if is_named:
                there.add(path)
                check_readable(path)
                new |= self._logs.setdefault(path, RunLog(path)).update()
            elif (its := _state(path)) is not None:
                there.add(path)
                new |= self._try(path, its)
        new |= self._drop({*self._logs, *self._foreign} - there)
        if not self._logs:
            if self._foreign:
                raise next(iter(self._foreign.values()))
            where = ", ".join(map(str, self._paths))
            raise ModelFileError(f"no run log in folder {where}, expected {PATTERN}")
        return new

    def _files(self) -> Iterator[tuple[Path, bool]]:
        """Give each file once, and whether by its name: those come first."""
        seen = set()
        for given in sorted(self._paths, key=Path.is_dir):
            is_named = not given.is_dir()
            for path in [given] if is_named else sorted(given.glob(PATTERN)):
                self._found.add(path)
                its = _identity(path)
                if its is None or its not in seen:
                    yield path, is_named
                seen.add(its)

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
        """All files that were looked at, logs or not."""
        return sorted(self._found)

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
        notes += [note for log in self._logs.values() for note in log.notes]
        return [printable(note) for note in notes]


def _identity(path: Path) -> tuple[int, int] | None:
    """Say which file it is, under whatever name; None if that is not known."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino)


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
