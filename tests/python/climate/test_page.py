import numpy as np
import pytest
from html_page import Page

from gwparam.climate.page import write_page


def page_of(climate, folder):
    write_page(climate, folder / "climate.html")
    return Page(folder / "climate.html")


@pytest.fixture(scope="module")
def page(climate, tmp_path_factory):
    return page_of(climate, tmp_path_factory.mktemp("page"))


def test_page_needs_nothing_else(page):
    page.assert_whole()
    assert page.size < 3_000_000


def test_page_has_its_sections_and_figures(page):
    sections = [section["id"] for section in page.all("section")]
    assert sections == ["numbers", "qbo", "vortex", "differences", "method"]
    for words, number in {
        "by time and pressure": 2,
        "at the equator and 10 hPa": 2,
        "Wind at 10 hPa and 60N of network with warmings, 1980 to 1989.": 1,
        "Difference of the zonal-mean wind": 3,
        "Difference of the temperature": 3,
    }.items():
        assert len(page.figures(words)) == number, words


def test_page_has_the_numbers(page):
    for words in (
        "Climate of network",
        "beside ad99",
        "27.92 ± 0.87",
        "1984-12-20",
        "about 6",
        "ad99, a time every 30.5 days",
        "Welch's test of yearly means",
        "winds of FU Berlin at 10 hPa",
    ):
        assert words in page.text, words


def test_page_of_a_short_run_says_what_it_lacks(alone, tmp_path):
    page = page_of(alone, tmp_path)

    page.assert_whole()
    assert len(page.all("img")) == 1
    assert "Left out: there is no reference." in page.text
    assert "No QBO of short: 24 whole months" in page.text
    assert "Differences." not in page.text


def test_names_are_no_markup(climate, tmp_path):
    side = climate.sides[0]
    named = type(side)("<b>$x$", side.run, side.qbo, side.vortex)

    page = page_of(type(climate)([named], {}), tmp_path)

    page.assert_whole()
    assert "<b>$x$" in page.text


def test_differences_of_nothing_make_a_page(climate, tmp_path):
    empty = {
        season: type(one)(
            one.mean * np.nan, one.probability * np.nan, one.significant & False, (1, 1)
        )
        for season, one in climate.differences["eastward_wind"].items()
    }

    page = page_of(type(climate)(climate.sides, {"eastward_wind": empty}), tmp_path)

    assert "No test: too few years." in page.text
