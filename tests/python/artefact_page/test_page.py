import hashlib

from html_page import Page

from gwparam.artefact_page.page import write_page
from gwparam.contract import read_contract, read_probe


def test_page_has_what_the_artefact_says_and_needs_nothing_else(
    tiny_artefact, tmp_path
):
    contract = read_contract(tiny_artefact)
    _, outputs = read_probe(tiny_artefact)

    write_page(tmp_path / "a.html", tiny_artefact, contract, outputs, "for <this> one")

    page = Page(tmp_path / "a.html")
    page.assert_whole()
    for words in (
        "tiny WaveNet",
        "random weights of the tests",
        "tendency_of_northward_wind_due_to_gravity_wave_drag",
        "5 of the host's own, top first",
        hashlib.sha256(tiny_artefact.read_bytes()).hexdigest(),
        "for <this> one",
        "Left out: the artefact carries no scores",
    ):
        assert words in page.text, words
    assert len(page.figures("Training range of")) == 2
    assert len(page.figures("Outputs tendency_of")) == 2
