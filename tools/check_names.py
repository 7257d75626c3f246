"""No two C++ types have one name in one namespace.

The linker keeps one destructor of the two, and what that destroys is of the other type.
Compilers look at one file and say nothing.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
_NAMESPACE = re.compile(r"^namespace ?([\w:]*) ?\{|^\} // namespace")
_DEFINED = re.compile(
    r"^(?:struct|class|enum|enum class) (?:\w+ )?((?:\w+::)*\w+)[^;()]*\{"
)


def main() -> int:
    """Print the names that are there twice; the exit status."""
    folder = PROJECT / "fortran_bridge"
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".hpp", ".cpp"))
    found = twice({str(p.relative_to(PROJECT)): p.read_text() for p in files})
    for line in found:
        print(line)
    return 1 if found else 0


def twice(files: dict[str, str]) -> list[str]:
    """Lines on the types that several of these files define, by their paths."""
    places = defaultdict(list)
    for path, text in files.items():
        for name in defined(text):
            places[name].append(path)
    return [
        f"{name} is defined in {' and in '.join(paths)}"
        for name, paths in places.items()
        if len(paths) > 1
    ]


def defined(text: str) -> set[str]:
    """Names of types of a file that other files share, with their namespaces."""
    inside: list[str] = []
    names = set()
    for line in text.splitlines():
        if edge := _NAMESPACE.match(line):
            if edge[1] is None:
                inside.pop()
            else:
                inside.append(edge[1])
        elif (type_ := _DEFINED.match(line)) and "" not in inside:
            names.add("::".join([*inside, type_[1]]))
    return names


if __name__ == "__main__":
    sys.exit(main())
