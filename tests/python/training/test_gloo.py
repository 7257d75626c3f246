import os
import subprocess
import sys
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist

from gwparam.training.gloo import ONE_THREAD

LIMIT = timedelta(seconds=20)


@pytest.fixture
def alone(monkeypatch):
    """A process alone, on the interface that a machine has of itself."""
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group(
        ONE_THREAD, store=dist.HashStore(), rank=0, world_size=1, timeout=LIMIT
    )
    yield
    dist.destroy_process_group()


ENDS = """
import atexit, os, sys
import torch.distributed as dist
from gwparam.training.gloo import ONE_THREAD, leave_group

atexit.register(print, "taken apart")
if sys.argv[1] == "group":
    store = dist.HashStore()
    dist.init_process_group(ONE_THREAD, store=store, rank=0, world_size=1)
print("done")
leave_group(3)
"""


@pytest.mark.parametrize(
    ("kind", "status", "printed"),
    [("group", 3, "done\n"), ("alone", 0, "done\ntaken apart\n")],
)
def test_a_process_of_a_group_ends_at_once(kind, status, printed):
    done = subprocess.run(
        [sys.executable, "-P", "-c", ENDS, kind],
        env=os.environ | {"GLOO_SOCKET_IFNAME": "lo"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (status, printed)


def options(group):
    return group._get_backend(torch.device("cpu")).options


def test_a_group_has_one_thread_and_else_what_torch_gives_its_own(alone):
    ours = options(dist.new_group([0], backend=ONE_THREAD, timeout=LIMIT))
    theirs = options(dist.new_group([0], backend="gloo", timeout=LIMIT))

    assert (ours._threads, theirs._threads) == (1, 2)
    assert options(dist.group.WORLD)._threads == 1
    assert ours._timeout == theirs._timeout == LIMIT
    assert ours.global_ranks_in_group == theirs.global_ranks_in_group == [0]
    assert ours.group_name != theirs.group_name


@pytest.mark.parametrize("count", [1, 2])
def test_it_talks_through_the_interfaces_that_the_environment_names(
    alone, monkeypatch, count
):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", ",".join(["lo"] * count))

    made = options(dist.new_group(backend=ONE_THREAD))

    assert (len(made._devices), made._threads) == (count, 1)


def test_without_a_name_it_finds_an_interface(alone, monkeypatch):
    monkeypatch.delenv("GLOO_SOCKET_IFNAME")

    group = dist.new_group(backend=ONE_THREAD)

    found = [None]
    dist.all_gather_object(found, {"loss": 0.5}, group)
    assert found == [{"loss": 0.5}]
    assert len(options(group)._devices) == 1


def test_an_interface_that_is_absent_is_an_error(alone, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "absent0")

    with pytest.raises(RuntimeError, match="absent0"):
        dist.new_group(backend=ONE_THREAD)
