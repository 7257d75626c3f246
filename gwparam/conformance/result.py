"""What a replay found."""

from dataclasses import dataclass

from gwparam.contract import Field
from gwparam.evaluate.metrics import Scores, ZonalMean


@dataclass
class VariableScores:
    """Scores of one output.

    Attributes
    ----------
    field : Field
        The output.
    reference : str or None
        Variable that holds the reference tendency, where there is one.
    eager_scores : Scores
        Against PyTorch.
    reference_scores : Scores or None
        Against the reference.
    maximum_magnitude : float or None
        Largest credible value by the contract, in the output's units.
    columns_beyond : int
        Columns, over all times, with a larger absolute value than that.
    zonal_means : dict of str to ZonalMean
        Of ``network`` and, where there is one, of ``reference``.
    pressure : tuple of float
        Reference pressures of the levels that are scored [Pa], in the files' order.
    levels : slice
        Those levels: all, but for a flux of which the network gives fewer.
    """

    field: Field
    reference: str | None
    eager_scores: Scores
    reference_scores: Scores | None
    maximum_magnitude: float | None
    columns_beyond: int
    zonal_means: dict[str, ZonalMean]
    pressure: tuple[float, ...]
    levels: slice

    @property
    def relative_difference(self) -> float:
        """Largest difference to PyTorch, relative to its largest absolute value."""
        globe = self.eager_scores.globe
        largest = float(globe.largest_reference)
        difference = float(globe.largest_error)
        return difference / largest if largest > 0.0 else difference


@dataclass
class Replay:
    """What a replay found.

    Attributes
    ----------
    times : range
        Numbers of the times that were run.
    columns : int
        Columns of one time.
    pressure : tuple of float
        Reference pressures of the levels [Pa], in the files' order.
    tolerance : float
        Largest `relative_difference` that counts as agreement.
    variables : list of VariableScores
        One an output.
    library_seconds, eager_seconds : float
        Time in the library and in PyTorch, without reading and scoring [s].
    has_latitude : bool
        Whether the files have latitudes; without, there are no bands.
    """

    times: range
    columns: int
    pressure: tuple[float, ...]
    tolerance: float
    variables: list[VariableScores]
    library_seconds: float
    eager_seconds: float
    has_latitude: bool

    @property
    def agrees(self) -> bool:
        """Whether library and PyTorch agree within the artefact's tolerance."""
        return all(v.relative_difference <= self.tolerance for v in self.variables)
