"""From settings to a network that can be trained, and to what it learns from."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from gwparam.checkpoints import Checkpoint, read_checkpoint
from gwparam.data.training_range import Difference, compare_ranges
from gwparam.errors import ArgumentError, one_of, wrong_setting
from gwparam.export.own import file_of
from gwparam.networks import find_network
from gwparam.networks.base import PhysicalNetwork
from gwparam.networks.own import OwnNetwork
from gwparam.networks.prithvi.backbone import DropPath
from gwparam.networks.trainable import Sizes
from gwparam.training.data import Data
from gwparam.training.freezing import (
    CHOICES,
    Freeze,
    check_freeze,
    count_parameters,
    freeze,
)
from gwparam.training.loader import Loader, Share
from gwparam.training.losses import Loss, build_loss
from gwparam.training.memory import Need, check_memory, free_bytes, needed
from gwparam.training.pretrained import LoadedWeights, load_pretrained
from gwparam.training.settings import Settings
from gwparam.training.splits import Split, open_splits, read_shares
from gwparam.training.statistics import SampleStatistics
from gwparam.training.tasks import make_own_task, make_task
from gwparam.training.tasks.task import D, N, OutputSpec, Task

Splits = tuple[Split[Data], ...]
TakeStatistics = Callable[[Splits, OutputSpec], SampleStatistics]
# Settings of a network with a foundation model, and what others lack for them.
_OF_BACKBONES = {
    "gradient_checkpointing": "transformer blocks",
    "mask_ratio": "tokens to mask",
    "output_scalers": "output scalers",
}


@dataclass(frozen=True)
class Prepared:
    """Everything before the first step.

    Attributes
    ----------
    settings : Settings
        Complete.
    physical : type of PhysicalNetwork
        What an export makes of the trained network.
    splits : tuple of Split
        What it learns from, and what it is judged by.
    network, model : Module
        The bare network, and the module that maps features to outputs.
    spec : OutputSpec
        Of its outputs.
    loss : Loss
        What is minimised.
    statistics : SampleStatistics
        Of the training samples.
    loaded : LoadedWeights or None
        What came from a checkpoint.
    differences : list of Difference
        What the samples look like, beside what the checkpoint saw in its training.
    sha256 : str
        SHA-256 of that checkpoint; empty without one.
    """

    settings: Settings
    physical: type[PhysicalNetwork]
    splits: Splits
    network: nn.Module
    model: nn.Module
    spec: OutputSpec
    loss: Loss
    statistics: SampleStatistics
    loaded: LoadedWeights | None
    differences: list[Difference]
    sha256: str

    def parameters(self) -> dict[str, int]:
        """Count the parameters that are trained, and all."""
        trained, total = count_parameters(self.network)
        return {"trained": trained, "all": total}

    def fingerprints(self) -> dict[str, list[str]]:
        """Digests of the pre-trained weights, and of both ends of every split.

        Of a network of one's own, of its module and contract too.
        """
        settings = self.settings
        own = {}
        if settings.module is not None and settings.contract is not None:
            files = (file_of(settings.module), Path(settings.contract))
            digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
            own = {"module and contract": digests}
        return {"pre-trained weights": [self.sha256], **own} | {
            split.name: [
                split.data.fingerprint(t) for t in (split.times[0], split.times[-1])
            ]
            for split in self.splits
        }


def prepare(
    stack: ExitStack,
    settings: Settings,
    take_statistics: TakeStatistics,
    world: int = 1,
) -> Prepared:
    """Open data, build the network, load weights, freeze.

    Parameters
    ----------
    stack : ExitStack
        Closes the files.
    settings : Settings
        What the user asked for; what is None is filled in.
    take_statistics : callable
        Reads the training samples, or what was found before; this takes long, and
        comes after all that can be wrong with the settings.
    world : int
        Number of processes, which share a batch.

    Raises
    ------
    GwparamError
        If anything does not fit; the message says what, and what was expected.
    """
    own = settings.module is not None
    physical = OwnNetwork if own else find_network(settings.arch)
    settings = settings.filled(physical.trainable.defaults)
    for name, lacking in _OF_BACKBONES.items():
        value = getattr(settings, name)
        if value and not physical.trainable.backbone:
            raise ArgumentError(
                f"{name} is {value}, expected none: {settings.arch} has no {lacking}",
                settings=(name,),
            )
    _check_rollout(settings)
    sizes = physical.trainable.read_sizes(settings.size)
    settings.loss_settings()
    read_shares(settings.split)
    _freeze(settings, physical)
    checkpoint = None
    if settings.pretrained is not None:
        checkpoint = read_checkpoint(
            settings.pretrained,
            allow_pickle=settings.allow_pickle,
            weights=settings.weights,
        )
    task = (
        make_own_task(settings.module, settings.contract, checkpoint, settings.rollout)
        if settings.module is not None
        else make_task(settings.arch, settings.export_options(), checkpoint)
    )
    return _prepare(stack, settings, task, sizes, checkpoint, take_statistics, world)


def _prepare(
    stack: ExitStack,
    settings: Settings,
    task: Task[D, N],
    sizes: Sizes,
    checkpoint: Checkpoint | None,
    take_statistics: TakeStatistics,
    world: int,
) -> Prepared:
    how = _freeze(settings, task.physical)
    _check_loss(settings, task)
    splits = open_splits(
        stack,
        task.open,
        settings.data,
        settings.validation,
        settings.test,
        settings.split,
    )
    data = splits[0].data
    Loader(data.samples, splits[0].times, settings.batch or 1, share=Share(0, world))
    sizes = _all_sizes(settings, task.physical, sizes, checkpoint)
    _check_memory(settings, task, sizes, data, how, world)
    torch.manual_seed(settings.seed)
    network = task.build(
        sizes, data, settings.dropout or 0.0, settings.drop_path or 0.0
    )
    _set_momentum(network, settings.batch_norm_momentum)
    _check_used(network, settings)
    loaded = None
    if checkpoint is not None:
        backbone = task.physical.trainable.backbone
        loaded = load_pretrained(network, checkpoint, backbone)
    task.set_output_scalers(network, settings.output_scalers)
    spec = task.output_spec(network, splits)
    loss = build_loss(settings.loss_settings(), spec.outputs)
    freeze(network, how, task.physical, loaded, settings.lora_rank)
    if not count_parameters(network)[0]:
        raise ArgumentError(
            f"freeze is {how}, which leaves nothing to train", settings=("freeze",)
        )
    model = task.model(network, data, settings.mask_ratio)
    statistics = take_statistics(splits, spec)
    spec.standardise(statistics)
    return Prepared(
        settings,
        task.physical,
        splits,
        network,
        model,
        spec,
        loss,
        statistics,
        loaded,
        compare_ranges(spec.trained_range, spec.seen(statistics)),
        "" if checkpoint is None else checkpoint.sha256,
    )


def _check_loss(settings: Settings, task: Task[D, N]) -> None:
    """Check that the terms of the loss are of what the network gives."""
    terms = [name for name, _ in settings.loss_settings().terms]
    if "drag" in terms and not task.gives_fluxes:
        raise ArgumentError(
            "loss has drag, which is a loss of networks of fluxes, expected mse or "
            "huber",
            settings=("loss",),
        )


def _check_rollout(settings: Settings) -> None:
    """Check that nothing is in the way of a rollout."""
    if not settings.rollout:
        return
    if settings.module is None:
        raise wrong_setting(
            "rollout", settings.rollout, "0 without a module of one's own"
        )
    if settings.input_noise:
        # A wind that is disturbed level by level is none to step from.
        raise wrong_setting("input_noise", settings.input_noise, "0 with a rollout")


def _check_memory(
    settings: Settings, task: Task[D, N], sizes: Sizes, data: D, how: Freeze, world: int
) -> None:
    """Refuse a network that does not fit, before its weights are made."""
    network = task.sketch(sizes, data)
    need = needed(network, how, task.physical.trainable.backbone)
    share = world if settings.strategy == "fsdp" else 1
    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        check_memory(need, "memory", free_bytes("cpu"), share)
        return
    # The weights are made in the memory of the host.
    check_memory(Need(need.parameters, 0), "memory", free_bytes("cpu"))
    if torch.cuda.is_available():
        check_memory(need, device, free_bytes(device), share)


def _all_sizes(
    settings: Settings,
    physical: type[PhysicalNetwork],
    given: Sizes,
    checkpoint: Checkpoint | None,
) -> Sizes:
    """Sizes that are given, those of the checkpoint, and for the rest the published."""
    told = {} if checkpoint is None else physical.sizes_of(checkpoint)
    for name, value in given.items():
        if name in told and told[name] != value:
            raise ArgumentError(
                f"size {name} is {value}, expected {told[name]} as in "
                f"{settings.pretrained}",
                settings=("size",),
            )
    return {**physical.trainable.default_sizes, **told, **given}


def _freeze(settings: Settings, physical: type[PhysicalNetwork]) -> Freeze:
    """Decide what to freeze: by default a backbone that is pre-trained."""
    backbone = physical.trainable.backbone
    if settings.freeze is None:
        return "backbone" if settings.pretrained is not None and backbone else "none"
    for choice in CHOICES:
        if settings.freeze == choice:
            check_freeze(choice, settings.pretrained is not None, physical)
            return choice
    raise wrong_setting("freeze", settings.freeze, one_of(CHOICES))


def _check_used(network: nn.Module, settings: Settings) -> None:
    """Check that the network has what the regularisation is for."""
    for name, kind, default in (
        ("dropout", nn.Dropout, 0.0),
        ("drop_path", DropPath, 0.0),
        ("batch_norm_momentum", nn.BatchNorm2d, Settings.batch_norm_momentum),
    ):
        value = getattr(settings, name)
        if value not in (None, default) and not any(
            isinstance(module, kind) for module in network.modules()
        ):
            raise ArgumentError(
                f"{name} is {value}, {settings.arch} has no {kind.__name__}",
                settings=(name,),
            )


def _set_momentum(network: nn.Module, momentum: float) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = momentum
