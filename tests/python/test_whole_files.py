"""A file that appears whole or not at all."""

import os
import re

import pytest
from special_files import SPECIAL

from gwparam.errors import ArgumentError, ContractError, ModelFileError
from gwparam.whole_files import check_outputs, replacement, write_text, writing


def test_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "file"
    path.write_text("older")

    with replacement(path) as partial:
        partial.write_text("newer")
        assert path.read_text() == "older"

    assert path.read_text() == "newer"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, OSError])
@pytest.mark.parametrize("hidden", [True, False])
def test_failure_leaves_the_older_file_and_no_other(tmp_path, error, hidden):
    path = tmp_path / "file"
    path.write_text("older")

    def fail():
        with replacement(path, None if hidden else tmp_path / "x") as partial:
            partial.write_text("half")
            raise error

    with pytest.raises(error):
        fail()

    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("no reason"), "no reason"),
        (RuntimeError("NetCDF: HDF error\nframe #0"), "NetCDF: HDF error"),
    ],
)
def test_reason_names_the_file(error, reason):
    with pytest.raises(ModelFileError) as caught, writing("some/file"):
        raise error

    assert str(caught.value) == f"cannot write some/file: {reason}"


@pytest.mark.parametrize("error", [ContractError("it"), ModelFileError("it")])
def test_errors_that_are_explained_stay(error):
    with pytest.raises(type(error)) as caught, writing("file"):
        raise error

    assert caught.value is error


def test_text_ends_its_line(tmp_path):
    write_text(tmp_path / "file", "über")

    assert (tmp_path / "file").read_bytes() == "über\n".encode()


def test_text_says_why_it_cannot_be_written(tmp_path):
    with pytest.raises(ModelFileError, match=r"cannot write .*gone/file: No such file"):
        write_text(tmp_path / "gone" / "file", "text")


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("linked", [True, False])
def test_nothing_but_a_file_is_replaced(tmp_path, kind, linked):
    path = tmp_path / "named"
    SPECIAL[kind](path)
    before = os.lstat(path).st_mode
    if linked:
        (tmp_path / "link").symlink_to(path)
        path = tmp_path / "link"

    expected = re.escape(f"cannot write {path}: it is a {kind}, expected a file")
    with pytest.raises(ModelFileError, match=expected):
        check_outputs([path])
    with pytest.raises(ModelFileError, match=expected):
        write_text(path, "text")

    assert os.lstat(tmp_path / "named").st_mode == before


def test_what_came_under_the_name_since_is_not_replaced(tmp_path):
    path = tmp_path / "named"

    def write():
        with replacement(path) as partial:
            partial.write_text("text")
            os.mkfifo(path)

    with pytest.raises(ModelFileError, match="it is a pipe"):
        write()

    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dangling", [True, False])
def test_a_link_stays_and_its_target_is_written(tmp_path, dangling):
    folder = tmp_path / "other"
    folder.mkdir()
    target = folder / "file"
    if not dangling:
        target.write_text("older")
    link = tmp_path / "link"
    link.symlink_to("other/file")

    write_text(link, "newer")

    assert link.is_symlink()
    assert target.read_text() == "newer\n"
    assert list(folder.iterdir()) == [target]


def test_links_in_a_circle_are_refused(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.symlink_to(two)
    two.symlink_to(one)

    with pytest.raises(ModelFileError, match=r"cannot write .*one: Too many levels"):
        check_outputs([one])


def _itself(path):
    return path


def _relative(path):
    return os.path.relpath(path)


def _linked(path):
    path.with_name("link").symlink_to(path)
    return path.with_name("link")


def _hard_linked(path):
    path.with_name("hard").hardlink_to(path)
    return path.with_name("hard")


@pytest.mark.parametrize("name", [_itself, _relative, _linked, _hard_linked])
def test_what_is_read_is_not_written(tmp_path, name):
    path = tmp_path / "input"
    path.write_text("x")

    with pytest.raises(ArgumentError, match="is both read and written"):
        check_outputs([tmp_path / "new", name(path)], [None, '{"a": 1}', path])


def test_nothing_is_written_into_a_folder_that_is_read(tmp_path):
    (tmp_path / "store" / "u").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "store" / "u")

    for path in (tmp_path / "store" / "new", tmp_path / "link" / "new"):
        with pytest.raises(ArgumentError, match=r"new lies in .*store, which is read"):
            check_outputs([path], [tmp_path / "store"])
    check_outputs([tmp_path / "new"], [tmp_path / "store"])


def test_outputs_differ(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "out")

    with pytest.raises(ArgumentError, match="link is written twice"):
        check_outputs([tmp_path / "out", tmp_path / "link"])


def test_folder_of_an_output(tmp_path):
    with pytest.raises(ModelFileError, match=r"new: no folder .*gone"):
        check_outputs([tmp_path / "gone" / "new"])
    check_outputs([tmp_path / "gone" / "new"], folder=tmp_path / "gone")
    (tmp_path / "gone").touch()
    with pytest.raises(ModelFileError, match=r"cannot make .*gone: it is there and no"):
        check_outputs([tmp_path / "gone" / "new"], folder=tmp_path / "gone")


@pytest.mark.parametrize("name", ["out.nc", "new/run.json"])
def test_a_folder_without_permission_is_refused_before_the_work(
    tmp_path, monkeypatch, name
):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    folder = tmp_path / "new" if "/" in name else None

    with pytest.raises(ModelFileError, match=f"no permission to write in {tmp_path}"):
        check_outputs([tmp_path / name], (), folder)
