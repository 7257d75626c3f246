"""Turns the name of a page in code font, as `docs/export.md`, into a link to it.

In a terminal or on a forge the name is all that a reader needs; on the site one clicks.
"""

from pathlib import PurePosixPath

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", link_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def link_pages(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Wrap what names a page: from the root, from `docs` or from the page's folder."""
    for literal in list(doctree.findall(nodes.literal)):
        target = page_of(app, literal.astext(), page)
        is_link = isinstance(literal.parent, nodes.reference)
        if target and target != page and not is_link:
            link = make_refnode(app.builder, page, target, None, literal.deepcopy())
            literal.replace_self(link)


def page_of(app: Sphinx, text: str, page: str) -> str | None:
    """Page that a text names, if it names one."""
    if not text.endswith(".md"):
        return None
    name = text.removesuffix(".md")
    for folder in ("", "docs", str(PurePosixPath(page).parent)):
        found = str(PurePosixPath(folder) / name)
        if found in app.env.found_docs:
            return found
    return None
