"""Where a training computes: device, precision, and several processes together."""

import os
from functools import cache, partial
from typing import Any

import torch
import torch.distributed as dist
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision.amp import MixedPrecision
from lightning_fabric.strategies.ddp import DDPStrategy
from lightning_fabric.strategies.model_parallel import ModelParallelStrategy
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard

from gwparam.errors import DeviceError, wrong_setting
from gwparam.networks import find_network
from gwparam.training.gloo import ONE_THREAD
from gwparam.training.settings import Settings

_PRECISIONS = {
    "bfloat16": "bf16-mixed",
    "float16": "16-mixed",
}


class _MixedProducts(MixedPrecision):
    """Products in fewer bits; samples stay as they are, some of them physical."""

    def convert_input(self, data: Any) -> Any:
        """Leave samples alone: a surface pressure is beyond float16."""
        return data


def start(settings: Settings) -> Fabric:
    """Start this process's share of a training.

    ``torchrun`` starts several processes; alone, there is one.

    Raises
    ------
    ArgumentError
        If the device is no device.
    DeviceError
        If the device is absent.
    """
    accelerator, devices = _device(settings.device)
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(settings.threads or max(1, cores // local))
    strategy: Any = "auto"
    if world > 1:
        block = find_network(settings.arch).trainable.block
        backend = ONE_THREAD if accelerator == "cpu" else None
        strategy = _strategy(settings.strategy, world, block, backend)
        devices = local
    if settings.precision == "float16":
        if accelerator == "cpu":
            raise wrong_setting("precision", "float16", "a GPU for it")
        if world > 1 and settings.strategy == "fsdp":
            raise wrong_setting("precision", "float16", "bfloat16 with fsdp")
    plugins: Any = []
    if settings.precision != "float32":
        precision: Any = _PRECISIONS[settings.precision]
        plugins = [_MixedProducts(precision, accelerator)]
    fabric = Fabric(
        accelerator=accelerator,
        devices=devices,
        num_nodes=world // local,
        strategy=strategy,
        plugins=plugins,
    )
    fabric.launch()
    return fabric


def gather(fabric: Fabric, value: Any) -> list[Any]:
    """Collect a value of every process, on every process."""
    if fabric.world_size == 1:
        return [value]
    found: list[Any] = [None] * fabric.world_size
    dist.all_gather_object(found, value, _on_hosts())
    return found


def maximum(fabric: Fabric, number: int) -> int:
    """Largest of the numbers of all processes."""
    if fabric.world_size == 1:
        return number
    told = torch.tensor(number)
    dist.all_reduce(told, dist.ReduceOp.MAX, _on_hosts())
    return int(told)


@cache
def _on_hosts() -> Any:
    """Where processes talk without a GPU, whose work would have to end first."""
    return dist.new_group(backend=ONE_THREAD)


def _device(name: str) -> tuple[str, Any]:
    kind, _, number = name.partition(":")
    if kind == "auto":
        return ("cuda" if torch.cuda.is_available() else "cpu"), 1
    if kind not in ("cpu", "cuda") or (number and not number.isdecimal()):
        raise wrong_setting("device", name, "auto, cpu, cuda or cuda:N")
    if kind == "cpu":
        return "cpu", 1
    count = torch.cuda.device_count()
    if int(number or 0) >= count:
        raise DeviceError(
            f"device {name} is absent, torch finds {count} CUDA devices",
            settings=("device",),
        )
    return "cuda", [int(number)] if number else 1


def _strategy(
    name: str, world: int, block: type[nn.Module] | None, backend: str | None
) -> Any:
    if name == "fsdp":
        shard = partial(_shard, block=block)
        return ModelParallelStrategy(
            shard,
            data_parallel_size=world,
            tensor_parallel_size=1,
            process_group_backend=backend,
        )
    # Frozen parts and parts without effect get no gradient.
    return DDPStrategy(find_unused_parameters=True, process_group_backend=backend)


def _shard(
    network: nn.Module, mesh: DeviceMesh, block: type[nn.Module] | None
) -> nn.Module:
    """Spread the weights over the processes, transformer block by block."""
    for module in network.modules():
        if block is not None and isinstance(module, block):
            fully_shard(module, mesh=mesh["data_parallel"])
    fully_shard(network, mesh=mesh["data_parallel"])
    return network
