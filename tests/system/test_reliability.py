"""docs/reliability.md names tests that exist."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DEFINITIONS = {
    ".py": r"^def {}\(",
    ".c": r"^static void {}\(",
    ".cpp": r"^void {}\(",
    ".f90": r"^ *subroutine {}\b",
}
"""How a test begins, by the language of its file."""


def rows() -> list[tuple[str, list[str]]]:
    """Each row: its fault, and the tests that show what is expected."""
    found, is_of_faults = [], False
    for line in (PROJECT / "docs" / "reliability.md").read_text().splitlines():
        is_of_faults = line.startswith("|") and (
            is_of_faults or line.startswith("| fault |")
        )
        if is_of_faults and not line.startswith(("| fault |", "| --- |")):
            fault, _, shown = line.strip("| ").split(" | ")
            found.append((fault, re.findall(r"`([^`]+)`", shown)))
    return found


@pytest.mark.parametrize(("fault", "tests"), rows())
def test_every_fault_has_its_tests(fault: str, tests: list[str]) -> None:
    assert tests, fault
    for test in tests:
        path, name = test.split("::")
        source = (PROJECT / path).read_text()
        begins = DEFINITIONS[Path(path).suffix].format(re.escape(name))
        assert re.search(begins, source, re.MULTILINE), test


def test_the_page_has_rows_of_every_table() -> None:
    text = (PROJECT / "docs" / "reliability.md").read_text()
    assert len(rows()) >= 3 * text.count("| fault |") > 0
