from audit_subjects import shear_zones, trial
from html_page import Page

from gwparam.audit.page import write_page
from gwparam.audit.run import Settings, audit


def written(folder, on, subject="net.pt"):
    path = folder / "audit.html"
    write_page(path, audit(lambda: on, Settings()), subject)
    page = Page(path)
    page.assert_whole()
    return page


def test_the_page_says_what_is_good_and_what_is_not(tmp_path):
    on = trial(lambda u: 1e-6 * abs(u), reference=1e-6 * shear_zones())

    page = written(tmp_path, on, "<net>.pt")

    for said in (
        "Audit of written",
        "Reversal of the wind",
        "100.00% of the energy does not reverse",
        "<net>.pt",
        "states of a test; 400 columns",
        "symmetric; waves start at 300 hPa",
    ):
        assert said in page.text, said
    bad = [attrs for attrs in page.all("td") if attrs.get("class") == "bad"]
    assert len(bad) >= 2
    assert len(page.figures("Share of samples beyond")) == 1


def test_parts_are_those_with_a_figure(tmp_path):
    page = written(tmp_path, trial(lambda u: 1e-6 * u))

    parts = {attrs["id"] for attrs in page.all("section")}
    assert {"verdicts", "reversal", "noise", "provenance"} <= parts
    assert not {"amplitude", "tail", "roll"} & parts
