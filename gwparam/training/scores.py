"""How well a network gives the targets of samples that it does not learn from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gwparam.evaluate.metrics import Moments
from gwparam.training.losses import Loss
from gwparam.training.samples import Pair
from gwparam.training.tasks.task import OutputSpec


@dataclass(frozen=True)
class FieldScore:
    """Score of one field, all levels and samples together.

    Attributes
    ----------
    name, units : str
        The field.
    r2, correlation : float
        As `gwparam.evaluate.metrics` defines them [1].
    rms_error : float
        In the field's units.
    level_errors : tuple of float
        Root mean square error at each level, in the field's units.
    """

    name: str
    units: str
    r2: float
    correlation: float
    rms_error: float
    level_errors: tuple[float, ...] = ()


@dataclass(frozen=True)
class Scores:
    """Loss, and the score of every field."""

    loss: float
    fields: tuple[FieldScore, ...]


def score(
    network: nn.Module,
    times: Iterable[Pair],
    loss: Loss,
    spec: OutputSpec,
    rows: int,
    device: torch.device,
    gather: Callable[[Any], list[Any]] = lambda found: [found],
) -> Scores:
    """Score a network, in eval mode; its mode is restored.

    Parameters
    ----------
    network : Module
        Features to outputs.
    times : iterable of pair of Tensor
        Features and targets, time by time.
    loss : Loss
        Its mean over all samples is given too.
    spec : OutputSpec
        Makes fields of the outputs.
    rows : int
        Samples of one forward pass.
    device : torch.device
        Where the network is.
    gather : callable
        What several processes found, each on its share of the times.

    Returns
    -------
    Scores
        The same on every process.
    """
    training = [module for module in network.modules() if module.training]
    network.eval()
    moments: list[Moments] | None = None
    total, count = 0.0, 0
    with torch.no_grad():
        for features, targets in times:
            predicted = []
            for part, wanted in zip(
                torch.split(features, rows), torch.split(targets, rows), strict=True
            ):
                given = network(part.to(device))
                total += float(loss(given, wanted.to(device))) * len(part)
                count += len(part)
                predicted.append(given.float().cpu())
            pairs = zip(
                spec.restore(torch.cat(predicted)),
                spec.restore(targets),
                strict=True,
            )
            new = [Moments.of(_rows(p), _rows(r)) for p, r in pairs]
            moments = _merged([moments, new])
    for module in training:
        module.training = True
    found = gather((total, count, moments))
    losses, counts, parts = zip(*found, strict=True)
    levels = _merged(parts)
    pooled = [merged.pool() for merged in levels]
    return Scores(
        sum(losses) / max(sum(counts), 1),
        tuple(
            FieldScore(
                name,
                units,
                float(m.r2),
                float(m.correlation),
                float(m.rms_error),
                tuple(np.asarray(each.rms_error, dtype=np.float64).tolist()),
            )
            for (name, units), m, each in zip(spec.fields, pooled, levels, strict=True)
        ),
    )


def _merged(parts: Sequence[list[Moments] | None]) -> list[Moments]:
    """Merge the moments of every field; None is of no samples."""
    known = [part for part in parts if part is not None]
    first = known[0]
    for part in known[1:]:
        first = [one.merge(other) for one, other in zip(first, part, strict=True)]
    return first


def _rows(values: Tensor) -> np.ndarray:
    """Turn (rows, nlev, ...) into (rows and cells, nlev)."""
    array: np.ndarray = values.movedim(1, -1).flatten(0, -2).numpy()
    return array
