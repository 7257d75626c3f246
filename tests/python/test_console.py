import sys

import pytest
from rich.table import Table

from gwparam import console


def test_lines_are_printed_as_they_are(capsys):
    line = "[bold]net[/] :smile: " + 200 * "x"
    console.lines().print(line)

    assert capsys.readouterr().out == line + "\n"


def test_tables_have_a_width_where_the_output_has_none(capsys):
    assert console.tables().width == 120
    assert console.tables(180).width == 180


@pytest.mark.parametrize("make", [console.lines, console.tables])
def test_a_reader_that_ended_is_an_error_of_python(monkeypatch, make):
    class Gone:
        encoding = "utf-8"

        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            pass

        def isatty(self):
            return False

    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(BrokenPipeError):
        make().print("text")


@pytest.mark.parametrize("make", [console.lines, console.tables])
def test_names_command_no_terminal(capsys, make):
    table = Table("name")
    table.add_row("\x1b\x9b, and room for the escapes")
    make().print("\x1b[2J\udcff", table, sep="\n")

    text = capsys.readouterr().out
    assert text.startswith("\\x1b[2J\\udcff\n")
    assert "\\x1b\\x9b, and room" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_what_is_printable_stays():
    assert console.printable("Größe of a\tname\n") == "Größe of a\\tname\\n"
