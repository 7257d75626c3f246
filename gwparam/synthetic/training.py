"""Train a WaveNet on samples."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gwparam.errors import InferenceError
from gwparam.networks.wavenet import WaveNet
from gwparam.synthetic.samples import Samples
from gwparam.synthetic.settings import TrainingSettings


class Progress(NamedTuple):
    """Where training stands: steps done, and the last one's mean square error [1]."""

    step: int
    loss: float


def initial_network(samples: Samples, seed: int) -> WaveNet:
    """Build a WaveNet with random weights that standardises the given features.

    Parameters
    ----------
    samples : Samples
        Their features' means and variances become those of the batch normalisation.
    seed : int
        Seed of the weights.

    Returns
    -------
    WaveNet
        In eval mode, float32.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = WaveNet(nlev=samples.drag.shape[1])
    features = samples.features.double()
    network.set_features(features.mean(dim=0), features.var(dim=0))
    # In eval mode the statistics stay those of all samples.
    return network.eval()


def steps_of(samples: Samples, settings: TrainingSettings) -> int:
    """Count the steps that training will take."""
    return settings.epochs * max(1, len(samples) // settings.batch)


def train(
    network: WaveNet, samples: Samples, settings: TrainingSettings
) -> Iterator[Progress]:
    """Train a network in place, one step an iteration.

    Parameters
    ----------
    network : WaveNet
        What `initial_network` gives.
    samples : Samples
        What it learns.
    settings : TrainingSettings
        How.

    Yields
    ------
    Progress
        After every step.

    Raises
    ------
    InferenceError
        If the loss is not finite.

    Notes
    -----
    Adam on the mean square error with the one-cycle schedule of Smith and Topin (2019),
    doi:10.1117/12.2520589. The same seed and number of threads give the same bits.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps_of(samples, settings)
    )
    step = 0
    for _ in range(settings.epochs):
        for rows in _batches(len(samples), settings.batch, generator):
            error = network(samples.features[rows]) - samples.drag[rows]
            loss = error.square().mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            value = loss.item()
            if not value < float("inf"):
                raise InferenceError(
                    f"loss is {value} at step {step}, expected a finite one"
                )
            yield Progress(step, value)


def _batches(count: int, batch: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Rows of the batches of one epoch; what does not fill a batch is left out."""
    order = torch.randperm(count, generator=generator)
    if count <= batch:
        yield order
        return
    for start in range(0, count - batch + 1, batch):
        yield order[start : start + batch]
