"""Steps to a program: elements numbered for good, constants among the weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.export.lowering.builder import Builder, Function, Ids, Step, Weights
from gwparam.export.lowering.program import (
    RUNNING,
    ColumnProgram,
    Dense,
    Instruction,
    Operand,
    ProgramDtype,
    ProgramInput,
    ProgramOutput,
    Run,
    SmallFunction,
)


def number(
    builder: Builder,
    dtype: ProgramDtype,
    inputs: Sequence[ProgramInput],
    outputs: Sequence[tuple[str, Ids]],
) -> ColumnProgram:
    """Write the steps of a builder down.

    Parameters
    ----------
    builder : Builder
        Its first elements are the inputs.
    dtype : {"float32", "float64"}
        Precision; every weight is rounded once.
    inputs : sequence of ProgramInput
        The fields.
    outputs : sequence of (str, ndarray)
        Names and elements of the fields.
    """
    return _Writer(builder, dtype).write(inputs, outputs)


class _Writer:
    def __init__(self, builder: Builder, dtype: ProgramDtype) -> None:
        self.builder = builder
        self.dtype: ProgramDtype = dtype
        self.numbers = np.zeros(builder.count, np.int64)
        self.weights: list[NDArray[np.float64]] = []
        self.size = 0
        self.stored: dict[bytes, int] = {}

    def write(
        self,
        inputs: Sequence[ProgramInput],
        outputs: Sequence[tuple[str, Ids]],
    ) -> ColumnProgram:
        at = sum(field.size for field in inputs)
        self.numbers[:at] = np.arange(at)
        instructions = []
        for step in self.builder.steps:
            for op, args, out in self._plain(step):
                instructions.append(self._instruction(step, op, args, out))
                self.numbers[out] = np.arange(at, at + out.size).reshape(out.shape)
                at += out.size
        named = [ProgramOutput(name, self._operand(ids)) for name, ids in outputs]
        # A file that is empty would be taken for none.
        weights = np.concatenate(self.weights or [np.zeros(1)])
        return ColumnProgram(
            self.dtype,
            tuple(inputs),
            tuple(instructions),
            tuple(named),
            _rounded(weights, self.dtype),
        )

    def _plain(self, step: Step) -> list[tuple[str, list[Ids], Ids]]:
        """Say affine steps in operations of the set."""
        if step.op != "affine":
            return [(step.op, step.args, step.out)]
        x, scale, shift = step.args
        factor, added = self.builder.values(scale), self.builder.values(shift)
        plus, minus = factor == 1.0, factor == -1.0
        alone = added == 0.0
        parts = [
            ("neg", minus & alone, [x]),
            ("mul", ~minus & alone, [x, scale]),
            ("add", plus & ~alone, [x, shift]),
            ("sub", minus & ~alone, [shift, x]),
            ("fma", ~plus & ~minus & ~alone, [x, scale, shift]),
        ]
        return [
            (op, [ids[which] for ids in args], step.out[which])
            for op, which, args in parts
            if which.any()
        ]

    def _instruction(
        self, step: Step, op: str, args: list[Ids], out: Ids
    ) -> Instruction:
        operands = tuple(self._operand(ids.reshape(-1)) for ids in args)
        length = 0
        if op in RUNNING or op == "sum":
            length = args[0].shape[0]
        elif op == "pick":
            length = args[1].shape[0]
        dense = None
        if step.layer is not None:
            outputs, inputs = step.layer.weight.shape
            bias = None
            if step.layer.bias.any():
                bias = self._store(step.layer.bias)
            dense = Dense(
                out.shape[1],
                inputs,
                outputs,
                self._store(step.layer.weight),
                bias,
                step.layer.relu,
            )
        function = None
        if step.function is not None:
            function = self._function(step.function, out.size)
        return Instruction(op, operands, out.size, dense, length, function)

    def _function(self, function: Function, rows: int) -> SmallFunction:
        units, inputs = function.layer.weight.shape
        return SmallFunction(
            rows,
            inputs,
            units,
            self._store(function.layer.weight),
            self._store(function.layer.bias),
            function.activation,
            self._store(function.sum),
            self._store(np.array([function.shift])),
        )

    def _operand(self, ids: Ids) -> Operand:
        runs: list[Run] = []
        edges = np.flatnonzero(np.diff(ids < 0)) + 1
        for part in np.split(ids, edges):
            if part[0] < 0:
                values = self.builder.values(part)
                if (values == values[0]).all() and part.size > 1:
                    runs.append(Run(self._store(values[:1]), part.size, 0, True))
                else:
                    runs.append(Run(self._store(values), part.size, 1, True))
            else:
                runs.extend(_runs(self.numbers[part]))
        return tuple(runs)

    def _store(self, values: NDArray[np.float64]) -> int:
        """Put numbers among the weights; the same ones are there once."""
        flat = values.reshape(-1)
        key = flat.tobytes()
        if key not in self.stored:
            self.stored[key] = self.size
            self.weights.append(flat)
            self.size += flat.size
        return self.stored[key]


def _rounded(weights: Weights, dtype: ProgramDtype) -> NDArray[Any]:
    """Round numbers; the largest of float64 stands for the largest of its type.

    Networks put it in place of infinity, or where a mask lets nothing through.
    """
    limit = float(np.finfo(dtype).max)
    is_largest = np.abs(weights) == np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        return np.where(is_largest, weights.clip(-limit, limit), weights).astype(dtype)


def _runs(numbers: Ids) -> list[Run]:
    """Say a list of numbers in arithmetic progressions, from the first on."""
    runs = []
    at, count = 0, len(numbers)
    steps = np.diff(numbers)
    while at < count:
        if at == count - 1:
            runs.append(Run(int(numbers[at]), 1, 1))
            break
        other = np.flatnonzero(steps[at:] != steps[at])
        length = int(other[0]) + 1 if other.size else count - at
        runs.append(Run(int(numbers[at]), length, int(steps[at])))
        at += length
    return runs
