import json

import numpy as np
import pytest

from gwparam.errors import ContractError, ModelFileError
from gwparam.evaluate.report import write_report

SECTIONS = (
    "scores",
    "distributions",
    "maps",
    "sections",
    "profiles",
    "series",
    "spectra",
    "momentum",
    "origin",
)
LARGEST_PAGE = 8_000_000  # bytes; what goes by mail


def slim(results, *names):
    """Keep few variables, so that a page is written in a second."""
    return results[list(names)]


def test_page_has_every_section_with_its_figures(written):
    assert [section["id"] for section in written.all("section")] == list(SECTIONS)
    assert "Left out" not in written.text
    for words, number in {
        "Probability density": 2 * 9,
        "Map of": 2 * 2 * 7,
        "Section of": 2 * 7,
        "Profiles of": 2 * (5 * 9 + 1),
        "Time series": 2 * 8,
        "spectra": 2 * 3,
        "Global integral": 2,
    }.items():
        assert len(written.figures(words)) == number, words


def test_page_needs_nothing_else_and_its_links_lead_somewhere(written):
    written.assert_whole()


def test_each_figure_opens_large_and_closes(written):
    panels = [div for div in written.all("div") if div.get("class", "")[:5] == "panel"]
    opened = [link["href"] for link in written.all("a") if link.get("class") == "open"]
    closed = [link["href"] for link in written.all("a") if link.get("class") == "close"]

    ids = [f"#{panel['id']}" for panel in panels if "id" in panel]
    assert opened == ids
    assert len(opened) == len(closed) == len(written.all("img"))
    assert {href.removeprefix("#") for href in closed} <= set(SECTIONS)


def test_links_lead_to_sections(written):
    links = [link["href"] for link in written.all("a") if "class" not in link]

    assert links == [f"#{name}" for name in SECTIONS if name != "origin"]


def test_page_is_small(written):
    assert 500_000 < written.size < LARGEST_PAGE


def test_header_says_what_was_compared(written):
    for words in (
        "Invented networks against an invented drag",
        "too strong",
        "invented_drag.nc",
        "2015-06-01T12:00:00Z",
        "0.1.0",
        "6, 2015-05-01 00:00:00 to 2015-05-02 06:00:00",
        "Tendency of eastward wind due to gravity wave drag and tendency of northward",
        "64 latitudes × 128 longitudes",
        "maps at 21.2 hPa and 138 hPa",
        "m s-2, shown as m s⁻¹ day⁻¹",
    ):
        assert words in written.text, words


def test_dates_of_the_samples_are_said(results, write):
    numbered = results.isel(time=[0, 1, 2]).assign_coords(
        time=[0, 1, 2],
        date=("time", ["0002-01-08 12:20:00", "0002-01-09", "0002-01-19 21:20:00"]),
    )

    page = write(slim(numbered, "momentum", "momentum_truth"))

    assert "3, 0002-01-08 12:20:00 to 0002-01-19 21:20:00" in page.text


def test_times_that_a_model_has_seen_are_said(results, write):
    known = {"training_dates": [["2015-05-01", "2015-05-01"]], "unseen": 2}
    told = {"noisy": known | {"seen": 4, "undated": 0}, "too smooth": None}
    few = slim(results, "hellinger").assign_attrs(seen_in_training=json.dumps(told))

    page = write(few)

    assert "noisy: trained on 2015-05-01 to 2015-05-01: 4 of 6 times" in page.text
    assert "too smooth: trained" not in page.text


def test_same_results_give_the_same_page(results, write):
    few = slim(results, "momentum", "momentum_truth", "hellinger")

    assert write(few).source == write(few).source


def test_names_are_escaped(results, write):
    few = slim(results, "hellinger").assign_coords(model=["<b>a</b>", "b & c", "d"])

    page = write(few)

    assert page.all("b") == []
    assert "<b>a</b>" in page.text


