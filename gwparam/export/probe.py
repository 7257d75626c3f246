"""Plausible columns, drawn from what is known of the training data."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gwparam.contract import TrainingRange
from gwparam.errors import ContractError
from gwparam.networks.base import PhysicalNetwork

_CORRELATION_LEVELS = 4.0
"""Distance over which levels vary together, in levels: neighbours must not be white
noise, which no column of a model is."""
_MAX_DEVIATIONS = 3.0


def draw_columns(network: PhysicalNetwork, columns: int, seed: int) -> list[Tensor]:
    """Draw inputs of a network from its training range.

    Parameters
    ----------
    network : PhysicalNetwork
        Its description gives mean and standard deviation of every input.
    columns : int
        How many columns.
    seed : int
        The same seed gives the same columns.

    Returns
    -------
    list of Tensor, shape (columns, nlev) or (columns,)
        One float64 tensor per input, in the order and units of the contract; normally
        distributed, correlated along the levels, within three standard deviations and
        within the range seen in training where it is known.

    Raises
    ------
    ContractError
        If the training range of an input is not known.
    """
    generator = np.random.default_rng(seed)
    ranges = {known.name: known for known in network.description.training_range}
    drawn = []
    for field in network.inputs:
        known = ranges.get(field.name)
        if known is None or known.mean is None or known.standard_deviation is None:
            raise ContractError(
                f"training_range of {field.name} is missing, expected mean and "
                "standard_deviation"
            )
        values = _draw(known, columns, generator)
        if field.units == "degrees_north":
            values = values.clip(-90.0, 90.0)
        drawn.append(
            torch.from_numpy(values[:, 0] if field.levels == "surface" else values)
        )
    return drawn


def _draw(
    known: TrainingRange, columns: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    mean, deviation = np.array(known.mean), np.array(known.standard_deviation)
    level = np.arange(mean.size)
    distance = np.subtract.outer(level, level) / _CORRELATION_LEVELS
    # The jitter keeps the smooth correlation positive definite in float64.
    correlation = np.exp(-0.5 * distance**2) + 1e-6 * np.eye(mean.size)
    noise = generator.standard_normal((columns, mean.size))
    noise = noise @ np.linalg.cholesky(correlation).T
    noise = noise.clip(-_MAX_DEVIATIONS, _MAX_DEVIATIONS)
    values: NDArray[np.float64] = mean + deviation * noise
    if known.minimum is not None:
        values = np.maximum(values, known.minimum)
    if known.maximum is not None:
        values = np.minimum(values, known.maximum)
    return values
