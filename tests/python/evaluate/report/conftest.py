import pytest
from evaluation_results import evaluation_results
from html_page import Page

from gwparam.evaluate.report import write_report
from gwparam.pages import picture


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
    """Keep the figures of panels."""
    figures = []

    def keep(figure, **_):
        figure.draw_without_rendering()
        figures.append(figure)
        return "data:image/png;base64,"

    monkeypatch.setattr(picture, "embed", keep)
    return figures
