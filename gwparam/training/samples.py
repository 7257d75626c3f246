"""What a network learns from: features and targets, some times of them at a go."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gwparam.data.training_files import FEATURES, OUTPUT, TrainingFiles

Pair = tuple[Tensor, Tensor]


class Samples(ABC):
    """Samples by time.

    Attributes
    ----------
    rows : int
        Samples of one time: 1 where a sample is the whole globe.
    nbytes : int
        Bytes of the samples of one time.
    """

    rows: int
    nbytes: int

    @abstractmethod
    def __len__(self) -> int:
        """Count the times."""

    @abstractmethod
    def read(self, time: int) -> Pair:
        """Features and targets of one time, (rows, ...) each, float32."""


class ChannelSamples(Samples):
    """Chosen channels of training files.

    Parameters
    ----------
    files : TrainingFiles
        The files.
    features, outputs : sequence of int
        Channels, in the order in which the network sees and gives them.
    whole : bool
        A sample is the image of the globe; otherwise a cell, with those around it where
        the files have them, of which the target is that in the middle.
    """

    def __init__(
        self,
        files: TrainingFiles,
        features: Sequence[int],
        outputs: Sequence[int],
        whole: bool,
    ) -> None:
        self.files = files
        self._features, self._outputs = np.asarray(features), np.asarray(outputs)
        self._whole = whole
        self.rows = 1 if whole else files.shape[0] * files.shape[1]
        self.nbytes = files.nbytes

    def __len__(self) -> int:
        return len(self.files)

    def read(self, time: int) -> Pair:
        """Features and targets of one time.

        Returns
        -------
        features, targets : Tensor
            (1, channel, nlat, nlon) each; of cells (nlat * nlon, channel), features
            with two more axes for the cells around where the files have them.

        Raises
        ------
        ModelFileError, NonFiniteError
            As `TrainingFiles.read`.
        """
        features = self.files.read(FEATURES, time)[self._features]
        outputs = self.files.read(OUTPUT, time)[self._outputs]
        if self._whole:
            return torch.from_numpy(features)[None], torch.from_numpy(outputs)[None]
        if outputs.ndim == 5:
            middle = outputs.shape[-1] // 2
            outputs = outputs[..., middle, middle]
        return _cells(features), _cells(outputs)


class CachedSamples(Samples):
    """Samples that are read once and then kept in memory.

    Parameters
    ----------
    samples : Samples
        Where they come from.
    """

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._cached: dict[int, Pair] = {}
        self.rows, self.nbytes = samples.rows, samples.nbytes

    def __len__(self) -> int:
        return len(self._samples)

    def read(self, time: int) -> Pair:
        """Features and targets of one time."""
        if time not in self._cached:
            self._cached[time] = self._samples.read(time)
        return self._cached[time]


def _cells(channels: np.ndarray) -> Tensor:
    """Turn (channel, nlat, nlon, ...) into (nlat * nlon, channel, ...)."""
    cells = np.moveaxis(channels, 0, 2)
    return torch.from_numpy(np.ascontiguousarray(cells).reshape(-1, *cells.shape[2:]))
