import argparse
from dataclasses import replace
from pathlib import Path

from calibration_result import CHECKS, NAMES, RESULT, WANTED
from html_page import Page

from gwparam.calibrate.run import Settings
from gwparam.commands.answer import as_json
from gwparam.commands.calibrate_report import (
    document_of,
    print_warnings,
    show,
    write_page_of,
)
from gwparam.contract import Calibration

ARGS = argparse.Namespace(artefact=Path("qbo.pt"), against=Path("s.nc"))
MADE = Calibration(
    *("qbo.pt", "0", "s.nc", "1", ("network.last",)), *(12, 2, 15, 0, 0.9)
)


def made(checks=CHECKS):
    settings = Settings(12, 2, 12, 0)
    found = document_of(ARGS, settings, RESULT, checks, WANTED, MADE, 3.5)
    return found | {"written": [Path("r.pt"), Path("r.html")]}


def test_the_document_has_both_checks_and_all_iterations() -> None:
    document = as_json(made())
    assert document["by_iteration"]["misfit"] == [900.0, 30.0]
    assert document["by_iteration"]["misfit_of_mean"] == [None, 5.0]
    assert document["misfit_of_means"] == [50.0, None, 0.9]
    assert document["before"]["misfit"] is None
    assert document["before"]["runs"][0]["stable"] is False
    after = document["after"]
    assert after["runs"][0]["period"] == [26.0, 25.9, 25.9]
    assert set(after["errors"]) == set(NAMES)


def test_lines_and_page(tmp_path, capsys) -> None:
    show(made(), CHECKS)
    text = capsys.readouterr().out
    assert "wrote r.html" in text
    expected = "of Fourier modes of 216 months: neighbours are up to 3.13 months apart"
    assert f"periods are {expected}" in text
    assert "misfit inf before, 0.9 after; the mean of iteration 2 of 2" in text
    path = tmp_path / "r.html"
    write_page_of(path, made(), RESULT, WANTED, CHECKS)
    page = Page(path)
    page.assert_whole()
    assert "Calibration of qbo.pt" in page.text
    assert expected in page.text
    assert "warning" not in page.text
    assert "12 members of 15 years, 2 iterations, 3.50 minutes" in page.text


def test_a_doubtful_result_is_told_everywhere(tmp_path, capsys) -> None:
    checks = (CHECKS[0], replace(CHECKS[1], misfit=3449.0))
    document = made(checks)
    expected = "the misfit is 3449 after, expected about 1, at most 10"
    assert as_json(document)["warnings"][0].startswith(expected)
    print_warnings(document)
    said = capsys.readouterr()
    assert said.err.startswith(f"gwparam: warning: {expected}")
    assert said.out == ""
    path = tmp_path / "r.html"
    write_page_of(path, document, RESULT, WANTED, checks)
    assert expected in Page(path).text
