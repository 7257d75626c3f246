import json
import os
import pty
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from run_logs import report_line, start_line, text_of
from special_files import limit

from gwparam.cli import main


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "gwparam_run.jsonl"
    path.write_text(text_of(start_line(), report_line(1)))
    return path


def test_once_shows_the_last_run_and_ends(log, capsys):
    assert main(["watch", str(log.parent), "--once"]) == 0

    text = capsys.readouterr().out
    assert "gwparam_run 1: WaveNet, mode ml" in text
    assert "10 (10.00%)" in text


def test_without_a_terminal_it_prints_what_is_new_until_the_end(log, capsys):
    def go_on():
        with open(log, "a") as file:
            file.write(text_of(report_line(2, "end")))

    timer = threading.Timer(0.5, go_on)
    timer.start()

    assert main(["watch", str(log), "--interval", "0.1"]) == 0

    timer.join()
    text = capsys.readouterr().out
    assert text.count("gwparam_run 1: WaveNet") == 2
    assert "20 (10.00%)" in text


def test_document_has_the_last_run_of_each_log(log, capsys):
    log.with_name("b.jsonl").write_text(
        text_of(start_line(), start_line(mode="native"))
    )
    log.with_name("c.jsonl").write_text("foreign\n")

    assert main(["watch", str(log.parent), "--json"]) == 0

    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [run["start"]["mode"] for run in found["runs"]] == ["native", "ml"]
    assert found["runs"][1]["latest"]["guards"][1]["columns"] == 10
    assert "c.jsonl is no run log" in printed.err
    assert len(found["notes"]) == 1


@pytest.mark.parametrize("interval", ["0", "nan", "1e9"])
def test_interval_is_checked(log, capsys, interval):
    assert main(["watch", str(log), "--interval", interval]) == 2

    assert "expected 0.1 to 3600 seconds (--interval)" in capsys.readouterr().err


def test_foreign_files_are_refused_in_a_line(tmp_path, capsys):
    (tmp_path / "x.jsonl").write_text("{}\n")

    assert main(["watch", str(tmp_path), "--once"]) == 2

    error = capsys.readouterr().err
    assert "is no run log: line 1: kind is missing" in error
    assert error.count("\n") == 1


@pytest.fixture
def terminal(log):
    """Watch on a terminal of some lines; gives the process, and what reads from it."""
    begun = []

    def begin(lines):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-c", "from gwparam.cli import main; exit(main())"]
        size = {"TERM": "xterm", "COLUMNS": "120", "LINES": str(lines)}
        process = subprocess.Popen(
            [*command, "watch", str(log), "--interval", "0.5"],
            cwd=log.parent,
            env=os.environ | size,
            stdout=theirs,
            close_fds=True,
        )
        os.close(theirs)
        begun.append((process, ours))

        def read():
            with suppress(OSError):  # the terminal is gone with the process
                return os.read(ours, 65536)
            return b""

        return process, read

    yield begin
    for process, ours in begun:
        process.kill()
        process.wait()
        os.close(ours)


def test_on_a_terminal_it_is_drawn_in_place(log, terminal):
    log.write_text(text_of(start_line(), report_line(3, "end")))
    process, read = terminal(60)

    shown = b""
    while piece := read():
        shown += piece

    assert process.wait(60) == 0
    assert b"30 (10.00%)" in shown


def test_on_a_small_terminal_all_is_seen_while_it_runs_and_stays_whole(log, terminal):
    process, read = terminal(24)

    shown = b""
    with limit(60):
        for words in (b"artefact", b"on_range", b"largest eastward drag, native"):
            while words not in shown:
                piece = read()
                assert piece, shown.decode()
                shown += piece
    assert b"\x1b[" in shown
    assert b"lines 1 to 23 of" in shown
    with open(log, "a") as file:
        file.write(text_of(report_line(3, "end")))
    last = b""
    while piece := read():
        last += piece

    assert process.wait(60) == 0
    *_, last = last.rpartition(b"gwparam_run 1:")
    for words in (b"ended", b"30 (10.00%)", b"largest eastward drag, native"):
        assert words in last


@pytest.mark.parametrize(
    ("words", "idle"),
    [
        (["--once", "--interval", "5"], "--interval has no effect with --once"),
        (["--json", "--interval", "5"], "--interval has no effect with --json"),
        (["--json", "--once"], "--once has no effect with --json"),
    ],
)
def test_options_without_effect_are_refused(log, capsys, words, idle):
    assert main(["watch", str(log), *words]) == 2

    printed = capsys.readouterr()
    assert idle in printed.err
    assert printed.out == ""


def test_names_of_a_log_command_no_terminal(log, capsys):
    guards = report_line(1)["guards"]
    guards[1]["policy"] = "\x1b[2J[bold]"
    bad = log.with_name("\x1b[2J.jsonl")
    bad.write_text(
        text_of(start_line(device="\x1b[31m"), report_line(1, guards=guards))
    )

    assert main(["watch", str(bad), "--once"]) == 0

    text = capsys.readouterr().out
    assert all(line.isprintable() for line in text.splitlines())
    assert text.count("\\x1b[2J") == 3
    assert "\\x1b[2J[bold]" in text
    assert "\\x1b[31m" in text
