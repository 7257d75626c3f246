import os
import subprocess
import sys

import pytest

from gwparam.errors import ModelFileError
from gwparam.training.folder_lock import LOCK_FILE, locked

HOLD = """
import pathlib, sys
from gwparam.training.folder_lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that is in the folder."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


def test_a_second_one_is_refused_by_name(tmp_path, holder):
    expected = f"process {holder.pid} on .* does"
    with pytest.raises(ModelFileError, match=expected), locked(tmp_path):
        pass
    assert holder.poll() is None


def test_a_killed_one_keeps_nobody_out(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK_FILE).exists()

    with locked(tmp_path):
        pass


def test_nothing_is_left(tmp_path):
    with locked(tmp_path / "new" / "folder"):
        assert str(os.getpid()) in (tmp_path / "new/folder" / LOCK_FILE).read_text()
        expected = f"process {os.getpid()} on"
        with (
            pytest.raises(ModelFileError, match=expected),
            locked(tmp_path / "new" / "folder"),
        ):
            pass
    assert not list((tmp_path / "new" / "folder").iterdir())
    with locked(tmp_path / "new" / "folder"):
        pass


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "file").touch()

    expected = r"cannot make .*file: "
    with pytest.raises(ModelFileError, match=expected), locked(tmp_path / "file"):
        pass
