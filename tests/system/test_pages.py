"""Every code block of the pages works, as a reader would run it."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from pages import PageError, read_blocks, run_page

PROJECT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(PROJECT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "examples/*/README.md")
    for page in PROJECT.glob(pattern)
)
USUAL = {"README.md", "docs/start.md"}
"""Pages of which `make test` runs the blocks; the others take longer together."""


def has_code(page: str) -> bool:
    """Whether a test has something to run on a page."""
    return any(
        not {"not run", "in a clone"} & set(block.remarks)
        for block in read_blocks(PROJECT / page)
        if block.is_code
    )


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_fenced_and_name_their_language(page):
    """An indented block, or one in another place than seen, would not run."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    indented = [token.map[0] + 1 for token in tokens if token.type == "code_block"]
    assert not indented, f"{page}: indented blocks at lines {indented}"
    fences = [(t.map[0] + 1, t.info.split()[0]) for t in tokens if t.type == "fence"]
    assert [
        (block.line, block.language) for block in read_blocks(PROJECT / page)
    ] == fences
    assert all(language for _, language in fences)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[] if page in USUAL else [pytest.mark.slow])
        for page in PAGES
        if has_code(page)
    ],
)
def test_page_gives_what_it_says(page, tmp_path):
    assert run_page(PROJECT / page, tmp_path, PROJECT) > 0


def test_the_list_of_pages_is_whole():
    """Decisions have a list of their own, and `make docs` writes the reference."""
    text = (PROJECT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        path = page.removeprefix("docs/")
        if not path.startswith(("README", "CHANGELOG", "adr/", "index", "reference/")):
            assert f"{path})" in text, f"docs/README.md lacks {page}"


PAGE = """\
<!-- set-up: echo there > a.txt -->

Text.

```console
$ cat a.txt
{output}
```
"""


def test_output_is_compared(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE.format(output="th..."))
    assert run_page(page, tmp_path, PROJECT) == 1
    page.write_text(PAGE.format(output="elsewhere"))
    with pytest.raises(PageError, match=r"(?s)page.md:5: .*prints\nthere\n"):
        run_page(page, tmp_path, PROJECT)


@pytest.mark.parametrize(
    "block",
    [
        "```sh\nfalse\n```",
        "```python\n1 / 0\n```",
        "```fortran\ncall absent()\n```",
        "```nml\n&a\n/\n```",
        "```sh\nfalse\ntrue\n```",
    ],
)
def test_what_fails_is_named(block, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(block)
    with pytest.raises(PageError, match=r"page.md:1: "):
        run_page(page, tmp_path, PROJECT)


def test_what_is_marked_does_not_run(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- not run: needs a GPU -->\n```sh\nfalse\n```\n"
        "<!-- in a clone -->\n```sh\nfalse\n```\n"
        "<!-- file: a/b.py -->\n```python\n1 / 0\n```\n"
    )
    assert run_page(page, tmp_path, PROJECT) == 1
    assert (tmp_path / "a" / "b.py").read_text() == "1 / 0\n"
    with pytest.raises(PageError, match=r"page.md:6: "):
        run_page(page, tmp_path, PROJECT, clone=tmp_path)
