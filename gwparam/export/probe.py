"""Plausible columns, drawn from what is known of the training data."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gwparam.contract import Geometry, TrainingRange
from gwparam.errors import ContractError
from gwparam.networks.base import PhysicalNetwork

_CORRELATION_LEVELS = 4.0
"""Distance over which levels, or cells of an image, vary together, in their number:
neighbours must not be white noise, which no state of a model is."""
_NEIGHBOUR_DEVIATIONS = 0.2
"""Standard deviation between the columns of a stencil, in that of the column."""
_MAX_DEVIATIONS = 3.0

Array = NDArray[np.float64]


def draw_inputs(network: PhysicalNetwork, columns: int, seed: int) -> list[Tensor]:
    """Draw inputs of a network from its training range.

    Parameters
    ----------
    network : PhysicalNetwork
        Its `plausible`, or else its description, gives mean and standard deviation of
        every input.
    columns : int
        How many columns; a global network gets one image on its own grid.
    seed : int
        The same seed gives the same columns.

    Returns
    -------
    list of Tensor
        One float64 tensor per input, in the order and units of the contract, of the
        shapes of `gwparam.contract.Contract.input_shape`; normally distributed,
        correlated along the levels and between neighbours, within three standard
        deviations and within the range seen in training where it is known.

    Raises
    ------
    ContractError
        If the training range of an input is not known.
    """
    generator = np.random.default_rng(seed)
    given = network.plausible or network.description.training_range
    ranges = {known.name: known for known in given}
    drawn = []
    for field in network.inputs:
        known = ranges.get(field.name)
        if known is None or known.mean is None or known.standard_deviation is None:
            raise ContractError(
                f"training_range of {field.name} is missing, expected mean and "
                "standard_deviation"
            )
        values = _draw(known, network.geometry, columns, generator)
        if field.units == "degrees_north":
            values = values.clip(-90.0, 90.0)
        if field.levels == "surface":
            values = values[0] if network.geometry.kind == "global" else values[:, 0]
        drawn.append(torch.from_numpy(np.ascontiguousarray(values)))
    return drawn


def _draw(
    known: TrainingRange,
    geometry: Geometry,
    columns: int,
    generator: np.random.Generator,
) -> Array:
    """Draw (columns, nlev), (columns, nlev, s, s) or (nlev, nlat, nlon) values."""
    mean, deviation = np.array(known.mean), np.array(known.standard_deviation)
    nlev = mean.size
    if geometry.kind == "global":
        nlat, nlon = len(geometry.latitude or ()), len(geometry.longitude or ())
        noise: NDArray[Any] = generator.standard_normal((nlon, nlat, nlev))
        noise = noise @ _correlation(nlev)
        along = _correlation(nlat).T @ np.swapaxes(noise, 0, 2)  # (nlev, nlat, nlon)
        noise = along @ _correlation(nlon)
    else:
        noise = generator.standard_normal((columns, nlev)) @ _correlation(nlev)
    if geometry.kind == "stencil":
        width = 2 * (geometry.radius or 0) + 1
        around = generator.standard_normal((columns, nlev, width, width))
        noise = noise[:, :, None, None] + _NEIGHBOUR_DEVIATIONS * around
    shape = (nlev,) if geometry.kind == "column" else (nlev, 1, 1)
    clipped: Array = noise.clip(-_MAX_DEVIATIONS, _MAX_DEVIATIONS)
    values: Array = mean.reshape(shape) + deviation.reshape(shape) * clipped
    if known.minimum is not None:
        values = np.maximum(values, np.reshape(known.minimum, shape))
    if known.maximum is not None:
        values = np.minimum(values, np.reshape(known.maximum, shape))
    return values


def _correlation(count: int) -> Array:
    """Matrix that makes rows of white noise vary together over neighbouring points."""
    point = np.arange(count)
    distance = np.subtract.outer(point, point) / _CORRELATION_LEVELS
    # The jitter keeps the smooth correlation positive definite in float64.
    correlation = np.exp(-0.5 * distance**2) + 1e-6 * np.eye(count)
    factor: Array = np.linalg.cholesky(correlation).T.astype(np.float64)
    return factor
