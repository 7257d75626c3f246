"""What tools/check_site.py finds on a built site; the site itself is `make docs`."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def check(folder: Path, *pages: str) -> tuple[int, str]:
    for number, page in enumerate(pages):
        (folder / f"{number}.html").write_text(page)
    done = subprocess.run(
        [sys.executable, PROJECT / "tools" / "check_site.py", folder],
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


def test_a_whole_site_passes(tmp_path):
    (tmp_path / "a.css").touch()
    page = (
        '<link rel="stylesheet" href="a.css?v=1"><a href="1.html#x">there</a>'
        '<a href="https://example.org">elsewhere</a>'
    )
    assert check(tmp_path, page, '<p id="x"><a href="#x">here</a>') == (0, "")


def test_what_is_fetched_or_leads_nowhere_is_named(tmp_path):
    page = (
        '<script src="https://example.org/a.js"></script>'
        '<link rel="stylesheet" href="//example.org/a.css">'
        '<a href="absent.html">x</a><a href="1.html#absent">x</a>'
    )
    status, said = check(tmp_path, page, "")
    assert status == 1
    name = tmp_path / "0.html"
    assert said.splitlines() == [
        f"{name}: https://example.org/a.js is fetched from elsewhere",
        f"{name}: //example.org/a.css is fetched from elsewhere",
        f"{name}: absent.html does not exist",
        f"{name}: 1.html#absent has no such place",
    ]


@pytest.mark.parametrize(
    "element",
    [
        '<img srcset="{0} 1x, {0} 2x">',
        '<img srcset="a.png 1x, {0} 2x" src="a.png">',
        '<img srcset="a.png 1x,{0}">',
        '<video src="{0}"></video>',
        '<video poster="{0}"></video>',
        '<object data="{0}"></object>',
        '<embed src="{0}">',
        '<link rel="manifest" href="{0}">',
        '<link rel="modulepreload" href="{0}">',
        '<svg><image href="{0}"/></svg>',
        '<svg><feImage xlink:href="{0}"/></svg>',
        '<p style="background: url({0})">x</p>',
        "<style>@import '{0}';</style>",
        '<style>@import url("{0}") screen;</style>',
        '<style>p {{ background: URL( "{0}" ) }}</style>',
    ],
)
def test_every_way_to_fetch_is_known(tmp_path, element):
    (tmp_path / "a.png").touch()
    address = "https://example.org/a.png"
    status, said = check(tmp_path, element.format(address))
    assert status == 1
    assert f"{tmp_path / '0.html'}: {address} is fetched from elsewhere" in said


def test_style_sheets_are_looked_at(tmp_path):
    (tmp_path / "a.css").write_text(
        "/* url(https://example.org/x) */ a { src: url(b.woff2), url('c.png') }"
        " p { background: url(\"data:image/svg+xml,<svg xmlns='http://x.org/svg'/>\") }"
    )
    assert check(tmp_path, "") == (0, "")
    (tmp_path / "b.css").write_text("@import url(//example.org/b.css);")
    expected = f"{tmp_path / 'b.css'}: //example.org/b.css is fetched from elsewhere\n"
    assert check(tmp_path, "") == (1, expected)


def test_what_a_reader_follows_may_be_elsewhere(tmp_path):
    page = (
        '<link rel="canonical" href="https://example.org/0.html">'
        '<img src="data:image/png;base64,AA//BB=="><a href="https://example.org">x</a>'
    )
    assert check(tmp_path, page) == (0, "")


def test_an_empty_site_is_an_error(tmp_path):
    assert check(tmp_path)[0] == 1
