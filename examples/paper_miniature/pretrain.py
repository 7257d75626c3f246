"""Pre-train a small Prithvi on states without labels: fill in what it does not see.

    python pretrain.py states.nc backbone.safetensors

Half of the tokens of every state are hidden, other ones at every step; the network
gives all channels back, and what counts is the error where it saw nothing. As in
Prithvi WxC these are, in turn, tokens of every mask unit and whole mask units.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from rich.progress import track
from safetensors.torch import save_file
from torch import Tensor

from gwparam.networks.prithvi.backbone import Prithvi


@dataclass(frozen=True)
class Backbone:
    """Sizes of the backbone, and how it is trained.

    Attributes
    ----------
    embed, heads, encoder_pairs, decoder_pairs, patch, mask_unit
        As for `gwparam.networks.prithvi.backbone.Prithvi`.
    hidden : float
        Share of the tokens that are hidden.
    epochs, batch : int
        Passes over the states, and states of a step.
    learning_rate, weight_decay : float
        Of AdamW; the rate rises over the first tenth and falls as a cosine to 0.
    """

    embed: int = 96
    heads: int = 4
    encoder_pairs: int = 1
    decoder_pairs: int = 1
    patch: tuple[int, int] = (2, 2)
    mask_unit: tuple[int, int] = (4, 8)
    hidden: float = 0.5
    epochs: int = 12
    batch: int = 4
    learning_rate: float = 2.0e-3
    weight_decay: float = 0.05

    def build(self, channels: int, grid: tuple[int, int], seed: int) -> Prithvi:
        """Make the backbone with random weights, whose output counts."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = Prithvi(
                channels,
                grid,
                self.patch,
                self.mask_unit,
                self.embed,
                self.heads,
                self.encoder_pairs,
                self.decoder_pairs,
            )
        network.output_scalers.fill_(1.0)
        return network


@dataclass(frozen=True)
class States:
    """States as images.

    Attributes
    ----------
    images : Tensor, shape (nstate, channels, nlat, nlon)
        Normalised temperature, pressure, eastward and northward wind [1], each on all
        levels: the features of the network to be fine-tuned, in its order.
    static : Tensor, shape (1, 3, nlat, nlon)
        Sine of latitude, cosine and sine of longitude [1].
    """

    images: Tensor
    static: Tensor

    @classmethod
    def read(cls, path: Path) -> "States":
        """Read a file in the layout of the Prithvi network."""
        with netCDF4.Dataset(path) as data:
            fields = np.split(data["features"][:, 3:].data, 4, axis=1)
            axes = [np.deg2rad(data[name][:].data) for name in ("lat", "lon")]
        phi, lam = np.meshgrid(*axes, indexing="ij")
        eastward, northward, temperature, pressure = fields
        images = np.concatenate([temperature, pressure, eastward, northward], axis=1)
        static = np.stack([np.sin(phi), np.cos(lam), np.sin(lam)])[None]
        return cls(torch.from_numpy(images), torch.from_numpy(static))

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.images.shape[2], self.images.shape[3]


def hide(network: Prithvi, ratio: float, seed: int, count: int, whole: bool) -> Tensor:
    """Hide tokens of the next images, and tell which.

    Parameters
    ----------
    network : Prithvi
        Sees the others, in their natural order: so do all tokens in the fine-tuning.
    ratio : float
        Share that is hidden.
    seed : int
        Of the draw.
    count : int
        How many images.
    whole : bool
        Mask units instead of tokens within each.

    Returns
    -------
    Tensor, shape (count, 1, nlat, nlon)
        1 where nothing is seen, else 0.
    """
    visible = network.draw_tokens(ratio, seed, count, whole).sort(dim=-1).values
    network.keep_tokens(visible)
    units, slots = network.units, network.slots
    hidden = torch.ones(count, units[0] * units[1] * slots[0] * slots[1])
    hidden.scatter_(1, network.visible.flatten(1), 0.0)
    tokens = hidden.view(count, *units, *slots).transpose(2, 3)
    tokens = tokens.reshape(count, 1, units[0] * slots[0], units[1] * slots[1])
    return tokens.repeat_interleave(network.patch[0], 2).repeat_interleave(
        network.patch[1], 3
    )


