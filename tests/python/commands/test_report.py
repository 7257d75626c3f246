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

    assert "is both read and written" in capsys.readouterr().err
    assert log.read_text() == before
