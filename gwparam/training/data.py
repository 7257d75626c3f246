"""Data to train on, and what a network in training knows of its own channels."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike

from torch import Tensor, nn

from gwparam.data.dates import Dates
from gwparam.training.losses import Outputs
from gwparam.training.samples import Samples
from gwparam.training.statistics import Survey


class Data(ABC):
    """Files to train on; a context manager.

    Attributes
    ----------
    samples : Samples
        What they hold, as the network sees it.
    dates : Dates
        When the samples are.
    """

    samples: Samples
    dates: Dates

    def __enter__(self) -> "Data":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the files."""

    @abstractmethod
    def fingerprint(self, time: int) -> str:
        """Digest of the features of one time: the same numbers, the same digest."""

    @abstractmethod
    def check_alike(self, other: "Data") -> None:
        """Check that other files are on the same grid and levels.

        Raises
        ------
        ContractError
            If not; the message names both files.
        """

    @abstractmethod
    def report(self) -> list[tuple[str, str]]:
        """Say what was found, as pairs of a word and a description, for people."""


class Meaning(ABC):
    """What the channels of a network in training are, and what becomes of it.

    Attributes
    ----------
    outputs : Outputs
        Of the network, for the loss.
    fields : tuple of (str, str)
        Name and units of what `restore` gives.
    missing : tuple of str
        Options that an export of the network will still ask for.
    """

    outputs: Outputs
    fields: tuple[tuple[str, str], ...]
    missing: tuple[str, ...] = ()

    @abstractmethod
    def view(self, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Turn the samples of one time into physical fields, as far as they are known.

        Returns
        -------
        features, targets : Tensor, shape (rows, channel, ...)
            What a survey takes the statistics of, float64.
        """

    @abstractmethod
    def tendency(self, targets: Tensor) -> Tensor | None:
        """Tendency of the wind [m s-2] in the targets of `view`; None if not known."""

    @abstractmethod
    def restore(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Give the outputs of one time, as the network gives them, as `fields`.

        Returns
        -------
        tuple of Tensor
            Each of shape (rows, nlev, ...), in its units, float64.
        """

    @abstractmethod
    def settle(
        self, network: nn.Module, survey: Survey, samples: Sequence[Samples]
    ) -> None:
        """Set what depends on the training samples, once the first weights are there.

        Parameters
        ----------
        network : Module
            The bare network.
        survey : Survey
            Of the training samples.
        samples : sequence of Samples
            All that the network will see.
        """

    def recipe(self, survey: Survey) -> str | None:
        """Text of the scaling recipe, with what training saw; None if there is none."""
        return None

    @abstractmethod
    def save(
        self,
        path: str | PathLike[str],
        weights: Mapping[str, Tensor],
        survey: Survey,
        name: str | None,
    ) -> None:
        """Write weights as a checkpoint that ``gwparam export`` takes.

        Raises
        ------
        ModelFileError
            If the file cannot be written.
        """


_LIMIT_FACTOR = 15.0


def largest_credible(seen: float) -> float:
    """Largest credible |tendency| [m s-2] of a network that saw such up to `seen`.

    The default limit of an export, 0.01 m s-2, is as many times the largest drag that
    the scheme of Alexander and Dunkerton gives in global states of MiMA.
    """
    return _LIMIT_FACTOR * seen
