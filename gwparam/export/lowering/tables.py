"""Tables of functions of two numbers, with a proven bound of their error.

In every cell of a regular grid the table is the polynomial of the third degree in both
numbers that equals the function at 4 x 4 Chebyshev nodes. Along one axis such a
polynomial differs from a function f by at most h^4 / 3072 max |f''''| in a cell of
width h, and is at most 1.848 times as large as f, the Lebesgue constant (Trefethen
2013, Approximation Theory and Approximation Practice, chapters 4 and 15).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.export.lowering.program import (
    MAX_CELLS,
    PATCH,
    Cells,
    ColumnProgram,
    SmallFunction,
)
from gwparam.export.lowering.reference import arguments_of

Array = NDArray[np.float64]

_FEWEST_UNITS = 16
"""A function of fewer is as fast without a table."""
_WIDER = 0.5
"""What a table reaches beyond the arguments seen, on each side, in their spread."""
_TOLERANCE = 2.0**-22
"""Largest error aimed at, in the largest value: what float32 itself loses."""
_MOST_CELLS = 1 << 13
"""Half a megabyte: more does not stay in the cache of a core."""
_LEBESGUE = 1.848
_ROUNDING = 2.0**-24
"""Of one operation of float32, in its result."""


def tabulate(program: ColumnProgram, fields: Sequence[NDArray[Any]]) -> ColumnProgram:
    """Give functions of two numbers a table.

    Only smooth ones of many units get one, and only in float32, whose rounding is no
    better than the table.

    Parameters
    ----------
    program : ColumnProgram
        As lowered.
    fields : sequence of ndarray, shape (columns, size) or (columns,)
        Its inputs in columns as they occur: tables cover what functions see there, and
        half as much again on both sides. Beyond, the functions themselves are computed.

    Returns
    -------
    ColumnProgram
        With tables among its weights.
    """
    if program.dtype != "float32":
        return program
    weights = [program.weights]
    steps = list(program.instructions)
    for i, seen in arguments_of(program, fields):
        function = steps[i].function
        assert function is not None
        table = None
        if _may_have_table(function):
            its = _Function.of(program, function)
            table = _table_of(its, seen.astype(np.float64))
        if table is None:
            continue
        # A cell is a line of the cache.
        weights.append(np.zeros(-sum(part.size for part in weights) % PATCH))
        patches = sum(part.size for part in weights)
        weights += [table.patches, table.place]
        shape = table.patches.shape
        cells = Cells(shape[:2], patches + table.patches.size, patches, table.bound)
        steps[i] = replace(steps[i], function=replace(function, table=cells))
    joined = np.concatenate([part.reshape(-1) for part in weights]).astype("float32")
    return replace(program, instructions=tuple(steps), weights=joined)


def _may_have_table(function: SmallFunction) -> bool:
    """Whether it is a smooth function of two numbers, and long to compute."""
    is_smooth = function.activation == "silu"
    return is_smooth and function.inputs == 2 and function.units >= _FEWEST_UNITS


@dataclass(frozen=True)
class _Function:
    """Weights (units, 2), bias, factors (units,) and shift, as the program has them."""

    weight: Array
    bias: Array
    sum: Array
    shift: float

    @classmethod
    def of(cls, program: ColumnProgram, its: SmallFunction) -> "_Function":
        weights = program.weights.astype(np.float64)
        return cls(
            weights[its.weight :][: its.units * its.inputs].reshape(its.units, -1),
            weights[its.bias :][: its.units],
            weights[its.sum :][: its.units],
            float(weights[its.shift]),
        )

    def __call__(self, x: Array, y: Array) -> Array:
        """Values on a grid, shape (x.size, y.size)."""
        z = np.outer(x, self.weight[:, 0])[:, None] + np.outer(y, self.weight[:, 1])
        z += self.bias
        silu = z / (1.0 + np.exp(-z.clip(-700.0)))
        values: Array = silu @ self.sum + self.shift
        return values


@dataclass(frozen=True)
class _Table:
    """Coefficients (n, m, 4, 4), first values and cells in a unit, and the bound."""

    patches: Array
    place: Array
    bound: float


def _table_of(function: _Function, seen: Array) -> _Table | None:
    """Make the table of arguments like those seen (2, n); None if it is too large."""
    low, high = seen.min(axis=1), seen.max(axis=1)
    margin = _WIDER * (high - low)
    if not (np.isfinite(margin).all() and (margin > 0.0).all()):
        return None
    first = (low - margin).astype(np.float32).astype(np.float64)
    width = high + margin - first
    sides = np.linspace(first, first + width, 33).T
    target = _TOLERANCE * np.abs(function(*sides)).max()
    counts = np.array([8, 8])
    while True:
        # What float32 holds is the grid.
        scale = (counts / width).astype(np.float32).astype(np.float64)
        errors = _interpolation_errors(function, first, 1.0 / scale, counts)
        if errors.sum() <= target:
            break
        worse = int(errors.argmax())
        counts[worse] += counts[worse] // 4
        if counts.prod() > _MOST_CELLS or counts.max() > MAX_CELLS:
            return None
    patches = _interpolated(function, first, 1.0 / scale, counts)
    rounding = _rounding_error(function, patches, width)
    place = np.concatenate((first, scale))
    return _Table(patches, place, float(errors.sum() + rounding))


def _centres(first: float, width: float, count: int) -> Array:
    centres: Array = first + width * (np.arange(count, dtype=np.float64) + 0.5)
    return centres


def _interpolation_errors(
    function: _Function, first: Array, width: Array, counts: NDArray[np.int64]
) -> Array:
    """Bounds of the errors in the worst cell, along each axis."""
    x, y = (_centres(*axis) for axis in zip(first, width, counts, strict=True))
    total = np.zeros((x.size, y.size, 2))
    units = zip(function.weight, function.bias, function.sum, strict=True)
    for weight, bias, factor in units:
        z = np.add.outer(weight[0] * x, weight[1] * y) + bias
        reach = np.abs(weight) @ width / 2.0
        derivative = _largest_fourth_derivative(np.abs(z) - reach)
        total += np.multiply.outer(derivative, np.abs(factor) * weight**4)
    errors = width**4 / 3072.0 * total * (1.0, _LEBESGUE)
    worst: Array = errors.reshape(-1, 2)[errors.sum(axis=2).argmax()]
    return worst


_STEP = 1e-3


def _envelope() -> Array:
    """Largest fourth derivative of silu from each multiple of a step on.

    Between multiples it grows by no more than half a step times the fifth derivative,
    which is at most 0.7.
    """
    s = 1.0 / (1.0 + np.exp(-_STEP * np.arange(40_000)))
    z = _STEP * np.arange(40_000)
    # Derivatives of the sigmoid are polynomials in it.
    third = s * (1 - s) * (1 - 6 * s + 6 * s**2)
    fourth = s * (1 - s) * (1 - 2 * s) * (1 - 12 * s + 12 * s**2)
    largest = np.maximum.accumulate(np.abs(z * fourth + 4 * third)[::-1])[::-1]
    envelope: Array = largest + 0.7 * _STEP / 2.0
    return envelope


_ENVELOPE = _envelope()


def _largest_fourth_derivative(distance: Array) -> Array:
    """Of silu, an even function, at all places at least so far from 0."""
    place = (distance.clip(0.0) / _STEP).astype(np.int64)
    largest: Array = _ENVELOPE[place.clip(max=_ENVELOPE.size - 1)]
    return largest


def _interpolated(
    function: _Function, first: Array, width: Array, counts: NDArray[np.int64]
) -> Array:
    """Coefficients (n, m, 4, 4) of powers of the distance from the centre, in cells."""
    nodes = np.cos(np.pi * (2 * np.arange(4) + 1) / 8.0) / 2.0
    x, y = (
        (_centres(*axis)[:, None] + axis[1] * nodes).reshape(-1)
        for axis in zip(first, width, counts, strict=True)
    )
    values = np.concatenate([function(part, y) for part in np.split(x, counts[0])])
    values = values.reshape(counts[0], 4, counts[1], 4)
    inverse = np.linalg.inv(np.vander(nodes, increasing=True))
    patches: Array = np.einsum("ai,bj,xiyj->xyab", inverse, inverse, values)
    return patches


def _rounding_error(function: _Function, patches: Array, width: Array) -> float:
    """Bound of what float32 loses: in place, coefficients and Horner's rule."""
    # The derivative of silu is at most 1.1. A difference and a product make a place.
    slopes = 1.1 * np.abs(function.sum) @ np.abs(function.weight)
    place = 2.0 * _ROUNDING * width @ slopes
    powers = 0.5 ** np.arange(4)
    sizes = np.abs(patches) @ powers @ powers
    # Each of both rules rounds three times; a coefficient once.
    return float(place + 7.0 * _ROUNDING * sizes.max())
