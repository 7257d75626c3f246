"""What a WaveNet is trained on: one row a column and wind component."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gwparam.synthetic.columns import Columns
from gwparam.synthetic.teacher import Drag


@dataclass(frozen=True)
class Samples:
    """Features and drag, first those of the eastward wind, then of the northward.

    Attributes
    ----------
    features : Tensor, shape (2 * ncol, nlev + 2), float32
        Wind [m s-1], surface pressure [Pa], latitude [degrees_north].
    drag : Tensor, shape (2 * ncol, nlev), float32
        Drag along that wind, less its mean, over its standard deviation [1].
    mean, standard_deviation : Tensor, shape (nlev,), float32
        Those of the drag [m s-2].
    """

    features: Tensor
    drag: Tensor
    mean: Tensor
    standard_deviation: Tensor

    def __len__(self) -> int:
        return self.features.shape[0]


def make_samples(columns: Columns, drag: Drag) -> Samples:
    """Turn columns and their drag into rows for training.

    Parameters
    ----------
    columns : Columns
        The atmosphere.
    drag : Drag
        What the teacher says of it.

    Returns
    -------
    Samples
        Twice as many rows as columns.
    """
    surface = np.stack([columns.surface_pressure, columns.latitude], axis=1)
    features = np.concatenate(
        [
            np.concatenate([wind, surface], axis=1, dtype=np.float32)
            for wind in (columns.eastward_wind, columns.northward_wind)
        ]
    )
    target = np.concatenate([drag.eastward, drag.northward])
    mean, deviation = target.mean(axis=0), target.std(axis=0)
    # Levels below every source have no drag at all, and stay so.
    deviation = np.where(deviation > 0.0, deviation, 0.0)
    scaled = (target - mean) / np.where(deviation > 0.0, deviation, 1.0)
    return Samples(
        torch.from_numpy(features),
        torch.from_numpy(scaled.astype(np.float32)),
        torch.from_numpy(mean.astype(np.float32)),
        torch.from_numpy(deviation.astype(np.float32)),
    )
