"""The documentation site: the project's Markdown pages, and a reference from sources.

`make docs` builds it. The root of the project is the source folder, so that links mean
the same here and on a forge.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "site"))  # the extensions of this site

project = "gwparam"
copyright = "The gwparam developers, Apache-2.0"
html_title = "gwparam"
html_theme = "furo"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_extra_path = ["site/root"]  # index.html, which leads to docs/index.html
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False

smartquotes = False  # `--option` stays as it is
root_doc = "docs/index"
include_patterns = ["docs/**.md", "examples/*/README.md", "*.md"]
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "breathe",
    "command_reference",
    "fortran_reference",
    "page_links",
]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # docstrings state types, shapes and units
autodoc_member_order = "bysource"
breathe_projects = {"gwparam": str(HERE.parent / "build-docs" / "xml")}
breathe_default_project = "gwparam"
breathe_domain_by_extension = {"h": "c"}
# `typedef struct x {} x` has one name in C, twice.
suppress_warnings = ["duplicate_declaration.c"]
