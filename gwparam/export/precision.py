"""The precision that an artefact stores its weights in, with few copies of them."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gwparam.networks.base import PhysicalNetwork, is_large

Precision = Literal["float32", "float64", "bfloat16"]
FIELDS = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.float32,
}
"""Precision of the inputs and outputs: with weights of bfloat16 they are float32."""


class Bfloat16(nn.Module):
    """Run a network in bfloat16 between fields of another precision."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, static: Tensor) -> Tensor:
        """Call the network on an image and what goes with its place."""
        half: Tensor = self.network(image.to(torch.bfloat16), static.to(torch.bfloat16))
        return half.to(image.dtype)


def in_precision(network: PhysicalNetwork, precision: Precision) -> PhysicalNetwork:
    """Copy a network; a tensor that has its precision already is shared.

    Parameters
    ----------
    network : PhysicalNetwork
        It is not changed.
    precision : {"float32", "float64", "bfloat16"}
        With ``bfloat16`` normalisation and its inverse compute in float32.
    """
    fields = FIELDS[precision]
    inner: set[int] = set()
    if precision == "bfloat16":
        inner = {id(tensor) for tensor in _tensors(network.get_submodule("network"))}
    converted = {
        id(tensor): _converted(
            tensor, torch.bfloat16 if id(tensor) in inner else fields
        )
        for tensor in _tensors(network)
    }
    copied = copy.deepcopy(network, converted)
    if precision != "bfloat16":
        copied.to(fields)  # a part that is TorchScript already
    if precision == "bfloat16":
        copied.network = Bfloat16(copied.get_submodule("network"))
    return copied.train(network.training)


def run_published(network: nn.Module, columns: Sequence[Tensor]) -> list[Tensor]:
    """Run a network as published, in float64.

    A large network computes in float32; its weights are converted one layer at a time,
    so that no copy of them is held.
    """
    with torch.inference_mode():
        if not is_large(network):
            return list(network(*(field.double() for field in columns)))
        with _Float32():
            return list(network(*columns))


class _Float32(TorchFunctionMode):
    """Give every function its floating-point tensors in float32."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = {key: _single(value) for key, value in (kwargs or {}).items()}
        return func(*map(_single, args), **named)


def _single(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, list | tuple):
        return type(value)(map(_single, value))
    return value


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def _converted(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    data = tensor.detach().to(dtype)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(data, requires_grad=tensor.requires_grad)
    return data
