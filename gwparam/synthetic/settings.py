"""Settings of a training."""

from dataclasses import dataclass

from gwparam.errors import ArgumentError


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Attributes
    ----------
    epochs : int
        Passes over the samples.
    batch : int
        Samples of one step.
    learning_rate : float
        Largest learning rate of the one-cycle schedule.
    seed : int
        Seed of the initial weights and of the order of the samples.

    Raises
    ------
    ArgumentError
        If the seed is negative or another setting is not positive.
    """

    epochs: int = 20
    batch: int = 512
    learning_rate: float = 4.0e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "learning_rate"):
            value = getattr(self, name)
            if not value > 0:
                raise ArgumentError(f"{name} is {value}, expected more than 0")
        if self.seed < 0:
            raise ArgumentError(f"seed is {self.seed}, expected at least 0")
