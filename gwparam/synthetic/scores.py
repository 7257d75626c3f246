"""How well a network gives the teacher's drag."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gwparam.evaluate.metrics import score
from gwparam.evaluate.scores import Scores, globe_and_bands
from gwparam.networks.wavenet import WaveNetDrag
from gwparam.synthetic.columns import Columns
from gwparam.synthetic.teacher import Drag

Array = NDArray[np.float64]

_CHUNK_COLUMNS = 4096  # keeps the activations small


@dataclass(frozen=True)
class OutputScore:
    """Score of one output over all levels of the columns that were held out.

    Attributes
    ----------
    name : str
        Name of the output.
    r2, correlation : float
        Coefficient of determination and Pearson's correlation [1].
    rms_error : float
        In the units of the output.
    """

    name: str
    r2: float
    correlation: float
    rms_error: float


def predict(network: WaveNetDrag, columns: Columns) -> Drag:
    """Drag by a network.

    Parameters
    ----------
    network : WaveNetDrag
        In float64 and eval mode.
    columns : Columns
        The atmosphere.

    Returns
    -------
    Drag
        Tendencies of the wind [m s-2].
    """
    inputs = [
        torch.split(torch.from_numpy(np.ascontiguousarray(array)), _CHUNK_COLUMNS)
        for array in (
            columns.eastward_wind,
            columns.northward_wind,
            columns.surface_pressure,
            columns.latitude,
        )
    ]
    with torch.inference_mode():
        parts = [network(*chunk) for chunk in zip(*inputs, strict=True)]
    return Drag(*(torch.cat(part).numpy() for part in zip(*parts, strict=True)))


def score_drag(
    prediction: Drag, reference: Drag, latitude: Array
) -> tuple[OutputScore, ...]:
    """Score predicted drag, all levels and columns together.

    Parameters
    ----------
    prediction, reference : Drag
        What a network gives, and what its teacher gives.
    latitude : ndarray, shape (ncol,)
        Latitude of the columns [degrees_north].

    Returns
    -------
    tuple of OutputScore
        One an output.
    """
    result = []
    for field, predicted, true in zip(
        WaveNetDrag.outputs, prediction, reference, strict=True
    ):
        scores = Scores(globe_and_bands(latitude), true.shape[1])
        scores.add(predicted, true)
        globe = score(scores.pooled[0])
        result.append(
            OutputScore(field.name, globe.r2, globe.correlation, globe.rms_error)
        )
    return tuple(result)
