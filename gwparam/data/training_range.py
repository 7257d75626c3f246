"""States compared with what the network saw in training: mean and spread of each input.

A network that is run on other units, another normalisation or another planet answers
without complaint, and wrongly. The means and spreads of its inputs show it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Contract, TrainingRange
from gwparam.data.state_files import StateFiles

# Held-out states of the models that the published networks were trained on have a
# spread of 0.5 to 1.6 times that of training, and means within 0.3 of its standard
# deviation (the middle level counts). Another convention of three standard deviations
# for one, the most frequent mistake, makes a factor of 3.
SPREAD = 2.5
SHIFT = 1.5
# Of a part of the globe the spread is smaller and the mean elsewhere: only what no
# part could have counts.
REGIONAL_SHIFT = 3.0
_GLOBE = 100.0  # degrees of latitude

Array = NDArray[Any]


@dataclass(frozen=True)
class Difference:
    """One input in the states, beside training.

    Of the middle level of all; of all levels together where training is one number.

    Attributes
    ----------
    name : str
        The input.
    shift : float
        Mean in the states less that in training, in standard deviations of training
        [1].
    spread : float
        Standard deviation in the states over that in training [1].
    whole_globe : bool
        Whether the states are of the globe.
    """

    name: str
    shift: float
    spread: float
    whole_globe: bool

    @property
    def is_gross(self) -> bool:
        """Whether states like those of training do not differ so much."""
        if self.spread > SPREAD or abs(self.shift) > REGIONAL_SHIFT:
            return True
        narrow = self.spread < 1.0 / SPREAD or abs(self.shift) > SHIFT
        return self.whole_globe and narrow

    def __str__(self) -> str:
        return (
            f"{self.name}: mean {self.shift:+.2g} standard deviations of training "
            f"away, spread {self.spread:.2g} times that of training"
        )


class InputRange:
    """Mean and spread of inputs, state by state.

    Parameters
    ----------
    contract : Contract
        The network's, with its training range.
    states : StateFiles
        With the inputs bound.
    """

    def __init__(self, contract: Contract, states: StateFiles) -> None:
        self._known: dict[str, tuple[Array, Array]] = {}
        inputs = {field.name: field for field in contract.inputs}
        for seen in contract.training_range:
            if seen.mean is None or seen.standard_deviation is None:
                continue
            field = inputs[seen.name]
            mean, deviation = np.array([seen.mean, seen.standard_deviation])
            if field.levels == "full":
                mean, deviation = (
                    _on_levels(contract, states, v) for v in (mean, deviation)
                )
            self._known[field.name] = (mean, deviation)
        self._count = 0
        self._sums: dict[str, Array] = {}
        latitude, _ = states.coordinates(0)
        self._whole_globe = latitude is not None and np.ptp(latitude) > _GLOBE

    def add(self, fields: Mapping[str, Array]) -> None:
        """Take in one state, in the units of the contract."""
        count = 0
        for name, (mean, _) in self._known.items():
            columns = fields[name].reshape(-1, mean.size)
            count = len(columns)
            # Little is lost of the squares, so near the mean of training.
            distance = columns.astype(np.float64) - mean
            sums = np.stack([distance.sum(axis=0), (distance**2).sum(axis=0)])
            self._sums[name] = self._sums.get(name, 0.0) + sums
        self._count += count

    def differences(self) -> list[Difference]:
        """Compare what came so far with training, input by input."""
        found: list[Difference] = []
        for name, (usual, deviation) in self._known.items():
            if name not in self._sums:
                continue
            shift, square = self._sums[name] / self._count
            spread = np.sqrt(np.maximum(square - shift**2, 0.0))
            found += _difference(
                name, shift, spread, usual, deviation, self._whole_globe
            )
        return found


def compare_ranges(
    expected: Sequence[TrainingRange], given: Sequence[TrainingRange]
) -> list[Difference]:
    """Compare ranges, level by level, that are in the same units and order.

    Parameters
    ----------
    expected, given : sequence of TrainingRange
        What a network saw in training, and what it is to see now.

    Returns
    -------
    list of Difference
        Of the inputs that both know.
    """
    wide = next((seen for seen in given if seen.name == "latitude"), None)
    ends = None if wide is None else (wide.minimum, wide.maximum)
    whole = bool(ends and ends[0] and ends[1] and ends[1][0] - ends[0][0] > _GLOBE)
    trained = {seen.name: seen for seen in expected}
    found: list[Difference] = []
    for seen in given:
        if seen.name not in trained:
            continue
        mean, spread = _numbers(seen)
        usual, deviation = _numbers(trained[seen.name])
        if mean.size and mean.shape == usual.shape:
            shift = mean - usual
            found += _difference(seen.name, shift, spread, usual, deviation, whole)
    return found


def describe(differences: list[Difference]) -> dict[str, Any]:
    """Turn a comparison into what `json.dumps` takes.

    Returns
    -------
    dict
        ``agrees``: whether no input differs grossly, None where the contract tells of
        none; ``inputs``: ``shift`` and ``spread`` of each, and whether it ``agrees``.
    """
    inputs = {
        d.name: {"shift": d.shift, "spread": d.spread, "agrees": not d.is_gross}
        for d in differences
    }
    gross = any(d.is_gross for d in differences)
    return {"agrees": not gross if differences else None, "inputs": inputs}


def warnings(differences: list[Difference], label: str) -> list[str]:
    """Say which inputs differ grossly from training, one line each."""
    return [
        f"gwparam: warning: the states are not like those that {label} was trained on. "
        f"{d}; expected a spread of 1/{SPREAD:g} to {SPREAD:g} times and a mean within "
        f"{SHIFT if d.whole_globe else REGIONAL_SHIFT:g}: other units or another "
        "normalisation?"
        for d in differences
        if d.is_gross
    ]


def _difference(
    name: str,
    shift: Array,
    spread: Array,
    usual: Array,
    deviation: Array,
    whole_globe: bool,
) -> list[Difference]:
    """Compare one input by its middle level; none where no level is known.

    Where training is one mean and one deviation for all levels, these are of all levels
    together, and so are those of the states.
    """
    known = deviation > 0.0  # NaN where training had no such level
    if not known.any():
        return []
    shifts, spreads = (v[known] / deviation[known] for v in (shift, spread))
    if all(np.ptp(values[known]) == 0.0 for values in (usual, deviation)):
        mean, root = shifts.mean(), np.sqrt((spreads**2).mean() + shifts.var())
    else:
        mean, root = np.median(shifts), np.median(spreads)
    return [Difference(name, float(mean), float(root), whole_globe)]


def _numbers(seen: TrainingRange) -> tuple[Array, Array]:
    """Mean and standard deviation; empty where they are not known."""
    return np.array(seen.mean or ()), np.array(seen.standard_deviation or ())


def _on_levels(contract: Contract, states: StateFiles, values: Array) -> Array:
    """Bring statistics from the network's levels to those of the files, in their order.

    NaN beyond the network's.
    """
    vertical, given = contract.vertical, np.asarray(states.levels.pressure)
    if vertical.kind == "host":
        same = vertical.order == states.levels.order
        return values if same else values[::-1]
    pressure = np.asarray(vertical.reference_pressure)
    order = np.argsort(pressure)
    log = np.log(np.maximum(given, 1e-3))
    own = np.log(pressure[order])
    return np.asarray(np.interp(log, own, values[order], left=np.nan, right=np.nan))
