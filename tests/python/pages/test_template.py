import re
from pathlib import Path

import jinja2
import pytest
from html_page import Page

import gwparam
from gwparam.pages.template import render

TEMPLATES = sorted(Path(gwparam.__file__).parent.rglob("*.jinja"))


def test_base_is_a_whole_page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(render("pages/base.html.jinja", title="<a> & b"))

    page = Page(path)

    page.assert_whole()
    assert "<a> & b" in page.text


def test_what_is_not_given_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render("pages/base.html.jinja")


def test_every_class_has_a_rule():
    """What has none looks like any other text, though it may be a warning."""
    style = next(path for path in TEMPLATES if path.name == "base.html.jinja")
    known = set(re.findall(r"\.([a-z][\w-]*)", style.read_text()))
    used = set()
    for path in TEMPLATES:
        for text in re.findall(r'class="([^"]*)', path.read_text()):
            used.update(re.sub(r"\{\{.*", "", text).split())
            used.update(word.strip() for word in re.findall("'([^']*)'", text))

    assert {"bad", "alone", "long"} <= used
    assert used <= known
