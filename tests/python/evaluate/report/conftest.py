from html.parser import HTMLParser

import pytest
from evaluation_results import evaluation_results

from gwparam.evaluate.report import (
    maps,
    pdfs,
    profiles,
    sections,
    series,
    spectra,
    write_report,
)

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """The page's elements, attributes and text, and whether its tags match."""

    def __init__(self, path):
        super().__init__()
        self.size = path.stat().st_size
        self.source = path.read_text(encoding="utf-8")
        self.elements, self.open, self.text = [], [], ""
        self.bold = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def figures(self, words):
        """Pictures whose description has some words."""
        return [image for image in self.all("img") if words in image["alt"]]


@pytest.fixture(scope="package")
def results():
    return evaluation_results(nlevel=5, ntime=6)


@pytest.fixture(scope="package")
def written(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(results, path)
    return Page(path)


@pytest.fixture
def write(tmp_path):
    def write_and_read(results):
        write_report(results, tmp_path / "report.html")
        return Page(tmp_path / "report.html")

    return write_and_read


@pytest.fixture
def drawn(monkeypatch):
    """Keep the figures that sections embed."""
    figures = []

    def keep(figure, **_):
        figure.draw_without_rendering()
        figures.append(figure)
        return "data:image/png;base64,"

    for module in (maps, pdfs, profiles, sections, series, spectra):
        monkeypatch.setattr(module, "embed", keep)
    return figures
