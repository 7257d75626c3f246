"""A trained network, its description, and the checkpoint that holds both."""

from copy import deepcopy
from dataclasses import dataclass
from os import PathLike

import torch
from safetensors import SafetensorError
from torch import Tensor

from gwparam.checkpoints import save_checkpoint
from gwparam.constants import MAXIMUM_TENDENCY
from gwparam.contract import Description, Limit, TrainingRange
from gwparam.errors import ModelFileError
from gwparam.networks.scaling import Destandardise
from gwparam.networks.wavenet import CITATION, WaveNet, WaveNetDrag
from gwparam.synthetic.columns import VERTICAL
from gwparam.synthetic.samples import Samples
from gwparam.synthetic.scores import OutputScore


@dataclass(frozen=True)
class Training:
    """Where a network's knowledge comes from, and how well it learned.

    Attributes
    ----------
    teacher : str
        The scheme that it learned.
    learned_from, scored_on : str
        The columns that it was trained on, and those that the score is for.
    columns, epochs, batch, seed : int
        Columns, passes over them, samples of a step, and the seed.
    learning_rate : float
        Largest learning rate.
    score : tuple of OutputScore
        One an output.
    """

    teacher: str
    learned_from: str
    scored_on: str
    columns: int
    epochs: int
    batch: int
    seed: int
    learning_rate: float
    score: tuple[OutputScore, ...]


@dataclass(frozen=True)
class TrainedDescription(Description):
    """A description that also tells how the network was trained."""

    training: Training


def physical_network(network: WaveNet, samples: Samples) -> WaveNetDrag:
    """Put a trained network between physical fields, as its checkpoint will be.

    Parameters
    ----------
    network : WaveNet
        The network; it is copied.
    samples : Samples
        What it was trained on, for scaling and training range.

    Returns
    -------
    WaveNetDrag
        In float64 and eval mode.
    """
    scaling = Destandardise(samples.mean.double(), samples.standard_deviation.double())
    description = Description(
        name="WaveNet",
        citation=CITATION,
        vertical=VERTICAL,
        training_range=_training_range(samples),
        limits=tuple(Limit(f.name, MAXIMUM_TENDENCY) for f in WaveNetDrag.outputs),
    )
    return WaveNetDrag(deepcopy(network).double().eval(), scaling, description)


def save_trained(
    path: str | PathLike[str], network: WaveNetDrag, name: str, training: Training
) -> None:
    """Write a trained network as a checkpoint that ``gwparam export`` takes.

    Parameters
    ----------
    path : path-like
        The safetensors file, float32; replaced if it exists.
    network : WaveNetDrag
        What `physical_network` gives.
    name : str
        What people call it.
    training : Training
        How it was trained; kept beside the description.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    given = network.description
    scaling = network.scaling
    try:
        save_checkpoint(
            path,
            {
                key: _single(value)
                for key, value in network.network.state_dict().items()
            },
            extras={
                "means": _single(scaling.get_buffer("mean")),
                "stds": _single(scaling.get_buffer("standard_deviation")),
            },
            description=TrainedDescription(
                name,
                given.citation,
                given.vertical,
                given.training_range,
                given.limits,
                training,
            ),
        )
    except (OSError, SafetensorError) as error:
        raise ModelFileError(f"cannot write {path}: {error}") from None


def _single(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def _training_range(samples: Samples) -> tuple[TrainingRange, ...]:
    """Statistics of the inputs; each wind has its own rows of the samples."""
    half = len(samples) // 2
    nlev = samples.drag.shape[1]
    eastward, northward = samples.features[:half], samples.features[half:]
    parts = (
        eastward[:, :nlev],
        northward[:, :nlev],
        eastward[:, nlev : nlev + 1],
        eastward[:, nlev + 1 :],
    )
    ranges = []
    for field, part in zip(WaveNetDrag.inputs, parts, strict=True):
        values = part.double()
        low, high = torch.aminmax(values, dim=0)
        statistics = (values.mean(dim=0), values.std(dim=0), low, high)
        ranges.append(
            TrainingRange(field.name, *(tuple(s.tolist()) for s in statistics))
        )
    return tuple(ranges)
