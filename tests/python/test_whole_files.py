"""A file that appears whole or not at all."""

import pytest

from gwparam.errors import ContractError, ModelFileError
from gwparam.whole_files import replacement, write_text, writing


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
