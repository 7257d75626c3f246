"""As a program, one of two processes that say how many threads talk for them."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist

from gwparam.errors import ArgumentError, DeviceError
from gwparam.training.distributed import gather, maximum, start
from gwparam.training.gloo import leave_group
from gwparam.training.settings import Settings

TIMEOUT = 120  # seconds: processes that wait for each other are a failure


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """One process, whose number of threads is restored."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def settings(**changes):
    known = {"arch": "ann_cnn", "output": "run", "data": ("a.nc",), "device": "cpu"}
    return Settings(**known | changes)


def test_alone_there_is_one_process_on_the_device_and_the_threads_asked_for():
    fabric = start(settings(threads=3))

    assert (fabric.world_size, fabric.global_rank) == (1, 0)
    assert fabric.device.type == "cpu"
    assert torch.get_num_threads() == 3


def test_fewer_bits_leave_the_samples_alone():
    fabric = start(settings(precision="bfloat16"))
    samples = torch.tensor([101325.0])

    same = fabric.strategy.precision.convert_input(samples)
    with fabric.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)

    assert same is samples
    assert product.dtype == torch.bfloat16


@pytest.mark.parametrize("name", ["gpu", "cuda:one"])
def test_a_device_that_is_none_is_refused(name):
    with pytest.raises(ArgumentError) as caught:
        start(settings(device=name))

    assert str(caught.value) == f"device is {name}, expected auto, cpu, cuda or cuda:N"


@pytest.mark.parametrize("name", ["cuda:2", "cuda:7"])
def test_an_absent_device_is_named(monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    with pytest.raises(DeviceError) as caught:
        start(settings(device=name))

    assert str(caught.value) == f"device {name} is absent, torch finds 2 CUDA devices"


def test_float16_needs_a_gpu():
    with pytest.raises(ArgumentError) as caught:
        start(settings(precision="float16"))

    assert str(caught.value) == "precision is float16, expected a GPU for it"


def test_one_process_talks_to_nobody():
    fabric = SimpleNamespace(world_size=1)

    assert gather(fabric, "found") == ["found"]
    assert maximum(fabric, -3) == -3


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_every_group_of_processes_has_one_thread(tmp_path, strategy):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    ran = subprocess.run(
        [*torchrun, "--nproc-per-node=2", __file__, strategy, tmp_path],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=TIMEOUT,
    )

    assert ran.returncode == 0, ran.stderr
    for rank in range(2):
        told, *threads = map(int, (tmp_path / str(rank)).read_text().split())
        assert told == 1
        # One group to train, others of parts of it, one to tell times and scores.
        assert len(threads) >= 2
        assert set(threads) == {1}


def _count_threads(strategy, folder):
    fabric = start(settings(strategy=strategy))
    told = maximum(fabric, fabric.global_rank)
    threads = [
        group._get_backend(torch.device("cpu")).options._threads
        for group in dist.distributed_c10d._world.pg_map
    ]
    text = " ".join(map(str, [told, *threads]))
    (folder / str(fabric.global_rank)).write_text(text)
    fabric.barrier()


if __name__ == "__main__":
    _count_threads(sys.argv[1], Path(sys.argv[2]))
    leave_group(0)
