"""Groups of processes that talk through Gloo, without a GPU, on one thread each."""

import os
import sys
from contextlib import suppress
from typing import Any

import torch.distributed as dist

ONE_THREAD = "gloo_one_thread"
"""A backend of `torch.distributed`, by its name."""


def _make(group: Any, options: object) -> Any:
    """Make what torch's own backend ``gloo`` makes, but for its second thread.

    Both threads of that note the name of what they did last, and neither locks it
    (``lastCompletedWorkName`` in ``runLoop`` of torch 2.13's ``ProcessGroupGloo.cpp``).
    A name beyond 15 letters is on the heap, as of the gathering of sharded weights, and
    two threads that replace it at once free it twice. One thread takes the same
    requests in the same order.
    """
    gloo: Any = dist.ProcessGroupGloo
    made = gloo._Options()
    made._timeout = group.timeout
    made.group_name = group.group_id
    made.global_ranks_in_group = group.global_ranks_in_group
    names = os.environ.get("GLOO_SOCKET_IFNAME")
    made._devices = (
        [gloo.create_device(interface=name) for name in names.split(",")]
        if names
        else [gloo.create_default_device()]
    )
    made._threads = 1
    return gloo(group.store, group.group_rank, group.group_size, made)


def leave_group(status: int) -> None:
    """End a process of a group at once; a process alone goes on.

    What a process takes apart at its end, threads of its group may still use: now and
    then one that had done all its work ended by SIGABRT.

    Parameters
    ----------
    status : int
        Exit status.
    """
    if dist.is_available() and dist.is_initialized():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)


dist.Backend.register_backend(ONE_THREAD, _make, extended_api=True, devices=["cpu"])
