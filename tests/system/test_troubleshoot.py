"""The messages that docs/troubleshoot.md quotes are those of the sources."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "troubleshoot.md"
# Between two literals of a message: quotes, operators, continuation, Python's prefix.
_BETWEEN = re.compile(r'"\s*(?://\s*&\s*)?(?:&\s*//\s*|&\s*)?f?"')


def messages() -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.M)


@pytest.fixture(scope="module")
def sources() -> dict[Path, str]:
    """All sources, with literals that follow each other joined."""
    files = [
        path
        for folder in ("gwparam", "fortran_bridge")
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in (".py", ".cpp", ".hpp", ".f90")
    ]
    return {path: _BETWEEN.sub("", path.read_text(encoding="utf-8")) for path in files}


def found(message: str, sources: dict[Path, str]) -> bool:
    """Whether all parts of a message are in one file, in their order."""
    parts = [part.strip() for part in message.split("...") if part.strip(" :,;.()")]
    pattern = re.compile(".{0,400}?".join(map(re.escape, parts)), re.DOTALL)
    return any(pattern.search(text) for text in sources.values())


def test_there_are_messages():
    assert len(messages()) > 30


@pytest.mark.parametrize("message", messages())
def test_the_sources_have_the_message(message, sources):
    assert found(message, sources)


def test_another_message_is_not_found(sources):
    assert not found("the pressure of level ... is too nice", sources)
