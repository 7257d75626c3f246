import io
import sys
from contextlib import ExitStack

import pytest

from gwparam.commands.progress import show_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_path_is_no_markup(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with ExitStack() as stack:
        show_progress(stack, "exporting a[/b].pt")

    assert "a[/b].pt" in terminal.getvalue()


@pytest.mark.parametrize(("total", "shown"), [(3, "2/3"), (None, "0:00:0")])
def test_a_terminal_sees_what_is_done(monkeypatch, total, shown):
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    # Here, not in a fixture: pytest sets its own before each phase of a test.
    monkeypatch.setattr(sys, "stderr", terminal)

    with ExitStack() as stack:
        advance = show_progress(stack, "replay", total)
        advance()
        advance()

    assert "replay" in terminal.getvalue()
    assert shown in terminal.getvalue()


def test_a_file_sees_nothing(capsys):
    with ExitStack() as stack:
        show_progress(stack, "replay", 3)()

    assert capsys.readouterr().err == ""
