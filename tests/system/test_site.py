"""What tools/check_site.py finds on a built site; the site itself is `make docs`."""

import subprocess
import sys
from pathlib import Path

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


def test_an_empty_site_is_an_error(tmp_path):
    assert check(tmp_path)[0] == 1
