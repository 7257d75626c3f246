"""Files that do not fit on the disk: whole or not there, and what the run then does."""

import re
import shutil
import subprocess

import pytest

# A small disk of this process's own, gone with it. On other ranks: a folder.
ON_A_SMALL_DISK = """
if [ "$OMPI_COMM_WORLD_RANK" = {rank} ]; then
    mount -t tmpfs -o size={kib}k tmpfs {folder} || exit 99
    "$0"
    status=$?
    ls -A {folder} > left.txt
    umount {folder}
    exit $status
fi
exec "$0"
"""


@pytest.fixture(scope="module")
def small_disk():
    """Give the command that runs a rank with a small disk in place of a folder."""
    space = ("unshare", "--map-root-user", "--mount")
    mount = (*space, "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    if shutil.which("unshare") is None or subprocess.run(mount).returncode != 0:
        pytest.skip("no disk can be mounted")

    def command(folder, kib, rank):
        text = ON_A_SMALL_DISK.format(folder=folder, kib=kib, rank=rank)
        return (*space, "sh", "-c", text)

    return command


@pytest.mark.parametrize("kib", [4, 64])
@pytest.mark.parametrize("rank", [0, 1])
def test_a_record_that_does_not_fit_ends_no_run(
    run, states, artefact, tmp_path, small_disk, rank, kib
):
    (tmp_path / "small").mkdir()
    finished = run(
        2,
        states=states,
        gwparam={
            "mode": "ml",
            "artefact": artefact,
            "restart": "off",
            "record": 1,
            "record_file": "small/record",
        },
        command=small_disk("small", kib, rank),
    )
    # HDF5 may end the process after that, at its exit (docs/reliability.md).
    assert "drag is in tendencies.nc" in finished.text
    reason = (
        rf"cg_drag_calc: cannot write small/record\.day000000\.\d+\.000{rank}\.nc: "
    )
    assert len(re.findall(reason, finished.text)) == 3
    assert "record: 3 files, and 3 left out" in finished.text
    assert not (tmp_path / "left.txt").read_text()
    assert [p.name[-7:-3] for p in (tmp_path / "small").iterdir()] == [
        f"000{1 - rank}"
    ] * 3


@pytest.mark.parametrize("rank", [0, 1])
def test_a_restart_that_does_not_fit_ends_the_run(
    run, states, tmp_path, small_disk, rank
):
    finished = run(2, states=states, steps=6, command=small_disk("RESTART", 4, rank))
    assert finished.code != 0
    assert f"cannot write RESTART/cg_drag.res.nc.000{rank}: " in finished.text
    left = tmp_path / "left.txt"  # absent where all ranks are ended at once
    assert not (left.exists() and left.read_text())
    assert not list(tmp_path.rglob("*.part"))
