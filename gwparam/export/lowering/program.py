"""A column program: a column network as a list of instructions over numbers.

``docs/column-program.md`` says what each instruction computes.
"""

import json
import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ModelFileError

PROGRAM_FILE = "column_program.json"
WEIGHTS_FILE = "column_weights.bin"
PROGRAM_VERSION = 1

UNARY = frozenset(
    "neg abs sqrt cbrt exp log sin cos tanh sigmoid relu trunc floor erf reciprocal"
    .split()
)
BINARY = frozenset("add sub mul div min max pow lt le gt ge eq ne and or".split())
TERNARY = frozenset(("select", "fma"))
RUNNING = frozenset(("running_max", "running_min", "running_sum"))
ARGUMENTS = {
    **dict.fromkeys(UNARY, 1),
    **dict.fromkeys(BINARY, 2),
    **dict.fromkeys(TERNARY, 3),
    **dict.fromkeys(RUNNING, 1),
    "dense": 1,
    "sum": 1,
    "pick": 2,
}
"""The closed set of operations, and how many operands each takes."""

ProgramDtype = Literal["float32", "float64"]


@dataclass(frozen=True)
class Run:
    """Elements, or weights, at `start`, ``start + step``, ...: `count` of them."""

    start: int
    count: int
    step: int
    weights: bool = False

    def indices(self) -> NDArray[np.int64]:
        """Give the number of each."""
        return self.start + self.step * np.arange(self.count)


Operand = tuple[Run, ...]


@dataclass(frozen=True)
class ProgramInput:
    """A field of the contract: so many elements, after those of the field before."""

    name: str
    size: int


@dataclass(frozen=True)
class ProgramOutput:
    """A field of the contract, and the elements that it is."""

    name: str
    elements: Operand


@dataclass(frozen=True)
class Dense:
    """Weights of a dense layer.

    Attributes
    ----------
    rows : int
        Vectors of one column that share the weights.
    inputs, outputs : int
        Sizes of one vector.
    weight, bias : int
        Where they begin among the weights; no bias: sums start from zero.
    relu : bool
        Whether what is negative becomes zero.
    """

    rows: int
    inputs: int
    outputs: int
    weight: int
    bias: int | None = None
    relu: bool = False


@dataclass(frozen=True)
class Instruction:
    """One operation.

    Attributes
    ----------
    op : str
        A key of `ARGUMENTS`.
    args : tuple of Operand
        What it takes.
    size : int
        How many elements it makes; they are numbered after those before.
    dense : Dense or None
        Of a dense layer.
    length : int
        Of a vector, for operations along vectors; else 0.
    """

    op: str
    args: tuple[Operand, ...]
    size: int
    dense: Dense | None = None
    length: int = 0


@dataclass(frozen=True, eq=False)
class ColumnProgram:
    """A network for one column.

    Attributes
    ----------
    dtype : {"float32", "float64"}
        Of every element and weight.
    inputs, outputs : tuple
        The fields, in the order of the contract.
    instructions : tuple of Instruction
        In order; none changes what is there.
    weights : ndarray, shape (nweight,)
        Numbers that are the same for all columns.
    """

    dtype: ProgramDtype
    inputs: tuple[ProgramInput, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[ProgramOutput, ...]
    weights: NDArray[Any]

    def to_json(self) -> str:
        """Text of ``column_program.json``."""
        document = {
            "version": PROGRAM_VERSION,
            "dtype": self.dtype,
            "inputs": [{"name": f.name, "size": f.size} for f in self.inputs],
            "instructions": [_written(step) for step in self.instructions],
            "outputs": [
                {"name": f.name, "from": _operand(f.elements)} for f in self.outputs
            ],
            "weights": int(self.weights.size),
        }
        return json.dumps(document, separators=(",", ":"))

    def weights_bytes(self) -> bytes:
        """Bytes of ``column_weights.bin``: little endian."""
        little = np.dtype(self.dtype).newbyteorder("<")
        return self.weights.astype(little).tobytes()

    def rounded(self, dtype: ProgramDtype) -> "ColumnProgram":
        """Give the same program in another precision."""
        return replace(self, dtype=dtype, weights=self.weights.astype(dtype))

    @classmethod
    def read(cls, text: str | bytes, weights: bytes) -> "ColumnProgram":
        """Read both files.

        Raises
        ------
        ModelFileError
            If they do not make a program; the message names instruction and field.
        """
        return _Reader().read(text, weights)


def _operand(operand: Operand) -> list[list[Any]]:
    return [
        ["w", run.start, run.count, run.step]
        if run.weights
        else [run.start, run.count, run.step]
        for run in operand
    ]


def _written(step: Instruction) -> dict[str, Any]:
    written: dict[str, Any] = {
        "op": step.op,
        "args": [_operand(operand) for operand in step.args],
        "size": step.size,
    }
    if step.dense is not None:
        for key in ("rows", "inputs", "outputs", "weight", "bias", "relu"):
            value = getattr(step.dense, key)
            if value is not None and value is not False:
                written[key] = value
    if step.length:
        written["length"] = step.length
        written["count"] = _count(step)
    return written


def _count(step: Instruction) -> int:
    return step.size // step.length if step.op in RUNNING else step.size


class _Reader:
    """Reads a program and refuses what is none."""

    def __init__(self) -> None:
        self.elements = 0
        self.weights = 0

    def read(self, text: str | bytes, weights: bytes) -> ColumnProgram:
        try:
            document = json.loads(text)
        except ValueError as error:
            raise ModelFileError(f"{PROGRAM_FILE} is no JSON: {error}") from None
        keys = {"version", "dtype", "inputs", "instructions", "outputs", "weights"}
        _check_keys("", document, keys, keys)
        if document["version"] != PROGRAM_VERSION:
            _refuse("version", document["version"], PROGRAM_VERSION)
        dtype = document["dtype"]
        if dtype not in ("float32", "float64"):
            _refuse("dtype", dtype, "float32 or float64")
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
        if op not in ARGUMENTS:
            _refuse(f"{key}.op", op, "an operation of the set")
        layer = {"rows", "inputs", "outputs", "weight"}
        if op == "dense":
            _check_keys(key, step, needed | layer, needed | layer | {"bias", "relu"})
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
        dense, length = None, 0
        sizes = [size] * len(args)
        made = size
        if op == "dense":
            dense = self._dense(key, step)
            made, sizes = dense.outputs * dense.rows, [dense.inputs * dense.rows]
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
        return Instruction(op, operands, size, dense, length)

    def _dense(self, key: str, step: dict[str, Any]) -> Dense:
        rows, inputs, outputs = (
            _whole(f"{key}.{name}", step[name], 1)
            for name in ("rows", "inputs", "outputs")
        )
        weight = _whole(f"{key}.weight", step["weight"], 0)
        if weight + inputs * outputs > self.weights:
            _refuse(f"{key}.weight", weight, f"so that {self.weights} weights suffice")
        bias = None
        if "bias" in step:
            bias = _whole(f"{key}.bias", step["bias"], 0)
            if bias + outputs > self.weights:
                _refuse(f"{key}.bias", bias, f"so that {self.weights} weights suffice")
        relu = step.get("relu", False)
        if not isinstance(relu, bool):
            _refuse(f"{key}.relu", relu, "true or false")
        return Dense(rows, inputs, outputs, weight, bias, relu)

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
            if not (0 <= last < bound and start < bound):
                what = "weights" if weights else "earlier elements"
                _refuse(name, run, f"within {bound} {what}")
            runs.append(Run(start, count, step, weights))
        return tuple(runs)


def _refuse(key: str, given: Any, expected: Any) -> None:
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
