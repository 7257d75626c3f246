"""Ask a training to stop: the end of its time on a computing centre, or Ctrl-C."""

import signal
import threading
from types import FrameType
from typing import Any, Self

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class Interruption:
    """Whether someone asked to stop; a context manager that listens to signals.

    A second Ctrl-C has the effect that it had before. Other signals are heard once and
    then ignored: batch systems send one to a process and, by its launcher, again.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        # Python lets no other thread listen.
        if threading.current_thread() is threading.main_thread():
            self._before = {s: signal.signal(s, self._hear) for s in _SIGNALS}
        return self

    def __exit__(self, *unused: object) -> None:
        self._restore()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.signal = self.signal or signal.Signals(number)
        signal.signal(signal.SIGINT, self._before[signal.SIGINT])

    def _restore(self) -> None:
        for known, handler in self._before.items():
            signal.signal(known, handler)
        self._before = {}
