"""Files to train on, whatever they are."""

from abc import ABC, abstractmethod
from typing import Self

from gwparam.data.dates import Dates
from gwparam.training.samples import Samples


class Data(ABC):
    """Files to train on; a context manager.

    Attributes
    ----------
    samples : Samples
        What they hold, as the network sees it.
    dates : Dates
        When the samples are.
    edges : tuple of int
        Times before and after its own that a sample takes in.
    """

    samples: Samples
    dates: Dates
    edges: tuple[int, int] = (0, 0)

    def __enter__(self) -> Self:
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
    def check_alike(self, other: Self) -> None:
        """Check that other files are on the same grid and levels.

        Raises
        ------
        ContractError
            If not; the message names both files.
        """

    @abstractmethod
    def report(self) -> list[tuple[str, str]]:
        """Say what was found, as pairs of a word and a description, for people."""
