"""What may be opened."""

import os

import pytest
from special_files import SPECIAL

from gwparam.errors import ModelFileError
from gwparam.file_kinds import check_readable, kind_of


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("linked", [True, False])
def test_only_files_are_read(tmp_path, kind, linked):
    path = tmp_path / "named"
    SPECIAL[kind](path)
    if linked:
        (tmp_path / "link").symlink_to(path)
        path = tmp_path / "link"

    with pytest.raises(
        ModelFileError, match=rf"^cannot read {path}: it is a {kind}, expected a file"
    ):
        check_readable(path)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty").touch()

    with pytest.raises(ModelFileError, match="empty: it is empty"):
        check_readable(tmp_path / "empty")


def test_files_and_what_is_absent_are_left_to_the_opener(tmp_path):
    (tmp_path / "file").write_text("x")

    check_readable(tmp_path / "file")
    check_readable(tmp_path / "none")
    check_readable("null\0byte")


def test_kind_of_a_file(tmp_path):
    (tmp_path / "file").touch()

    assert kind_of(os.stat(tmp_path / "file")) == "file"
