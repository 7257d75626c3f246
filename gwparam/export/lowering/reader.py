"""Reads a column program, and refuses what is none."""

import json
import math
from typing import Any, NoReturn

import numpy as np

from gwparam.errors import ModelFileError
from gwparam.export.lowering.program import (
    ACTIVATIONS,
    ARGUMENTS,
    MAX_CELLS,
    MAX_ELEMENTS,
    MAX_FUNCTION_INPUTS,
    PATCH,
    PROGRAM_FILE,
    PROGRAM_VERSION,
    RUNNING,
    WEIGHTS_FILE,
    Cells,
    ColumnProgram,
    Dense,
    Instruction,
    Operand,
    ProgramInput,
    ProgramOutput,
    Run,
    SmallFunction,
)

_FUNCTION = {"rows", "inputs", "units", "weight", "bias", "activation", "sum", "shift"}


def read_program(text: str | bytes, weights: bytes) -> ColumnProgram:
    """Read a program.

    Parameters
    ----------
    text, weights : str or bytes, and bytes
        What ``column_program.json`` and ``column_weights.bin`` hold.

    Raises
    ------
    ModelFileError
        If they do not make a program; the message names instruction and field.
    """
    return _Reader().read(text, weights)


class _Reader:
    """Counts what there is to refer to."""

    def __init__(self) -> None:
        self.elements = 0
        self.weights = 0
        self.dtype = ""

    def read(self, text: str | bytes, weights: bytes) -> ColumnProgram:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"{PROGRAM_FILE} is no JSON: {error}") from None
        keys = {"version", "dtype", "inputs", "instructions", "outputs", "weights"}
        _check_keys("", document, keys, keys)
        if document["version"] != PROGRAM_VERSION:
            _refuse("version", document["version"], PROGRAM_VERSION)
        dtype = document["dtype"]
        if dtype not in ("float32", "float64"):
            _refuse("dtype", dtype, "float32 or float64")
        self.dtype = dtype
        self.weights = _whole("weights", document["weights"], 0)
        width = np.dtype(dtype).itemsize
        if len(weights) != self.weights * width:
            _refuse(f"{WEIGHTS_FILE}: bytes", len(weights), self.weights * width)
        inputs = []
        for i, field in enumerate(_list("inputs", document["inputs"])):
            _check_keys(f"inputs[{i}]", field, {"name", "size"}, {"name", "size"})
            size = _whole(f"inputs[{i}].size", field["size"], 1)
            inputs.append(ProgramInput(_text(f"inputs[{i}].name", field["name"]), size))
            self.elements += size
        steps = []
        for i, step in enumerate(_list("instructions", document["instructions"])):
            steps.append(self._instruction(f"instructions[{i}]", step))
            self.elements += steps[-1].size
            if self.elements > MAX_ELEMENTS:
                _refuse(f"instructions[{i}].size", steps[-1].size, "fewer in all")
        outputs = []
        for i, field in enumerate(_list("outputs", document["outputs"])):
            key = f"outputs[{i}]"
            _check_keys(key, field, {"name", "from"}, {"name", "from"})
            elements = self._operand(f"{key}.from", field["from"])
            outputs.append(ProgramOutput(_text(f"{key}.name", field["name"]), elements))
        values = np.frombuffer(weights, np.dtype(dtype).newbyteorder("<"))
        return ColumnProgram(
            dtype,
            tuple(inputs),
            tuple(steps),
            tuple(outputs),
            values.astype(dtype),
        )

    def _instruction(self, key: str, step: Any) -> Instruction:
        needed = {"op", "args", "size"}
        op = step.get("op") if isinstance(step, dict) else None
        if not isinstance(op, str) or op not in ARGUMENTS:
            _refuse(f"{key}.op", op, "an operation of the set")
        layer = {"rows", "inputs", "outputs", "weight"}
        if op == "dense":
            _check_keys(key, step, needed | layer, needed | layer | {"bias", "relu"})
        elif op == "function":
            needed |= _FUNCTION
            _check_keys(key, step, needed, needed | {"table"})
        elif op in RUNNING | {"sum", "pick"}:
            needed |= {"length", "count"}
            _check_keys(key, step, needed, needed)
        else:
            _check_keys(key, step, needed, needed)
        args = _list(f"{key}.args", step["args"])
        if len(args) != ARGUMENTS[op]:
            _refuse(f"{key}.args", f"{len(args)} operands", ARGUMENTS[op])
        operands = tuple(
            self._operand(f"{key}.args[{i}]", arg) for i, arg in enumerate(args)
        )
        size = _whole(f"{key}.size", step["size"], 1)
        dense, function, length = None, None, 0
        sizes = [size] * len(args)
        made = size
        if op == "dense":
            dense = self._dense(key, step)
            made, sizes = dense.outputs * dense.rows, [dense.inputs * dense.rows]
        elif op == "function":
            function = self._function(key, step)
            made, sizes = function.rows, [function.inputs * function.rows]
        elif "length" in step:
            length = _whole(f"{key}.length", step["length"], 1)
            count = _whole(f"{key}.count", step["count"], 1)
            made = length * count if op in RUNNING else count
            sizes = [count, length * count] if op == "pick" else [length * count]
        if made != size:
            _refuse(f"{key}.size", size, made)
        for i, (operand, expected) in enumerate(zip(operands, sizes, strict=True)):
            given = sum(run.count for run in operand)
            if given != expected:
                _refuse(f"{key}.args[{i}]", f"{given} elements", expected)
        return Instruction(op, operands, size, dense, length, function)

    def _dense(self, key: str, step: dict[str, Any]) -> Dense:
        rows, inputs, outputs = (
            _whole(f"{key}.{name}", step[name], 1)
            for name in ("rows", "inputs", "outputs")
        )
        weight = self._place(f"{key}.weight", step["weight"], inputs * outputs)
        bias = None
        if "bias" in step:
            bias = self._place(f"{key}.bias", step["bias"], outputs)
        relu = step.get("relu", False)
        if not isinstance(relu, bool):
            _refuse(f"{key}.relu", relu, "true or false")
        return Dense(rows, inputs, outputs, weight, bias, relu)

    def _place(self, key: str, value: Any, count: int) -> int:
        """Where so many numbers begin among the weights."""
        place = _whole(key, value, 0)
        if place + count > self.weights:
            _refuse(key, place, f"so that {self.weights} weights suffice")
        return place

    def _function(self, key: str, step: dict[str, Any]) -> SmallFunction:
        rows, inputs, units = (
            _whole(f"{key}.{name}", step[name], 1)
            for name in ("rows", "inputs", "units")
        )
        if inputs > MAX_FUNCTION_INPUTS:
            _refuse(f"{key}.inputs", inputs, f"at most {MAX_FUNCTION_INPUTS}")
        if _text(f"{key}.activation", step["activation"]) not in ACTIVATIONS:
            _refuse(f"{key}.activation", step["activation"], " or ".join(ACTIVATIONS))
        sizes = {"weight": units * inputs, "bias": units, "sum": units, "shift": 1}
        places = {
            name: self._place(f"{key}.{name}", step[name], count)
            for name, count in sizes.items()
        }
        table = None
        if step.get("table") is not None:
            if inputs != 2 or self.dtype != "float32":
                _refuse(f"{key}.table", "there", "only for two inputs of float32")
            table = self._cells(f"{key}.table", step["table"])
        return SmallFunction(
            rows, inputs, units, activation=step["activation"], table=table, **places
        )

    def _cells(self, key: str, table: Any) -> Cells:
        keys = {"counts", "place", "patches", "bound"}
        _check_keys(key, table, keys, keys)
        counts = [
            _whole(f"{key}.counts[{i}]", count, 1)
            for i, count in enumerate(_list(f"{key}.counts", table["counts"]))
        ]
        if len(counts) != 2 or max(counts) > MAX_CELLS:
            _refuse(f"{key}.counts", counts, f"two, at most {MAX_CELLS}")
        bound = table["bound"]
        if type(bound) not in (float, int) or not 0.0 <= bound < math.inf:
            _refuse(f"{key}.bound", bound, "a number of at least 0")
        size = counts[0] * counts[1] * PATCH
        return Cells(
            (counts[0], counts[1]),
            self._place(f"{key}.place", table["place"], 4),
            self._place(f"{key}.patches", table["patches"], size),
            float(bound),
        )

    def _operand(self, key: str, operand: Any) -> Operand:
        runs = []
        for i, run in enumerate(_list(key, operand)):
            name = f"{key}[{i}]"
            weights = isinstance(run, list) and run[:1] == ["w"]
            numbers = run[1:] if weights else run
            if not (isinstance(numbers, list) and len(numbers) == 3):
                _refuse(name, run, "start, count and step")
            start, count = _whole(name, numbers[0], 0), _whole(name, numbers[1], 1)
            step = _whole(name, numbers[2], -math.inf)
            last = start + (count - 1) * step
            bound = self.weights if weights else self.elements
            if not (0 <= last < bound and start < bound and abs(step) <= bound):
                what = "weights" if weights else "earlier elements"
                _refuse(name, run, f"within {bound} {what}")
            runs.append(Run(start, count, step, weights))
        return tuple(runs)


def _refuse(key: str, given: Any, expected: Any) -> NoReturn:
    raise ModelFileError(f"{PROGRAM_FILE}: {key} is {given}, expected {expected}")


def _check_keys(key: str, value: Any, needed: set[str], known: set[str]) -> None:
    if not isinstance(value, dict):
        _refuse(key or "document", type(value).__name__, "an object")
    for name in sorted(needed - value.keys()):
        _refuse(f"{key}.{name}".lstrip("."), "missing", "a value")
    for name in sorted(value.keys() - known):
        _refuse(f"{key}.{name}".lstrip("."), "there", "no such key")


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        _refuse(key, value, "an array that is not empty")
    return list(value)


def _whole(key: str, value: Any, least: float) -> int:
    if type(value) is not int or value < least:
        _refuse(key, value, f"an integer from {least}")
    return int(value)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        _refuse(key, value, "a text")
    return str(value)
