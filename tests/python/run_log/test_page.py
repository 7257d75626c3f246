import pytest
from html_page import Page
from run_logs import report_line, start_line, text_of

from gwparam.run_log import page as pages
from gwparam.run_log.logs import RunLogs


@pytest.fixture
def write(tmp_path):
    def write_and_read(*lines):
        (tmp_path / "log.jsonl").write_text(text_of(*lines))
        logs = RunLogs([tmp_path])
        logs.update()
        pages.write_page(tmp_path / "run.html", logs.runs, ["<b>cut</b>"])
        return Page(tmp_path / "run.html")

    return write_and_read


def test_page_has_figures_and_tables_and_needs_nothing_else(write):
    page = write(start_line(), *(report_line(n) for n in (1, 2, 3)))

    page.assert_whole()
    assert page.all("b") == []
    assert "<b>cut</b>" in page.text
    for words in ("WaveNet, mode ml", "45.0°S 80.0°W", "30 (10.00%)", "on_range"):
        assert words in page.text, words
    assert len(page.all("img")) == 2 + 6 + 1


def test_a_run_that_has_only_begun_has_no_figures(write):
    page = write(start_line())

    page.assert_whole()
    assert "nothing reported yet" in page.text
    assert page.all("img") == []


def test_of_many_runs_the_last_have_figures(write, monkeypatch):
    monkeypatch.setattr(pages, "MOST", 2)

    page = write(*(start_line(mode=f"mode{n}") for n in range(5)))

    page.assert_whole()
    assert [s["id"] for s in page.all("section")] == ["run-4", "run-3"]
    assert "the first 3 are in the table alone" in page.text
    assert "mode0" in page.text
