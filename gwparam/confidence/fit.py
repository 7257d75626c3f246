"""Train the head that says how wrong a network expects to be."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gwparam.confidence.columns import Columns
from gwparam.errors import InferenceError
from gwparam.networks.expected_error import ErrorHead

_LEAST_ERROR = 1e-3
"""Of a column, so that one that is right by chance has a logarithm [1]."""


@dataclass(frozen=True)
class Settings:
    """How a head is trained.

    Attributes
    ----------
    epochs, batch, width : int
        Passes over the columns, columns of a step, units of a hidden layer.
    learning_rate : float
        Of Adam, at the beginning; it falls to 0 as a cosine.
    seed : int
        Of the first weights and the order of the columns.
    """

    epochs: int = 30
    batch: int = 1024
    width: int = 64
    learning_rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True)
class Fitted:
    """A head that was trained.

    Attributes
    ----------
    head : ErrorHead
        With the weights of the best epoch.
    epoch : int
        Which that was, from 1.
    loss, constant_loss : float
        Mean of ``2 log s + r^2 / s^2`` over the columns that were kept, for the error s
        that the head expects and the r that was found, and for one s for all columns.
    deviation : ndarray, shape (nvalue,)
        Of the true drag in training, which errors are relative to [m s-2].
    """

    head: ErrorHead
    epoch: int
    loss: float
    constant_loss: float
    deviation: np.ndarray


def fit(
    training: Columns,
    kept: Columns,
    settings: Settings,
    advance: Callable[[], None] = lambda: None,
) -> Fitted:
    """Train a head on columns; others say which epoch is best.

    The errors of a column at its levels are taken as normally distributed with one
    deviation, which the head gives: the loss is their negative logarithmic likelihood.

    Parameters
    ----------
    training, kept : Columns
        What it learns from, and what it has not seen.
    settings : Settings
        How.
    advance : callable, optional
        Called after each epoch.

    Raises
    ------
    InferenceError
        If the true drag is the same in all columns, or nothing was learnt: one error
        for all columns would be as good.
    """
    deviation = training.truth.std(axis=0, dtype=np.float64)
    if not deviation.any():
        raise InferenceError(
            "the true drag is the same in all columns, expected drag that varies"
        )
    generator = torch.Generator().manual_seed(settings.seed)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(settings.seed)
        head = ErrorHead(training.features.shape[1], settings.width)
    features, squares = _tensors(training, deviation)
    others, wanted = _tensors(kept, deviation)
    spread, mean = torch.std_mean(features.double(), dim=0, correction=0)
    # It begins with one error for all columns.
    head.set_features(mean.float(), spread.float(), 0.5 * float(squares.mean().log()))
    optimizer = torch.optim.Adam(head.parameters(), settings.learning_rate)
    steps = settings.epochs * -(-len(features) // settings.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, best_loss, best_epoch = copy.deepcopy(head.state_dict()), np.inf, 0
    for epoch in range(1, settings.epochs + 1):
        order = torch.randperm(len(features), generator=generator)
        for first in range(0, len(order), settings.batch):
            rows = order[first : first + settings.batch]
            optimizer.zero_grad()
            # mypy: torch leaves this function untyped.
            _loss(head(features[rows]), squares[rows]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        with torch.inference_mode():
            loss = float(_loss(head(others), wanted))
        if loss < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(head.state_dict()), loss, epoch
        advance()
    constant = float(_loss(0.5 * squares.mean().log().expand(len(wanted)), wanted))
    if not best_loss < constant:
        raise InferenceError(
            "the error of a column cannot be told from what the network sees: loss "
            f"{best_loss:.3f} on columns kept apart, expected less than the "
            f"{constant:.3f} of one error for all; more or other states may help"
        )
    head.load_state_dict(best)
    return Fitted(head.eval(), best_epoch, best_loss, constant, deviation)


def _tensors(columns: Columns, deviation: np.ndarray) -> tuple[Tensor, Tensor]:
    """Features, and squares of the errors."""
    error = np.maximum(columns.normalised(deviation), _LEAST_ERROR)
    squares = torch.from_numpy(np.square(error)).float()
    return torch.from_numpy(columns.features), squares


def _loss(logarithm: Tensor, squares: Tensor) -> Tensor:
    """Twice the negative logarithmic likelihood of a value, up to a constant."""
    return (2.0 * logarithm + squares * (-2.0 * logarithm).exp()).mean()
