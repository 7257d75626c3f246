"""Files of run logs, of which only what is new is read."""

import os
from collections.abc import Iterable
from pathlib import Path

from gwparam.errors import ContractError, ModelFileError
from gwparam.file_kinds import check_readable
from gwparam.run_log.lines import Start, read_line
from gwparam.run_log.runs import Run

PATTERN = "*.jsonl"
"""Names of run logs in the folder of a run; others are given by name."""

_PIECE = 4 * 2**20  # bytes that are read at a time
_LONGEST = 16 * 2**20  # bytes of a line: a run log has some kilobytes


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
    broken : list of str
        What is wrong with lines that are none of a run log; they count nowhere.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self.runs: list[Run] = []
        self.broken: list[str] = []
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
        if self.broken and not self.runs:
            raise ContractError(f"{self.path} is no run log: {self.broken[0]}")
        return self._offset > before

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
            self.broken.append(str(error))
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
        self._foreign: dict[Path, str] = {}

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
        for path in self._paths:
            if not path.is_dir():
                check_readable(path)
                new |= self._logs.setdefault(path, RunLog(path)).update()
                continue
            for found in sorted(path.glob(PATTERN)):
                if found.is_file() and found.stat().st_size:
                    new |= self._try(found)
        if not self._logs:
            if self._foreign:
                raise ContractError(next(iter(self._foreign.values())))
            where = ", ".join(map(str, self._paths))
            raise ModelFileError(f"no run log in folder {where}, expected {PATTERN}")
        return new

    def _try(self, path: Path) -> bool:
        """Read a file that may be of something else."""
        log = self._logs.get(path) or RunLog(path)
        try:
            new = log.update()
        except ContractError as error:
            self._foreign[path] = str(error)
            self._logs.pop(path, None)
            return False
        self._foreign.pop(path, None)
        self._logs[path] = log
        return new

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
        notes = list(self._foreign.values())
        for log in self._logs.values():
            if log.broken:
                lines = "1 line" if len(log.broken) == 1 else f"{len(log.broken)} lines"
                notes.append(
                    f"{log.path}: {lines} left out, the first: {log.broken[0]}"
                )
        return notes
