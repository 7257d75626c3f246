import sys

import pytest

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
