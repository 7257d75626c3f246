import json

import pytest
from html_page import Page
from run_logs import report_line, start_line, text_of

from gwparam.cli import main


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "gwparam_run.jsonl"
    path.write_text(text_of(start_line(), report_line(1), start_line(), report_line(2)))
    return path


def test_page_of_all_runs_is_written(log, capsys):
    page = log.with_name("run.html")

    assert main(["report", str(log.parent), "-o", str(page)]) == 0

    assert capsys.readouterr().out == f"wrote {page}\n"
    written = Page(page)
    written.assert_whole()
    assert "2 runs" in written.text


def test_document_has_the_runs(log, capsys):
    page = log.with_name("run.html")

    assert main(["report", str(log), "-o", str(page), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert [run["number"] for run in found["runs"]] == [1, 2]
    assert found["written"] == [str(page)]


@pytest.mark.parametrize("given", ["folder", "file"])
def test_a_log_is_not_written_over(log, capsys, given):
    words = [str(log.parent if given == "folder" else log), "-o", str(log)]
    before = log.read_text()

    assert main(["report", *words]) == 2

    said = {
        "folder": "expected a name that ends in .html (--output)",
        "file": "is both read and written",
    }
    assert said[given] in capsys.readouterr().err
    assert log.read_text() == before


@pytest.mark.parametrize("text", ["", '{"loss": 1}\n', '{"kind": "sta'])
def test_nothing_that_was_looked_at_is_written_over(log, capsys, text):
    """Also what is foreign, or a host has just begun."""
    other, page = log.with_name("train.jsonl"), log.with_name("run.html")
    other.write_text(text)
    page.hardlink_to(other)

    for output in (other, page):
        assert main(["report", str(log.parent), "-o", str(output)]) == 2
        assert other.read_text() == text
    assert f"{page} is both read and written" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["\n", "loss", '{"kind": "sta'])
@pytest.mark.parametrize("given", ["folder", "file"])
def test_of_nothing_there_is_no_page(tmp_path, capsys, text, given):
    log, page = tmp_path / "log.jsonl", tmp_path / "run.html"
    log.write_text(text)

    words = [str(tmp_path if given == "folder" else log), "-o", str(page)]
    assert main(["report", *words]) == 2

    assert f"{log} is no run log: it has no" in capsys.readouterr().err
    assert not page.exists()


def test_a_name_of_a_page_commands_no_terminal(log, capsys):
    page = log.with_name("\x1b[2J\n.html")

    assert main(["report", str(log), "-o", str(page)]) == 0

    printed = capsys.readouterr().out
    assert printed == f"wrote {log.parent}/\\x1b[2J\\n.html\n"
    assert page.exists()
