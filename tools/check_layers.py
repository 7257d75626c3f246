"""No file depends on one above it, and no files depend on each other in a circle.

Reads `#include "..."` in C and C++, `use` in Fortran and `import` in Python. The layers
of Python packages themselves are import-linter's (pyproject.toml); here, its files.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
NATIVE = PROJECT / "fortran_bridge"

LAYERS = (
    "base",
    "threads",
    "artefact",
    "columns",
    "ranks",
    "engine",
    "native",
    "torch",
    "scheme",
    "api",
)
"""Folders of fortran_bridge/src, the lowest first."""
APART = {
    "engine": ("columns", "ranks"),
    "torch": ("columns", "ranks", "engine"),
    "artefact": ("threads",),
}
"""Folders that must not see these, though they are above them."""

Graph = dict[str, set[str]]


def sources(*patterns: str) -> list[Path]:
    """Tracked files, and new ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [PROJECT / name for name in listed if (PROJECT / name).is_file()]


def includes() -> Graph:
    """Which files of the library a file includes; a header stands for its source."""
    graph: Graph = {}
    for path in sources("fortran_bridge/*.[ch]pp", "fortran_bridge/*.h"):
        found = graph.setdefault(name(path), set())
        for text in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            for folder in (NATIVE / "src", NATIVE / "include", path.parent):
                if (folder / text).is_file():
                    found.add(name(folder / text))
                    break
            else:
                sys.exit(f"{name(path)} includes {text}, which is not there")
    return graph


def uses() -> Graph:
    """Which files of Fortran a file uses; a submodule is part of its parent."""
    paths = sources("fortran_bridge/fortran/*.f90")
    home: dict[str, str] = {}
    for path in paths:
        for module in re.findall(
            r"^\s*module (\w+)\s*$", path.read_text(), re.M | re.I
        ):
            home[module.lower()] = name(path)
    graph: Graph = {}
    for path in paths:
        used = re.findall(
            r"^\s*use(?:\s*,\s*\w+\s*::)?\s+(\w+)", path.read_text(), re.M | re.I
        )
        parents = re.findall(r"^\s*submodule \((\w+)", path.read_text(), re.M | re.I)
        wanted = {word.lower() for word in [*used, *parents]}
        graph[name(path)] = {home[word] for word in wanted if word in home}
    return graph


def imports() -> Graph:
    """Which files of the package a file imports when it is imported itself."""
    modules = {module(path): path for path in sources("gwparam/*.py")}
    graph: Graph = {}
    for path in modules.values():
        found = graph.setdefault(name(path), set())
        for wanted in imported(ast.parse(path.read_text())):
            # A module, or a name in one; the build generates some that are not here.
            its_module = wanted if wanted in modules else wanted.rpartition(".")[0]
            if its_module in modules and modules[its_module] != path:
                found.add(name(modules[its_module]))
    return graph


def imported(tree: ast.Module) -> Iterator[str]:
    """Names that a module imports, functions and type checking included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module(path: Path) -> str:
    """Dotted name of a Python file."""
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def name(path: Path) -> str:
    """Path in the project."""
    return path.resolve().relative_to(PROJECT).as_posix()


def upward(graph: Mapping[str, set[str]]) -> Iterator[str]:
    """Includes from a folder of fortran_bridge/src to one above it."""
    height = {folder: i for i, folder in enumerate(LAYERS)}
    for file, found in graph.items():
        own = Path(file).parent.name
        for other in found:
            its = Path(other).parent.name
            if own not in height or its not in height:
                continue
            if height[its] > height[own] or its in APART.get(own, ()):
                yield f"{file} includes {other}, which is no layer below it"


def main() -> int:
    """Print what is wrong; the exit status."""
    graphs = {"C++": includes(), "Fortran": uses(), "Python": imports()}
    wrong = list(upward(graphs["C++"]))
    for language, graph in graphs.items():
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            wrong.append(f"circle in {language}: {' -> '.join(error.args[1])}")
    print(*wrong, sep="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
