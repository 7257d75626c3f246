"""Finds what meson built for the tests."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1] / "build" / "tests"


def built(name: str, *, part: str | None = None) -> Path:
    """Path of a program below build/tests.

    Skips where its part (``MPI``) was left out of the build. Fails where nothing of the
    tests was built: hundreds of tests would be skipped, and nobody would see it.
    """
    path = TESTS / name
    if not TESTS.is_dir():
        pytest.fail(f"{TESTS} absent: set the build up with -Dtests=true")
    if part is not None and not path.is_file():
        pytest.skip(f"{path} absent: built without {part}")
    return path
