"""What a replay found."""

from dataclasses import dataclass, field

from gwparam.contract import Field
from gwparam.data.missing import LeftOut
from gwparam.data.training_range import Difference
from gwparam.evaluate.accumulate import ZonalMean
from gwparam.evaluate.scores import Scores
from gwparam.guard_reports import GuardReport


@dataclass
class OutputResult:
    """What was found of one output.

    Attributes
    ----------
    field : Field
        The output.
    pressure : tuple of float
        Reference pressures of the levels that are compared [Pa], in the files' order;
        none of an output at the surface.
    levels : slice
        Those levels: all, but for a flux of which the network gives fewer.
    difference : Scores
        Of the library against PyTorch.
    reference : str or None
        Variable of the files that the output is held against, where there is one.
    scores : Scores or None
        Against it.
    zonal_means : dict of str to ZonalMean
        Of ``network`` and, where there is one, of ``reference``.
    maximum_magnitude : float or None
        Largest credible value by the contract, in the output's units.
    columns_beyond : int
        Columns, over all times, with a larger absolute value than that.
    without_reference : int
        Columns, over all times, of which the files declare the reference as missing;
        no score counts them.
    """

    field: Field
    pressure: tuple[float, ...]
    levels: slice
    difference: Scores
    reference: str | None
    scores: Scores | None
    zonal_means: dict[str, ZonalMean]
    maximum_magnitude: float | None
    columns_beyond: int = 0
    without_reference: int = 0

    @property
    def relative_difference(self) -> float:
        """Largest difference to PyTorch, relative to its largest absolute value."""
        globe = self.difference.pooled[0]
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
    outputs : list of OutputResult
        One an output.
    has_latitude : bool
        Whether the files have latitudes; without, there are no bands.
    level_note : str
        What is to be said of the levels; see `gwparam.data.host_levels`.
    left_out : LeftOut
        Columns that the files say have no values, which nothing counts.
    differences : list of Difference
        Mean and spread of the inputs, beside those of training.
    guards : list of GuardReport
        What each guard of the library caught; none through Fortran.
    library_seconds, eager_seconds : float
        Time in the library and in PyTorch, without reading and scoring [s].
    """

    times: range
    columns: int
    pressure: tuple[float, ...]
    tolerance: float
    outputs: list[OutputResult]
    has_latitude: bool
    level_note: str = ""
    left_out: LeftOut = field(default_factory=LeftOut)
    differences: list[Difference] = field(default_factory=list)
    guards: list[GuardReport] = field(default_factory=list)
    library_seconds: float = 0.0
    eager_seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether library and PyTorch agree within the artefact's tolerance."""
        return all(o.relative_difference <= self.tolerance for o in self.outputs)
