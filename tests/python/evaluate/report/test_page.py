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
)
FIGURES_OF_ONE_COMPONENT = 11
LARGEST_PAGE = 8_000_000  # bytes; what goes by mail


def slim(results, *names):
    """Keep few variables, so that a page is written in a second."""
    return results[list(names)]


def test_page_has_every_section_with_its_figures(written):
    assert [section["id"] for section in written.all("section")] == list(SECTIONS)
    assert "Left out" not in written.text
    for words, number in {
        "Probability density": 2,
        "Maps of": 4,
        "sections of": 2,
        "Profiles of": 1,
        "Profiles by region": 6,
        "Time series": 2,
        "spectra": 1,
        "Global integral": 1,
    }.items():
        assert len(written.figures(words)) == number, words


def test_page_is_well_formed_and_says_what_each_figure_shows(written):
    assert written.open == []
    assert len(written.all("img")) == len(written.all("figcaption")) == 19
    assert all(len(image["alt"]) > 30 for image in written.all("img"))


def test_page_needs_nothing_else(written):
    for tag, attributes in written.elements:
        for name in ("src", "href", "srcset", "action", "data"):
            target = attributes.get(name, "data:")
            assert target.startswith(("data:image/", "data:", "#")), (tag, target)
    assert written.all("script") == []
    assert "@import" not in written.source
    assert "url(" not in written.source


def test_links_lead_to_sections(written):
    links = [link["href"] for link in written.all("a")]

    assert links == [f"#{name}" for name in SECTIONS]


def test_page_is_small(written):
    assert 500_000 < written.size < LARGEST_PAGE


def test_header_says_what_was_compared(written):
    for words in (
        "Invented networks against an invented drag",
        "too strong",
        "invented_drag.nc",
        "2015-06-01T12:00:00Z",
        "0.1.0",
        "6, 2015-05-01T00:00 to 2015-05-02T06:00",
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
    assert page.text.count("Left out") == len(SECTIONS) - 1


def test_results_without_scores_say_so(results, write):
    page = write(slim(results, "momentum", "momentum_truth"))

    assert "Left out: the results have no scores." in page.text
    assert len(page.all("img")) == 1


def test_one_time_leaves_the_series_out(results, write):
    names = ("series", "series_truth", "momentum", "momentum_truth", "level_pressure")

    page = write(slim(results, *names).isel(time=[0]))

    assert page.text.count("Left out: the results have one time only.") == 2


def test_one_level_leaves_sections_and_profiles_out(results, write):
    names = ("mean", "mean_truth", "rmse", "bias", "correlation")

    page = write(slim(results, *names).isel(level=[2]))

    assert page.text.count("Left out: the results have one level only.") == 2
    assert len(page.figures("Maps of")) == 2


def test_one_model_makes_every_figure_and_no_best(results, write):
    page = write(results.isel(model=[1], region=[0, 4], component=[1]))

    assert len(page.all("img")) == FIGURES_OF_ONE_COMPONENT
    assert [cell for cell in page.all("td") if "class" in cell] == []


def test_results_of_nothing_but_nan_make_a_page(results, write):
    few = results.isel(model=[0, 2], region=[0, 4], component=[0])
    nothing = few.map(lambda values: values * np.nan).assign(bin_edge=few["bin_edge"])

    page = write(nothing)

    # All but the momentum, which says why.
    assert len(page.all("img")) == FIGURES_OF_ONE_COMPONENT - 1
    assert "Left out: fewer than two times are without cells" in page.text
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

    assert len(page.all("img")) == 1 + 1 + 3
    undefined = [text for text in page.text.split() if text == "–"]
    assert len(undefined) == 2 * 4


def test_globe_alone_leaves_the_hot_spots_out(results, write):
    names = ("series", "series_truth", "rmse", "bias", "correlation")

    page = write(slim(results, *names).isel(region=[0]))

    assert "Left out: the results have no region but the globe." in page.text
    assert page.figures("Profiles by region") == []


def test_results_without_models_are_refused(results, tmp_path):
    message = "results have no model, expected at least one"
    with pytest.raises(ContractError, match=message):
        write_report(results.isel(model=[]), tmp_path / "report.html")


def test_page_that_cannot_be_written_is_an_error(results, tmp_path):
    with pytest.raises(ModelFileError, match=r"cannot write .*: No such file"):
        write_report(slim(results, "hellinger"), tmp_path / "no" / "report.html")
