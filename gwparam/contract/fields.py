"""The parts of a contract: dataclasses whose attributes are the keys of its JSON."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gwparam.constants import REFERENCE_SURFACE_PRESSURE, STANDARD_GRAVITY
from gwparam.errors import ContractError

Values = tuple[float, ...] | None
Levels = Literal["full", "surface", "half"]
"""``half`` is reserved: no reader takes it yet."""
Dtype = Literal["float32", "float64"]


@dataclass(frozen=True)
class Weights:
    """Where the weights of one member come from."""

    checkpoint: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """Where the weights come from; `further` has those of the members 2 and on."""

    architecture: str
    checkpoint: str
    sha256: str
    further: tuple[Weights, ...] | None = None


@dataclass(frozen=True)
class Geometry:
    """What one result depends on.

    ``column``: its own column. ``stencil``: the columns up to `radius` cells away; rows
    beyond a pole repeat the row at the pole. ``global``: the whole image on `latitude`
    [degrees_north] and `longitude` [degrees_east].
    """

    kind: Literal["column", "stencil", "global"]
    radius: int | None = None
    poles: Literal["edge"] | None = None
    latitude: Values = None
    longitude: Values = None


@dataclass(frozen=True)
class Field:
    """One input."""

    name: str
    units: str
    levels: Levels
    dtype: Dtype


@dataclass(frozen=True)
class Output(Field):
    """One output.

    ``tendency``: of the wind or another state; it has a limit, and the host gets it on
    its own levels. ``flux``: an entry of the contract's `flux` says which, and a
    tendency follows from it. ``other``: the host gets it as the network gives it.
    """

    kind: Literal["tendency", "flux", "other"]


@dataclass(frozen=True)
class Vertical:
    """The network's levels, every list in the order of `order`.

    ``host``: those of the host, near `nominal_pressure` [Pa]. ``pressure``: at
    `pressure` [Pa]. ``hybrid``: at ``a + b * surface pressure``, `a` in Pa. `outside`
    is what the host's levels beyond the network's get. The last three are reserved:
    the same at half levels, one value more.
    """

    kind: Literal["host", "pressure", "hybrid"]
    order: Literal["top_down", "bottom_up"]
    nlev: int
    nominal_pressure: Values
    nominal_tolerance: float | None
    pressure: Values = None
    a: Values = None
    b: Values = None
    outside: Literal["zero", "taper"] | None = None
    half_pressure: Values = None
    half_a: Values = None
    half_b: Values = None

    @property
    def reference_pressure(self) -> tuple[float, ...]:
        """Pressure over a surface at 1000 hPa [Pa], as far as it is known."""
        if self.a is not None and self.b is not None:
            pairs = zip(self.a, self.b, strict=True)
            return tuple(a + b * REFERENCE_SURFACE_PRESSURE for a, b in pairs)
        known = self.pressure or self.nominal_pressure
        return known or tuple(
            np.geomspace(1e3, 0.95 * REFERENCE_SURFACE_PRESSURE, self.nlev).tolist()
        )


@dataclass(frozen=True)
class Flux:
    """How one output becomes a tendency of the wind.

    ``omega``: the output is ``sign * u'omega'`` [Pa m s-2] and the tendency
    -d(u'omega')/dp. ``height``: the output is ``sign * rho u'w'`` [Pa], u'w' positive
    upward, and the tendency g d(rho u'w')/dp. `given_levels` are the first level that
    the network itself gives and the one after its last; the output repeats its end
    values on the others, so that they get no drag.
    """

    name: str
    quantity: Literal["omega", "height"]
    sign: Literal[1, -1]
    tendency: str
    given_levels: tuple[int, ...] | None = None

    @property
    def factor(self) -> float:
        """The c of ``tendency = c * d output / dp``; `sign` is in it."""
        return self.sign * (-1.0 if self.quantity == "omega" else STANDARD_GRAVITY)


@dataclass(frozen=True)
class TrainingRange:
    """What one input looked like in training, per level, in the input's units."""

    name: str
    mean: Values
    standard_deviation: Values
    minimum: Values
    maximum: Values

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        parts = (self.mean, self.standard_deviation, self.minimum, self.maximum)
        return any(part is not None for part in parts)


@dataclass(frozen=True)
class Limit:
    """Largest credible absolute value of one tendency, in its units."""

    name: str
    maximum_magnitude: float


@dataclass(frozen=True)
class Probe:
    """Size of the recorded example, and how closely it must be reproduced.

    `tolerance` is the largest absolute difference, relative to the largest absolute
    value of that output in the probe; `reduced_tolerance` is that of products in TF32
    or bfloat16, which a host can ask for instead of the artefact's own type. Without
    it, `tolerance` holds for those too.
    """

    columns: int
    tolerance: float
    reduced_tolerance: float | None = None


@dataclass(frozen=True)
class Mask:
    """The random mask that is part of the graph: masked share, and seed of the draw."""

    ratio: float
    seed: int


@dataclass(frozen=True)
class TrainingDates:
    """One period of the training data: first and last day, as YYYY-MM-DD."""

    first: str
    last: str
    calendar: str | None = None


@dataclass(frozen=True)
class ExpectedError:
    """Root mean square error of one output or tendency on data kept from training.

    A value a level of the network, in the units of the output or tendency.
    """

    name: str
    root_mean_square: tuple[float, ...]


@dataclass(frozen=True)
class TrainingRecord:
    """What a network was trained on, and its error on what was kept from training."""

    training_dates: tuple[TrainingDates, ...] = ()
    expected_error: tuple[ExpectedError, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """What changed the weights of a network after its training, by how it then did.

    Attributes
    ----------
    artefact, sha256 : str
        File that it was made from.
    against, against_sha256 : str
        File of the statistics that it should have.
    layers : tuple of str
        Whose weights were changed.
    members, iterations, years, seed : int
        Of the ensemble; years of each member.
    misfit_before, misfit_after : float
        Mean square departure from the statistics, in units of their noise. Before is
        absent where the network was unstable.
    """

    artefact: str
    sha256: str
    against: str
    against_sha256: str
    layers: tuple[str, ...]
    members: int
    iterations: int
    years: int
    seed: int
    misfit_after: float
    misfit_before: float | None = None


@dataclass(frozen=True)
class ColumnProgram:
    """Reserved: the network as a program for one column, in a file of the archive."""

    file: str
    version: int


@dataclass(frozen=True)
class ExportedProgram:
    """The network as torch.export writes it: files of the archive.

    `weights` says where the archive holds the weights that the program is called with.
    """

    file: str
    weights: str


@dataclass(frozen=True)
class Checksum:
    """Reserved: SHA-256 of a file of the archive, hexadecimal."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Description:
    """What a trained network says of itself; its checkpoint may carry it."""

    name: str
    citation: str
    vertical: Vertical
    training_range: tuple[TrainingRange, ...]
    limits: tuple[Limit, ...]

    def __post_init__(self) -> None:
        for key in ("name", "citation"):
            text = getattr(self, key)
            # A terminal obeys such characters.
            if any(c < " " or "\x7f" <= c <= "\x9f" for c in text):
                raise ContractError(f"{key} is {text!r}, expected printable text")
