import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gwparam
from gwparam.cli import main
from gwparam.commands.answer import Answer, Exit
from gwparam.commands.parser import COMMANDS
from gwparam.errors import ArgumentError, HostMemoryError, InternalError

PROJECT = Path(__file__).parents[2]
GWPARAM = Path(sys.executable).with_name("gwparam")


def text_of(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    return capsys.readouterr().out


def test_help_lists_every_command(capsys):
    text = text_of(capsys, "--help")

    for command in COMMANDS:
        assert f"\n    {command}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_teaches_by_example(capsys, command):
    text = text_of(capsys, command, "--help")

    assert f"gwparam {command} " in text.partition("examples:")[2]


def test_no_command_prints_the_usage(capsys):
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: gwparam")


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{gwparam.__version__}\n"


def test_error_names_the_options_that_the_command_has(capsys, monkeypatch):
    def fail(args):
        raise ArgumentError("grid and mask ratio", settings=("mask_ratio", "nothing"))

    monkeypatch.setattr("gwparam.commands.export.run", fail)

    status = main(["export", "--ckpt", "net.pt", "-o", "out.pt"])

    assert status == 2
    assert capsys.readouterr().err == (
        "gwparam: error: grid and mask ratio (--mask-ratio)\n"
    )


@pytest.fixture
def inspect(monkeypatch):
    """Run ``gwparam inspect``, which does what the test wants."""

    def run(act, *options):
        monkeypatch.setattr("gwparam.commands.inspect.run", act)
        return main(["inspect", "a.pt", *options])

    return run


def raising(error):
    def act(args):
        raise error

    return act


REPORT = (
    "; please report it with the command; GWPARAM_DEBUG=1 prints where it was raised"
)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ArgumentError("one\n  two\n\nthree"), 2, "error: one two three"),
        (ArgumentError("a\x1b[31mkey\x00"), 2, r"error: a\x1b[31mkey\x00"),
        (ArgumentError("[/bold]"), 2, "error: [/bold]"),
        (HostMemoryError("no room"), 2, "error: no room"),
        (MemoryError("no 9 TiB"), 2, "error: out of memory: no 9 TiB"),
        (OSError(28, "No space left", "a.nc"), 2, "error: a.nc: No space left"),
        (OSError(5, "Input/output error"), 2, "error: Input/output error"),
        (KeyError("lev"), 70, f"fault of gwparam: KeyError: 'lev'{REPORT}"),
        (RecursionError("deep"), 70, f"fault of gwparam: RecursionError: deep{REPORT}"),
        (OSError("odd"), 70, f"fault of gwparam: OSError: odd{REPORT}"),
        (InternalError("x"), 70, f"fault of gwparam: InternalError: x{REPORT}"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_whatever_happens_is_one_line_and_a_status(
    inspect, capsys, error, status, line
):
    assert inspect(raising(error)) == status

    printed = capsys.readouterr()
    assert printed.err == f"gwparam: {line}\n"
    assert printed.out == ""


@pytest.mark.parametrize("error", [ArgumentError("given"), KeyError("lev")])
def test_the_traceback_is_there_for_who_wants_it(inspect, capsys, monkeypatch, error):
    monkeypatch.setenv("GWPARAM_DEBUG", "1")
    inspect(raising(error))

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1].startswith("gwparam: ")


def test_json_is_one_document_and_nothing_else(inspect, capsys):
    def act(args):
        return Answer({"r2": float("nan"), "path": Path("a")}, print, Exit.DISAGREES)

    assert inspect(act, "--json") == 1

    assert json.loads(capsys.readouterr().out) == {"r2": None, "path": "a"}


def test_without_json_the_answer_is_shown(inspect, capsys):
    assert inspect(lambda args: Answer({"a": 1}, lambda: print("for people"))) == 0
    assert capsys.readouterr().out == "for people\n"


@pytest.mark.parametrize("json_asked", [False, True])
def test_it_says_which_commands_come_next(inspect, capsys, json_asked):
    then = ("gwparam one", "gwparam two")
    answer = Answer({"a": 1}, lambda: print("for people"), next=then)

    assert inspect(lambda args: answer, *["--json"] * json_asked) == 0

    text = capsys.readouterr().out
    if json_asked:
        assert json.loads(text) == {"a": 1, "next": list(then)}
    else:
        assert text == "for people\nnext: gwparam one\n      gwparam two\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_json(capsys, command):
    assert "--json print one JSON document" in " ".join(
        text_of(capsys, command, "--help").split()
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_plain_text(capsys, command):
    assert "`" not in text_of(capsys, command, "--help")


def test_documentation_has_every_exit_status():
    text = (PROJECT / "docs" / "commands.md").read_text()
    rows = re.findall(r"^\| (\d+) \| ([a-z ]+) \|", text, re.M)

    names = {name.replace(" ", "_").upper(): int(number) for number, name in rows}
    assert names == {status.name: status.value for status in Exit}


@pytest.mark.parametrize(
    ("words", "statuses"),
    [
        ("networks", {Exit.BROKEN_PIPE}),
        ("networks --json", {Exit.BROKEN_PIPE}),
        # Later releases of Python look away where they print the help, 3.11.2 does not.
        ("config --help", {Exit.BROKEN_PIPE, Exit.DONE}),
    ],
)
def test_a_reader_that_ends_first_is_no_error(words, statuses):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [GWPARAM, *words.split()], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)

    assert done.returncode in statuses
    assert done.stderr == b""


def test_output_that_cannot_be_written_is_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [GWPARAM, "networks"], stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == Exit.REFUSED
    assert done.stderr == b"gwparam: error: No space left on device\n"


_WARNS = """
import sys, warnings
import numpy as np
from gwparam import cli
from gwparam.commands import config
from gwparam.commands.answer import Answer

def run(args):
    # As dependencies do: their own kinds, and while they are imported.
    for kind in (UserWarning, FutureWarning, DeprecationWarning, ResourceWarning):
        warnings.warn(f"of a library, {kind.__name__}", kind, stacklevel=2)
    np.float64(1.0) / np.zeros(2)
    exec("import warnings; warnings.warn('of an import')", {"__name__": "library"})
    return Answer({"done": True}, lambda: print("done"))

config.run = run
sys.exit(cli.main(["config", *sys.argv[1:]]))
"""
_KINDS = ("UserWarning", "FutureWarning", "DeprecationWarning", "ResourceWarning")


def warn(*words, options=(), **environment):
    """A command whose libraries warn; how it ends, in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-P", *options, "-c", _WARNS, *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_warnings_of_libraries_are_not_shown(words):
    found = warn(*words)

    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == ('{\n  "done": true\n}\n' if words else "done\n")


@pytest.mark.parametrize(
    "asked", [{"GWPARAM_DEBUG": "1", "options": ["-W", "always"]}, {"options": ["-Wd"]}]
)
def test_warnings_of_libraries_are_for_who_asks(asked):
    found = warn(**asked)

    assert found.returncode == 0
    for kind in (*_KINDS, "RuntimeWarning"):
        assert kind in found.stderr, kind


def test_who_debugs_is_shown_the_warnings_that_python_shows():
    found = warn(GWPARAM_DEBUG="1")

    assert found.returncode == 0
    assert "of a library, UserWarning" in found.stderr
    assert "RuntimeWarning: divide by zero" in found.stderr