@pytest.mark.parametrize(
    ("lost", "kept"),
    [
        ("histogram", ["histogram_truth", "bin_edge"]),
        ("mean_truth", ["mean"]),
        ("rmse", ["bias", "correlation"]),
        ("series", ["series_truth"]),
        ("spectrum", ["spectrum_truth"]),
        ("momentum", ["momentum_truth"]),
    ],
)
def test_section_without_its_variable_is_left_out_with_a_sentence(
    results, write, lost, kept
):
    page = write(slim(results, "hellinger", "level_pressure", *kept))

    assert f"Left out: the results have no {lost}." in page.text
    assert page.all("img") == []


def test_results_with_scores_alone_make_a_page(results, write):
    page = write(slim(results, "hellinger"))

    assert page.all("img") == []
    assert page.text.count("Left out") == len(SECTIONS) - 2


def test_results_without_scores_say_so(results, write):
    page = write(slim(results, "momentum", "momentum_truth"))

    assert "Left out: the results have no scores." in page.text
    assert len(page.all("img")) == 2


def test_one_time_leaves_the_series_out(results, write):
    names = ("series", "series_truth", "momentum", "momentum_truth", "level_pressure")

    page = write(slim(results, *names).isel(time=[0]))

    assert page.text.count("Left out: the results have one time only.") == 2


def test_one_level_leaves_sections_and_profiles_out(results, write):
    names = ("mean", "mean_truth", "rmse", "bias", "correlation")

    page = write(slim(results, *names).isel(level=[2]))

    assert page.text.count("Left out: the results have one level only.") == 2
    assert len(page.figures("Map of")) == 2 * 7


def test_one_model_makes_every_figure_and_no_best(results, write):
    page = write(results.isel(model=[1], region=[0, 4], component=[1]))

    # Densities, maps, zonal means, scores of two regions, series, spectra, momentum.
    assert len(page.all("img")) == 2 + 2 * 3 + 3 + 6 + 5 + 1 + 3 + 1
    assert [cell for cell in page.all("td") if "class" in cell] == []


def test_results_of_nothing_but_nan_make_a_page(results, write):
    few = results.isel(model=[0, 2], region=[0, 4], component=[0])
    nothing = few.map(lambda values: values * np.nan).assign(bin_edge=few["bin_edge"])

    page = write(nothing)

    # As above with another model, and without the momentum, which says why.
    assert len(page.all("img")) == 2 + 2 * 5 + 5 + 6 + 5 + 1 + 3
    assert "Left out: fewer than two times have all cells of the globe" in page.text
    assert "nan" not in page.text


def test_region_without_variance_keeps_its_neighbours_figures(results, write):
    scores = ("rmse", "bias", "correlation")
    pooled = [f"{name}_all_levels" for name in scores]
    names = ("histogram", "histogram_truth", "hellinger", *scores, *pooled)
    holed = slim(results, *names, "bin_edge").isel(model=[0, 1], component=[0])
    holed = holed.isel(region=[0, 2, 4]).copy(deep=True)
    for name in names:
        holed[name].loc[{"region": "Newfoundland"}] = np.nan

    page = write(holed)

    assert len(page.all("img")) == 3 + 3 * 3
    undefined = [text for text in page.text.split() if text == "–"]
    assert len(undefined) == 2 * 4


def test_globe_alone_leaves_the_hot_spots_out(results, write):
    names = ("series", "series_truth", "rmse", "bias", "correlation")

    page = write(slim(results, *names).isel(region=[0]))

    assert "Left out: the results have no region but the globe." in page.text
    assert len(page.figures("Profiles of")) == len(page.figures("globe.")) == 2 * 3


def test_results_without_models_are_refused(results, tmp_path):
    message = "results have no model, expected at least one"
    with pytest.raises(ContractError, match=message):
        write_report(results.isel(model=[]), tmp_path / "report.html")


def test_page_that_cannot_be_written_is_an_error(results, tmp_path):
    with pytest.raises(ModelFileError, match=r"cannot write .*: No such file"):
        write_report(slim(results, "hellinger"), tmp_path / "no" / "report.html")
