import argparse
from pathlib import Path

import pytest

from gwparam.commands.page import add_page, read_page
from gwparam.errors import ArgumentError


def page(*words, read=(), ending=".html"):
    parser = argparse.ArgumentParser()
    add_page(parser)
    return read_page(parser.parse_args(words).html, Path("net.pt"), read, ending)


def test_there_is_no_page_unless_it_is_asked_for():
    assert page() is None


@pytest.mark.parametrize("ending", [".html", ".audit.html"])
def test_a_page_without_a_name_lies_beside_the_artefact(ending):
    assert page("--html", ending=ending) == Path(f"net{ending}")


def test_a_page_goes_where_it_is_told(tmp_path):
    assert page("--html", str(tmp_path / "a.htm")) == tmp_path / "a.htm"


def test_another_ending_is_refused_for_an_artefact_may_be_meant(tmp_path):
    with pytest.raises(ArgumentError, match=r"expected a name that ends in \.html"):
        page("--html", str(tmp_path / "other.pt"))


def test_what_is_read_is_not_replaced(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("what is not to be lost")

    with pytest.raises(ArgumentError, match="is both read and written"):
        page("--html", str(path), read=[path])
