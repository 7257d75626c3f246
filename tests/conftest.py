"""Fixtures that several folders of tests share."""

from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the reference data, which lies beside the project."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"reference data absent: {folder}")
    return folder
