"""Every source file with logic has its test at the mirrored path.

gwparam/export/probe.py                  tests/python/export/test_probe.py
gwparam/contract/__init__.py             tests/python/contract/test_contract.py
fortran_bridge/src/columns/regrid.cpp    tests/cpp/columns/test_regrid.cpp
fortran_bridge/fortran/a/gwparam_b.f90   tests/fortran/test_b.f90
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

ELSEWHERE = {
    "fortran_bridge/src/api/backends.cpp": "a list",
    "fortran_bridge/src/artefact/contract": "tests/python/contract/test_readers.py",
    "fortran_bridge/src/artefact/json_value.cpp": "the same: cases for both readers",
    "gwparam/contract/checks.py": "the same",
    "gwparam/contract/reserved.py": "the same",
    "fortran_bridge/mpi/": "tests/mpi: they need several ranks",
    "fortran_bridge/src/torch/": "tests/cpp/torch/test_torch.cpp, one program",
    "gwparam/evaluate/report/": "test_page, test_figures: the page as a whole",
}
"""Where the tests of files are whose path begins so, and why."""


def main() -> int:
    """Print what has no test; the exit status."""
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    files = {name for name in tracked if (PROJECT / name).is_file()}
    missing = [
        f"{name} has no test, expected one of {', '.join(wanted)}"
        for name in sorted(files)
        if not name.startswith(tuple(ELSEWHERE))
        and (wanted := list(tests_of(Path(name))))
        and files.isdisjoint(wanted)
    ]
    print(*missing, sep="\n" if missing else "")
    return 1 if missing else 0


def tests_of(path: Path) -> Iterator[str]:
    """Where the test of a source file may be; nothing if it has no logic."""
    parts = path.parts
    if parts[0] == "gwparam" and path.suffix == ".py" and has_logic(path):
        stem = path.parent.name if path.stem == "__init__" else path.stem
        yield Path("tests/python", *parts[1:-1], f"test_{stem}.py").as_posix()
    if parts[:2] == ("fortran_bridge", "src") and path.suffix == ".cpp":
        for suffix in (".cpp", ".c"):
            name = f"test_{path.stem}{suffix}"
            yield Path("tests/cpp", *parts[2:-1], name).as_posix()


def has_logic(path: Path) -> bool:
    """Whether a Python file has a function or method that decides or repeats."""
    deciding = (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.comprehension)
    return any(
        isinstance(node, deciding)
        for node in ast.walk(ast.parse((PROJECT / path).read_text()))
        if not is_type_checking(node)
    )


def is_type_checking(node: ast.AST) -> bool:
    """Whether it is ``if TYPE_CHECKING``, which never runs."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


if __name__ == "__main__":
    sys.exit(main())