def error(guess: Tensor, image: Tensor, hidden: Tensor) -> Tensor:
    """Mean square error where nothing was seen [1]."""
    squares = (guess - image).square() * hidden
    return squares.sum() / (hidden.sum() * image.size(1))


def pretrain(
    network: Prithvi, states: States, settings: Backbone, seed: int
) -> Iterator[float]:
    """Train a backbone in place, one step an iteration; yields the error [1]."""
    generator = torch.Generator().manual_seed(seed)
    count = len(states.images)
    total = settings.epochs * math.ceil(count / settings.batch)
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate(step / total)
    )
    step = 0
    for _ in range(settings.epochs):
        order = torch.randperm(count, generator=generator)
        for rows in order.split(settings.batch):
            images = states.images[rows]
            draw = int(torch.randint(2**31, (), generator=generator))
            hidden = hide(network, settings.hidden, draw, len(rows), step % 2 == 1)
            loss = error(network(images, states.static), images, hidden)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            yield loss.item()
    network.keep_tokens(None)


def rate(part: float) -> float:
    """Learning rate over its largest value, when a part of the steps is done."""
    if part < 0.1:
        return 0.1 + 9.0 * part
    return 0.5 + 0.5 * math.cos(math.pi * (part - 0.1) / 0.9)


def score(
    network: Prithvi, states: States, settings: Backbone, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Compare the backbone with predictors that learned nothing.

    Returns
    -------
    dict
        For hidden ``tokens`` and whole ``units``, the mean square error [1] of the
        ``network``, of the ``mean`` of the training states, of the ``zonal_mean`` of
        what is seen in the row, and of ``neighbours``, the mean of what is seen within
        one token (else the zonal mean).
    """
    count = len(states.images)
    images, scores = states.images, {}
    for name, whole in (("tokens", False), ("units", True)):
        hidden = hide(network, settings.hidden, seed, count, whole)
        seen = 1.0 - hidden
        zonal = mean_of(images * seen, seen, dim=3)
        around = [2 * size + 1 for size in network.patch]
        pool = [size // 2 for size in around]
        near, weight = (F.avg_pool2d(x, around, 1, pool) for x in (images * seen, seen))
        with torch.inference_mode():
            guess = network(images, states.static)
        guesses = {
            "network": guess,
            "mean": torch.zeros_like(images),
            "zonal_mean": zonal.expand_as(images),
            "neighbours": torch.where(weight > 0, near / weight.clamp(min=1e-9), zonal),
        }
        scores[name] = {k: float(error(g, images, hidden)) for k, g in guesses.items()}
    network.keep_tokens(None)
    return scores


def mean_of(values: Tensor, weights: Tensor, dim: int) -> Tensor:
    """Mean along an axis of values times weights; 0 where all weights are."""
    return values.sum(dim, keepdim=True) / weights.sum(dim, keepdim=True).clamp(min=1.0)


def save(network: Prithvi, path: Path) -> None:
    """Write the weights with the names of the bare backbone."""
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)


def main() -> int:
    """Pre-train one backbone; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("states", type=Path, help="file in the layout of Prithvi")
    parser.add_argument("backbone", type=Path, help="safetensors file to write")
    parser.add_argument("--check", type=Path, help="other states, for the scores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=Backbone.epochs)
    args = parser.parse_args()
    settings = Backbone(epochs=args.epochs)
    states = States.read(args.states)
    network = settings.build(states.images.shape[1], states.grid, args.seed)
    steps = pretrain(network, states, settings, args.seed)
    total = settings.epochs * math.ceil(len(states.images) / settings.batch)
    for _ in track(steps, "pre-training", total=total):
        pass
    save(network, args.backbone)
    if args.check:
        print(json.dumps(score(network, States.read(args.check), settings), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
