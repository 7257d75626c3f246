import jinja2
import pytest
from html_page import Page

from gwparam.pages.template import render


def test_base_is_a_whole_page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(render("pages/base.html.jinja", title="<a> & b"))

    page = Page(path)

    page.assert_whole()
    assert "<a> & b" in page.text


def test_what_is_not_given_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render("pages/base.html.jinja")
