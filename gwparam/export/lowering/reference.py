"""A column program computed with numpy, as its specification says.

Judge of the engine and of the lowering: it is written to be read, not to be fast.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gwparam.export.lowering.program import (
    PATCH,
    Cells,
    ColumnProgram,
    Dense,
    Instruction,
    Operand,
    SmallFunction,
)

Array = NDArray[Any]


def run_program(program: ColumnProgram, fields: Sequence[Array]) -> list[Array]:
    """Compute a program for many columns.

    Parameters
    ----------
    program : ColumnProgram
        What to compute.
    fields : sequence of ndarray, shape (columns, size) or (columns,)
        The inputs, in the order of the program; they are rounded to its precision.

    Returns
    -------
    list of ndarray, shape (columns, size)
        The outputs, in the order of the program.
    """
    elements = _elements(program, fields)
    return [_read(program, elements, out.elements).T for out in program.outputs]


def arguments_of(
    program: ColumnProgram, fields: Sequence[Array]
) -> list[tuple[int, Array]]:
    """Give what functions of few numbers see in many columns.

    Parameters
    ----------
    program, fields
        As of `run_program`.

    Returns
    -------
    list of (int, ndarray)
        Place of the instruction, and arguments, shape (inputs, rows * columns).
    """
    elements = _elements(program, fields)
    return [
        (i, _read(program, elements, step.args[0]).reshape(step.function.inputs, -1))
        for i, step in enumerate(program.instructions)
        if step.function is not None
    ]


def _elements(program: ColumnProgram, fields: Sequence[Array]) -> Array:
    """Every element, shape (elements, columns)."""
    dtype = np.dtype(program.dtype)
    columns = len(fields[0])
    elements = np.empty((program.elements, columns), dtype)
    at = 0
    for field, values in zip(program.inputs, fields, strict=True):
        elements[at : at + field.size] = np.reshape(values, (columns, field.size)).T
        at += field.size
    with np.errstate(all="ignore"):
        for step in program.instructions:
            args = [_read(program, elements, operand) for operand in step.args]
            elements[at : at + step.size] = _compute(program, step, args)
            at += step.size
    return elements


def _read(program: ColumnProgram, elements: Array, operand: Operand) -> Array:
    parts = []
    for run in operand:
        if run.weights:
            values = program.weights[run.indices()][:, None]
            parts.append(np.broadcast_to(values, (run.count, elements.shape[1])))
        else:
            parts.append(elements[run.indices()])
    return np.concatenate(parts)


def _compute(program: ColumnProgram, step: Instruction, args: list[Array]) -> Array:
    columns: int = args[0].shape[1]
    if step.dense is not None:
        return _dense(program.weights, step.dense, args[0])
    if step.function is not None:
        return small_function(program.weights, step.function, args[0])
    if step.op in _RUNNING:
        along = args[0].reshape(step.length, -1, columns)
        return _running(step.op, along).reshape(step.size, columns)
    if step.op == "sum":
        along = args[0].reshape(step.length, -1, columns)
        return np.asarray(_running("running_sum", along)[-1])
    if step.op == "pick":
        values = args[1].reshape(step.length, -1, columns)
        return _pick(args[0], values)
    return np.asarray(_FUNCTIONS[step.op](*args))


def _dense(weights: Array, layer: Dense, x: Array) -> Array:
    columns = x.shape[1]
    x = x.reshape(layer.inputs, layer.rows * columns)
    size = layer.outputs * layer.inputs
    weight = weights[layer.weight : layer.weight + size].reshape(layer.outputs, -1)
    y = np.zeros((layer.outputs, x.shape[1]), x.dtype)
    if layer.bias is not None:
        y += weights[layer.bias : layer.bias + layer.outputs, None]
    for k in range(layer.inputs):
        y = _fma(weight[:, k, None], x[None, k], y)
    y += 0  # no -0
    if layer.relu:
        y[y < 0] = 0
    return y.reshape(layer.outputs * layer.rows, columns)


def small_function(weights: Array, function: SmallFunction, x: Array) -> Array:
    """Compute a function of few numbers.

    Parameters
    ----------
    weights : ndarray
        Of the program.
    function : SmallFunction
        Where it is among them.
    x : ndarray, shape (inputs * rows, columns)
        Arguments.

    Returns
    -------
    ndarray, shape (rows, columns)
        Values.
    """
    x = x.reshape(function.inputs, -1)
    layer = Dense(1, function.inputs, function.units, function.weight, function.bias)
    units = _dense(weights, layer, x)
    if function.activation == "relu":
        units = _FUNCTIONS["relu"](units)
    else:
        units = units * _FUNCTIONS["sigmoid"](units)
    total = Dense(1, function.units, 1, function.sum, function.shift)
    y = _dense(weights, total, units)[0]
    if function.table is not None:
        inside, values = _tabulated(weights, function.table, x)
        y[inside] = values[inside]
    return np.asarray(y.reshape(function.rows, -1))


def _tabulated(weights: Array, table: Cells, x: Array) -> tuple[Array, Array]:
    """Where arguments (2, n) are inside of a table, and values there."""
    first, scale = weights[table.place :][:4].reshape(2, 2, 1)
    counts = np.array(table.counts)[:, None]
    place = (x - first) * scale
    inside: Array = np.all((place >= 0) & (place < counts), axis=0)
    place = np.where(inside, place, 0)
    cell = place.astype(np.int64)
    s, t = place - cell.astype(x.dtype) - np.asarray(0.5, x.dtype)
    size = PATCH * counts.prod()
    patches = weights[table.patches :][:size].reshape(-1, 4, 4)
    patch = np.moveaxis(patches[cell[0] * counts[1] + cell[1]], 0, 2)
    return inside, _cubic(t, _cubic(s, patch))


def _cubic(t: Array, c: Array) -> Array:
    return _fma(_fma(_fma(c[3], t, c[2]), t, c[1]), t, c[0])


def _fma(a: Array, b: Array, c: Array) -> Array:
    """Multiply and add; in float32 through float64, where the product is exact."""
    if c.dtype == np.float32:
        return (a.astype(np.float64) * b + c).astype(np.float32)
    return np.asarray(a * b + c)


def _minimum(a: Array, b: Array) -> Array:
    smaller = np.where((a < b) | ((a == b) & np.signbit(a)), a, b)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, smaller).astype(a.dtype)


def _maximum(a: Array, b: Array) -> Array:
    larger = np.where((a > b) | ((a == b) & ~np.signbit(a)), a, b)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, larger).astype(a.dtype)


_RUNNING: Mapping[str, Callable[[Array, Array], Array]] = {
    "running_max": _maximum,
    "running_min": _minimum,
    "running_sum": np.add,
}


def _running(op: str, along: Array) -> Array:
    out = along.copy()
    for i in range(1, along.shape[0]):
        out[i] = _RUNNING[op](out[i - 1], along[i])
    return out


def _pick(index: Array, values: Array) -> Array:
    inside = (index >= 0) & (index < values.shape[0]) & (index == np.floor(index))
    at = np.where(inside, index, 0).astype(np.int64)
    picked = np.take_along_axis(values, at[None], axis=0)[0]
    return np.where(inside, picked, np.nan).astype(values.dtype)


_FUNCTIONS: Mapping[str, Callable[..., Array]] = {
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": lambda x: torch.sigmoid(torch.as_tensor(x)).numpy(),
    "relu": lambda x: np.where(x < 0, np.zeros_like(x), x),
    "trunc": np.trunc,
    "floor": np.floor,
    "erf": lambda x: torch.erf(torch.as_tensor(x)).numpy(),
    "reciprocal": lambda x: 1 / x,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "min": _minimum,
    "max": _maximum,
    "pow": np.power,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": lambda a, b: (a != 0) & (b != 0),
    "or": lambda a, b: (a != 0) | (b != 0),
    "select": lambda c, a, b: np.asarray(np.where(c != 0, a, b)),
    "fma": _fma,
}
"""Functions of each element; the engine's own polynomials differ in the last bits."""


def evaluate(op: str, *values: float) -> float:
    """Compute one function of numbers in float64."""
    with np.errstate(all="ignore"):
        return float(_FUNCTIONS[op](*(np.asarray(v, np.float64) for v in values)))
