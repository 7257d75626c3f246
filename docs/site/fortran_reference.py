"""The directive `fortran-module`: what a Fortran module gives, from its comments.

FORD reads the sources. Its own pages fetch scripts from elsewhere when they are read,
so what it found is written here, as tables of the site.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from ford.fortran_project import Project
from ford.settings import ProjectSettings
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = PROJECT / "fortran_bridge" / "fortran"


class FortranModule(SphinxDirective):
    """Sections of a module's types and procedures; arguments choose some by name."""

    required_arguments = 1
    optional_arguments = 99
    final_argument_whitespace = False

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        name, *only = self.arguments
        module = modules().get(name)
        if module is None:
            raise self.error(f"there is no Fortran module {name}")
        text = "\n".join(describe(module, only))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


@cache
def modules() -> dict[str, Any]:
    """All modules by name; a public name may stand for a private procedure."""
    project = Project(
        ProjectSettings(
            directory=PROJECT,
            src_dir=[SOURCES],
            preprocess=False,
            display=["public", "protected", "private"],
            quiet=True,
        )
    )
    project.correlate()
    return {module.name: module for module in project.modules}


def describe(module: Any, only: list[str]) -> Iterator[str]:
    """Write a module in Markdown."""

    def chosen(entities: list[Any]) -> list[Any]:
        return [e for e in entities if is_public(e) and (not only or e.name in only)]

    yield from (f"## `{module.name}`", "")
    yield from (*document(module), "")
    constants = chosen(module.variables)
    if constants:
        yield from table("constant", [(c.name, declaration(c), c) for c in constants])
    for derived in chosen(module.types):
        yield from describe_type(derived)
    for generic in chosen(module.interfaces):
        yield from describe_procedure(generic.name, specific(generic), generic)
    for procedure in chosen([*module.functions, *module.subroutines]):
        yield from describe_procedure(procedure.name, procedure, procedure)


def describe_type(derived: Any) -> Iterator[str]:
    """Write a derived type: components, then procedures."""
    yield from (f"### `type({derived.name})`", "", *document(derived), "")
    components = [c for c in derived.variables if is_public(c)]
    if components:
        yield from table("component", [(c.name, declaration(c), c) for c in components])
    for bound in derived.boundprocs:
        if is_public(bound) and "(" not in bound.name:
            procedure = specific(bound)
            yield from describe_procedure(f"%{bound.name}", procedure, bound)


def describe_procedure(name: str, procedure: Any, named: Any) -> Iterator[str]:
    """Write one procedure; a generic one by the first that it stands for."""
    is_bound = name.startswith("%")
    arguments = [a for a in procedure.args if not (is_bound and a.name == "self")]
    kind = "function" if hasattr(procedure, "retvar") else "subroutine"
    listed = ", ".join(a.name for a in arguments)
    yield from (f"{'####' if is_bound else '###'} `{name}({listed})`", "")
    said = document(named)
    more = [line for line in document(procedure) if line not in said]
    yield from (f"*{kind}*. {' '.join(said)}", "", *more, "")
    if arguments:
        yield from table("argument", [(a.name, declaration(a), a) for a in arguments])


def specific(entity: Any) -> Any:
    """First procedure that a binding or a generic name stands for."""
    found = getattr(entity, "bindings", None) or getattr(entity, "modprocs", None)
    first = found[0] if found else entity
    first = getattr(first, "procedure", first)
    return specific(first) if getattr(first, "bindings", None) else first


def declaration(variable: Any) -> str:
    """Write type, shape and attributes of a variable, as the source does."""
    kind = variable.full_type if "<" not in variable.full_type else plain(variable)
    words = [kind + variable.dimension]
    if getattr(variable, "intent", ""):
        words.append(f"intent({variable.intent})")
    if getattr(variable, "optional", False):
        words.append("optional")
    if getattr(variable, "parameter", False):
        return f"{words[0]} = {variable.initial}"
    return ", ".join(words)


def plain(variable: Any) -> str:
    """Type of a variable without FORD's links."""
    return f"{variable.vartype}({variable.proto[0].name})"


def document(entity: Any) -> list[str]:
    """Comment of an entity, line by line."""
    return [line.removeprefix(" ") for line in entity.doc_list]


def table(head: str, rows: list[tuple[str, str, Any]]) -> Iterator[str]:
    """Write names, declarations and comments side by side."""
    yield from ("{.names}", f"| {head} | declaration | |", "| --- | --- | --- |")
    for name, declared, entity in rows:
        said = " ".join(document(entity)).replace("|", r"\|")
        yield f"| `{name}` | `{declared}` | {said} |"
    yield ""


def is_public(entity: Any) -> bool:
    """Whether a host may use it."""
    return bool(entity.permission == "public")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("fortran-module", FortranModule)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
