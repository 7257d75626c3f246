"""From settings to a network that can be trained, and to what it learns from."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from gwparam.checkpoints import Checkpoint, read_checkpoint
from gwparam.errors import ArgumentError
from gwparam.training.architectures import ARCHITECTURES
from gwparam.training.architectures.base import Architecture
from gwparam.training.data import Meaning
from gwparam.training.freezing import CHOICES, Freeze, count_parameters, freeze
from gwparam.training.loader import Loader, Share
from gwparam.training.losses import Loss, build_loss
from gwparam.training.pretrained import Adoption, adopt
from gwparam.training.settings import Settings
from gwparam.training.splits import Part, open_parts
from gwparam.training.statistics import Survey

TakeSurvey = Callable[[tuple[Part, ...], Meaning], Survey]


@dataclass(frozen=True)
class Prepared:
    """Everything before the first step.

    Attributes
    ----------
    settings : Settings
        Complete.
    architecture : Architecture
        What is trained.
    parts : tuple of Part
        What it learns from, and what it is judged by.
    network, trainee : Module
        The bare network, and the module that maps features to outputs.
    meaning : Meaning
        Of its channels.
    loss : Loss
        What is minimised.
    survey : Survey
        Of the training samples.
    adoption : Adoption or None
        What came from a checkpoint.
    sha256 : str
        SHA-256 of that checkpoint; empty without one.
    """

    settings: Settings
    architecture: Architecture
    parts: tuple[Part, ...]
    network: nn.Module
    trainee: nn.Module
    meaning: Meaning
    loss: Loss
    survey: Survey
    adoption: Adoption | None
    sha256: str

    def part(self, name: str) -> Part | None:
        """Find a part by its name."""
        return next((part for part in self.parts if part.name == name), None)

    def parameters(self) -> dict[str, int]:
        """Count the parameters that are trained, and all."""
        trained, total = count_parameters(self.network)
        return {"trained": trained, "all": total}

    def fingerprints(self) -> dict[str, list[str]]:
        """Digests of the pre-trained weights, and of every part's two ends."""
        return {"pre-trained weights": [self.sha256]} | {
            part.name: [
                part.data.fingerprint(t) for t in (part.times[0], part.times[-1])
            ]
            for part in self.parts
        }


def prepare(
    stack: ExitStack, settings: Settings, take_survey: TakeSurvey, world: int = 1
) -> Prepared:
    """Open data, build the network, take over weights, freeze.

    Parameters
    ----------
    stack : ExitStack
        Closes the files.
    settings : Settings
        What the user asked for; what is None is filled in.
    take_survey : callable
        Looks at the training samples, or remembers what was seen before; this takes
        long, and comes after all that can be wrong with the settings.
    world : int
        Number of processes, which share a batch.

    Raises
    ------
    GwparamError
        If anything does not fit; the message says what, and what was expected.
    """
    if settings.arch not in ARCHITECTURES:
        raise ArgumentError(
            f"--arch is {settings.arch}, expected {', '.join(ARCHITECTURES)}"
        )
    architecture = ARCHITECTURES[settings.arch]
    settings = settings.filled(architecture.defaults)
    options = _read_options(architecture, settings.export_options())
    sizes = architecture.read_sizes(settings.size)
    if settings.gradient_checkpointing and not architecture.backbone:
        raise ArgumentError(
            "--gradient-checkpointing is for transformers, expected none for "
            f"{architecture.name}"
        )
    checkpoint = _read(settings)
    how = _freeze(settings, architecture)
    parts = open_parts(
        stack,
        lambda paths: architecture.open(paths, options, checkpoint),
        settings.data,
        settings.validation,
        settings.test,
        settings.split,
    )
    data = parts[0].data
    Loader(data.samples, parts[0].times, settings.batch or 1, share=Share(0, world))
    told = {} if checkpoint is None else architecture.sizes_of(checkpoint)
    for name, value in sizes.items():
        if name in told and told[name] != value:
            raise ArgumentError(
                f"--size {name} is {value}, expected {told[name]} as in "
                f"{settings.pretrained}"
            )
    torch.manual_seed(settings.seed)
    network = architecture.build(
        {**architecture.default_sizes, **told, **sizes},
        data,
        settings.dropout or 0.0,
        settings.drop_path or 0.0,
    )
    _set_momentum(network, settings.batch_norm_momentum)
    adoption = (
        None
        if checkpoint is None
        else adopt(network, checkpoint, architecture.backbone)
    )
    architecture.set_output_scalers(network, settings.output_scalers)
    meaning = architecture.meaning(network, data, options, checkpoint)
    loss = build_loss(settings.loss_settings(), meaning.outputs)
    freeze(network, how, architecture, adoption, settings.lora_rank)
    if not count_parameters(network)[0]:
        raise ArgumentError(f"--freeze is {how}, which leaves nothing to train")
    trainee = architecture.trainee(network, data, settings.mask_ratio)
    survey = take_survey(parts, meaning)
    samples = {id(part.data): part.data.samples for part in parts}
    meaning.settle(network, survey, list(samples.values()))
    return Prepared(
        settings,
        architecture,
        parts,
        network,
        trainee,
        meaning,
        loss,
        survey,
        adoption,
        "" if checkpoint is None else checkpoint.sha256,
    )


def _read_options(
    architecture: Architecture, texts: Mapping[str, str]
) -> dict[str, Any]:
    """Read options of an export; those of other networks are refused."""
    known = {option.name: option for option in architecture.physical.options}
    for name in texts:
        if name not in known:
            flags = ", ".join(option.flag for option in known.values()) or "none"
            raise ArgumentError(
                f"{name} is no option of {architecture.name}, expected {flags}"
            )
    return {name: known[name].read(text) for name, text in texts.items()}


def _read(settings: Settings) -> Checkpoint | None:
    if settings.pretrained is None:
        return None
    return read_checkpoint(settings.pretrained, allow_pickle=settings.allow_pickle)


def _freeze(settings: Settings, architecture: Architecture) -> Freeze:
    """Decide what to freeze: by default a backbone that is pre-trained."""
    if settings.freeze is None:
        given = settings.pretrained is not None and architecture.backbone
        return "backbone" if given else "none"
    for choice in CHOICES:
        if settings.freeze == choice:
            return choice
    raise ArgumentError(
        f"--freeze is {settings.freeze}, expected {' or '.join(CHOICES)}"
    )


def _set_momentum(network: nn.Module, momentum: float) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = momentum
