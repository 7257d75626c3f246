from calibration_result import CHECKS, RESULT, WANTED
from html_page import Page

from gwparam.calibrate.page import RUN_HEADINGS, run_rows, write_page
from gwparam.qbo.testbed import Testbed


def test_rows_of_runs() -> None:
    before, after = (run_rows("x", its) for its in CHECKS)
    assert before[0] == ("x, seed 1: unstable", *["–"] * 6)
    assert after[0] == ("x, seed 1", "26.0", "25.9", "25.9", "19.1", "33.8", "47.1")
    assert len(after[0]) == len(RUN_HEADINGS)


def test_the_page_is_whole_and_says_all(tmp_path) -> None:
    path = tmp_path / "page.html"
    facts = [("calibrated", "qbo.pt"), ("layers", "network.<last>")]
    write_page(path, "Calibration of <qbo>", facts, RESULT, WANTED, CHECKS, Testbed())
    page = Page(path)
    page.assert_whole()
    assert "Calibration of <qbo>" in page.text
    assert "network.<last>" in page.text
    assert "before, seed 1: unstable" in page.text
    assert "period_at_25_km" in page.text.replace("\u200b", "")
    for words, count in (("wind by height", 2), ("Misfit", 1), ("of all members", 4)):
        assert len(page.figures(words)) == count
    assert page.size < 1_000_000
