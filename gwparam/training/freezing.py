"""Which weights are trained: all, those around a backbone, the head, or adapters."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from torch import Tensor, nn

from gwparam.errors import ArgumentError
from gwparam.networks.base import PhysicalNetwork
from gwparam.training.pretrained import LoadedWeights

Freeze = Literal["none", "backbone", "all-but-head", "lora"]
CHOICES: tuple[Freeze, ...] = ("none", "backbone", "all-but-head", "lora")
_ADAPTER = "default"
_NORMALISATIONS = (nn.BatchNorm1d, nn.BatchNorm2d)
_ADAPTED = (nn.Linear, nn.Conv2d)


def check_freeze(
    how: Freeze, pretrained: bool, physical: type[PhysicalNetwork]
) -> None:
    """Check that there is something to keep.

    Parameters
    ----------
    how, physical
        As `freeze`.
    pretrained : bool
        Whether weights come from a file.

    Raises
    ------
    ArgumentError
        If nothing comes from a file, so that random weights would be frozen, or the
        network has no backbone.
    """
    if how == "none":
        return
    if not pretrained:
        raise ArgumentError(
            f"freeze is {how} and there are no weights to keep, expected a pre-trained "
            "checkpoint",
            settings=("freeze", "pretrained"),
        )
    trainable, others = physical.trainable, "none, all-but-head or lora"
    if how == "backbone" and not trainable.backbone:
        raise ArgumentError(
            f"freeze is backbone and {physical.architecture} has none, expected "
            f"{others if trainable.head else 'none or lora'}",
            settings=("freeze",),
        )
    if how == "all-but-head" and not trainable.head:
        raise ArgumentError(
            f"freeze is all-but-head and of {physical.architecture} no head is known, "
            "expected none or lora",
            settings=("freeze",),
        )


def freeze(
    network: nn.Module,
    how: Freeze,
    physical: type[PhysicalNetwork],
    loaded: LoadedWeights | None,
    rank: int,
) -> None:
    """Freeze weights of a network; what did not come from a file is always trained.

    Parameters
    ----------
    network : Module
        The bare network; with ``lora`` it gets adapters.
    how : str
        ``none``; ``backbone``: the foundation model; ``all-but-head``: all but the last
        layer; ``lora``: the backbone (or, without one, all but the head), beside whose
        matrices and kernels low-rank ones are trained, where the rank is lower.
    physical : type of PhysicalNetwork
        Says what is what.
    loaded : LoadedWeights or None
        What came from a file.
    rank : int
        Of the adapters.

    Raises
    ------
    ArgumentError
        As `check_freeze`, or if no frozen matrix is large enough for adapters of that
        rank.

    Notes
    -----
    Adapters: Hu et al. (2021), LoRA: Low-Rank Adaptation of Large Language Models,
    arXiv:2106.09685, by the package peft.
    """
    check_freeze(how, loaded is not None, physical)
    if how == "none" or loaded is None:
        return
    backbone, head = physical.trainable.backbone, physical.trainable.head
    around = how != "all-but-head" and backbone
    # A layer is new as a whole: its bias belongs to the weights that it had before.
    layers = {name for name, module in network.named_modules() if _is_layer(module)}
    new = layers & {name.rpartition(".")[0] for name, _ in loaded.reinitialised}
    kept = {name for name in loaded.weights if name.rpartition(".")[0] not in new}
    names = [name for name, _ in network.named_parameters()]
    frozen = [
        name
        for name in names
        if name in kept
        and (name.startswith(backbone) if around else not name.startswith(head))
    ]
    if how == "lora":
        _adapt(network, frozen, rank)
    for name in frozen:
        _parameter(network, name).requires_grad_(False)


def freeze_statistics(network: nn.Module, fixed: tuple[str, ...]) -> None:
    """Keep the running statistics of frozen normalisations, after ``train()``.

    Parameters
    ----------
    network : Module
        The bare network.
    fixed : tuple of str
        Names of normalisations whose statistics are not of a batch in any case.
    """
    for name, module in network.named_modules():
        if isinstance(module, _NORMALISATIONS):
            trained = any(p.requires_grad for p in module.parameters())
            if name in fixed or not trained:
                module.eval()


def plain_weights(network: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give the weights as published: adapters added to the matrices beside them.

    Parameters
    ----------
    network : Module
        The bare network.
    state : mapping of str to Tensor
        Its full state dict, for instance that of its best epoch.

    Returns
    -------
    dict of str to Tensor
        With the published keys.
    """
    plain: dict[str, Tensor] = {}
    for key, value in state.items():
        if ".lora_" in key:
            continue
        name = key.replace(".base_layer.", ".")
        if key.endswith(".base_layer.weight"):
            stem = key.removesuffix(".base_layer.weight")
            down = state[f"{stem}.lora_A.{_ADAPTER}.weight"]
            up = state[f"{stem}.lora_B.{_ADAPTER}.weight"]
            scale = network.get_submodule(stem).scaling[_ADAPTER]  # type: ignore[index]
            value = value + scale * _product(up, down)
        plain[name] = value
    return plain


def _product(up: Tensor, down: Tensor) -> Tensor:
    """Matrix of an adapter; of a convolution, its kernel."""
    product = up.flatten(1) @ down.flatten(1)
    return product.view(up.shape[0], *down.shape[1:])


def _adapt(network: nn.Module, frozen: Sequence[str], rank: int) -> None:
    """Put adapters beside frozen matrices and kernels that are larger than these."""
    from peft import LoraConfig, inject_adapter_in_model

    layers = [
        name
        for name, module in network.named_modules()
        if isinstance(module, _ADAPTED)
        and f"{name}.weight" in frozen
        and min(module.weight.shape[:2]) > rank
    ]
    if not layers:
        raise ArgumentError(
            f"lora_rank is {rank}, no frozen matrix has a larger one",
            settings=("lora_rank",),
        )
    pattern = "|".join(map(re.escape, layers))
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=f"({pattern})")
    inject_adapter_in_model(config, network, adapter_name=_ADAPTER)
    # peft freezes all that is no adapter; what stays frozen is for the caller to say.
    network.requires_grad_(True)


def _is_layer(module: nn.Module) -> bool:
    return next(module.children(), None) is None


def _parameter(network: nn.Module, name: str) -> nn.Parameter:
    """Find a parameter that an adapter may have moved."""
    try:
        return network.get_parameter(name)
    except AttributeError:
        stem, _, last = name.rpartition(".")
        return network.get_parameter(f"{stem}.base_layer.{last}")


def count_parameters(network: nn.Module) -> tuple[int, int]:
    """Count the parameters that are trained, and all."""
    sizes = [(p.numel(), p.requires_grad) for p in network.parameters()]
    return sum(n for n, trained in sizes if trained), sum(n for n, _ in sizes)
