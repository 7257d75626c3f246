"""The states that an audit looks at: columns of files, or whole images of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.subject import Kind, State
from gwparam.data import StateFiles
from gwparam.data.pressure import read_half_levels
from gwparam.errors import ContractError, NonFiniteError, ShapeError
from gwparam.evaluate.grid import LatLonGrid
from gwparam.grids import half_way

Array = NDArray[np.float64]

MOST_COLUMNS = 4096
"""Columns of an audit, evenly drawn where there are more."""
_MOST_TIMES = {"column": 8, "stencil": 3, "global": 3}
_SEED = 20240707


@dataclass(frozen=True)
class Sample:
    """States for an audit.

    Attributes
    ----------
    description : str
        Where they come from.
    states : list of dict of str to ndarray
        Inputs by name, level last and top first, in float64: one state of many columns,
        or images (nlat, nlon), south to north and eastward from the prime meridian.
    references : list of dict of str to ndarray
        What the files have beside each, by the name of the output.
    pressure : ndarray, shape (nlev,)
        Reference pressure of the levels, top first [Pa].
    places : tuple of ndarray, or None
        Latitude and longitude of the columns of an image [degrees].
    half_levels : ndarray, shape (nlev + 1,), or None
        Reference pressure of the half levels [Pa], where the files have them.
    """

    description: str
    states: list[State]
    references: list[State]
    pressure: Array
    places: tuple[Array, Array] | None = None
    half_levels: Array | None = None

    @property
    def half(self) -> Array:
        """Half levels of the files, or half way between the levels [Pa]."""
        return half_way(self.pressure) if self.half_levels is None else self.half_levels

    def level_at(self, pressure: float) -> int:
        """Find the level that is nearest to a pressure [Pa]."""
        return int(np.abs(np.log(self.pressure / pressure)).argmin())

    @property
    def columns(self) -> int:
        """Count the columns of all states."""
        return sum(_horizontal(state, self.pressure.size) for state in self.states)


def _horizontal(state: State, nlev: int) -> int:
    sizes = [v.size // nlev for v in state.values() if v.shape[-1:] == (nlev,)]
    return sizes[0]


def read_sample(
    states: StateFiles,
    inputs: Sequence[str],
    references: Mapping[str, str],
    kind: Kind,
    times: range,
    told: Sequence[float],
) -> Sample:
    """Read the states of an audit from files.

    Parameters
    ----------
    states : StateFiles
        With inputs and references bound.
    inputs : sequence of str
        Names of all that the subject is given.
    references : mapping of str to str
        Variable of an output's reference.
    kind : str
        What the subject sees at once.
    times : range
        Numbers of the times that may be read; some, evenly, where they are many.
    told : sequence of float
        Reference pressures of the levels, in the files' order [Pa].

    Raises
    ------
    ContractError
        If a subject that sees neighbours has files without places.
    NonFiniteError
        If no column has all that is needed.
    GwparamError
        As `gwparam.data.StateFiles.read`.
    """
    if not states.columns:
        raise ShapeError("the states have no column, expected at least one")
    chosen = _evenly(times, _MOST_TIMES[kind])
    turned = states.levels.order == "bottom_up"
    pressure = np.asarray(told, np.float64)[:: -1 if turned else 1]
    half = _half_levels(states, turned)
    names = [*inputs, *references]
    description = f"{states.files.paths[0]}, {len(chosen)} of {len(states)} times"
    if kind != "column":
        grid = _grid(states)
        read = [_image(states, index, names, grid, turned) for index in chosen]
        places = np.meshgrid(grid.latitude, grid.longitude, indexing="ij")
        pair = (places[0], places[1])
        parted = _parted(read, inputs, references)
        return Sample(description, *parted, pressure, pair, half)
    parts = [_columns(states, index, names, turned) for index in chosen]
    whole = {n: np.concatenate([part[n] for part in parts]) for n in names}
    count = len(next(iter(whole.values())))
    if not count:
        raise NonFiniteError(
            "no column of the states has all inputs and references, by what the files "
            "declare, expected some"
        )
    some = np.arange(count)
    if count > MOST_COLUMNS:
        some = np.random.default_rng(_SEED).choice(count, MOST_COLUMNS, replace=False)
        some.sort()
        description += f", drawn from {count}"
    taken = [{n: values[some] for n, values in whole.items()}]
    parted = _parted(taken, inputs, references)
    return Sample(description, *parted, pressure, half_levels=half)


def _half_levels(states: StateFiles, turned: bool) -> Array | None:
    """Read the half levels over a surface at 1000 hPa; None where files have none."""
    if not states.knows_half_levels:
        return None
    try:
        found = read_half_levels(states.dataset, states.levels, states.files.paths[0])
    except ContractError:
        return None
    return found.hybrid.reference[:: -1 if turned else 1]


def _evenly(times: range, most: int) -> list[int]:
    if len(times) <= most:
        return list(times)
    return [times[int(i)] for i in np.linspace(0, len(times) - 1, most)]


def _parted(
    read: list[dict[str, Array]], inputs: Sequence[str], references: Mapping[str, str]
) -> tuple[list[State], list[State]]:
    return (
        [{name: fields[name] for name in inputs} for fields in read],
        [{name: fields[name] for name in references} for fields in read],
    )


def _columns(
    states: StateFiles, index: int, names: Sequence[str], turned: bool
) -> dict[str, Array]:
    """Read the columns of one time that have everything."""
    state = states.read(index, names)
    present = np.ones(states.horizontal, bool)
    for where in state.missing.values():
        present &= ~where
    return {name: _turned(states, name, state[name][present], turned) for name in names}


def _image(
    states: StateFiles,
    index: int,
    names: Sequence[str],
    grid: LatLonGrid,
    turned: bool,
) -> dict[str, Array]:
    """Read one time as an image."""
    state = states.read(index, names)
    for name in state.missing:
        raise NonFiniteError(
            f"{name} at time {index} is missing in some columns, by what the files "
            "declare, which neighbours would see"
        )
    found, axes = {}, len(states.horizontal)
    for name in names:
        columns = state[name].reshape(states.columns, *state[name].shape[axes:])
        found[name] = _turned(states, name, columns[grid.column], turned)
    return found


def _turned(states: StateFiles, name: str, values: NDArray[Any], turned: bool) -> Array:
    if turned and states.sources[name].levels != "surface":
        values = values[..., ::-1]
    return values.astype(np.float64)


def _grid(states: StateFiles) -> LatLonGrid:
    latitude, longitude = states.coordinates(0)
    if latitude is None or longitude is None:
        raise ContractError(
            "the network sees neighbours, expected latitude and longitude in the states"
        )
    return LatLonGrid(latitude, longitude)
