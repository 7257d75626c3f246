"""A column program: a column network as a list of instructions over numbers.

``docs/column-program.md`` says what each instruction computes.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

PROGRAM_FILE = "column_program.json"
WEIGHTS_FILE = "column_weights.bin"
PROGRAM_VERSION = 1
MAX_ELEMENTS = 1 << 22
"""Most elements of a column, inputs among them."""

UNARY = frozenset(
    ("neg", "abs", "sqrt", "cbrt", "exp", "log", "sin", "cos", "tanh", "sigmoid")
) | {"relu", "trunc", "floor", "erf", "reciprocal"}
BINARY = frozenset(("add", "sub", "mul", "div", "min", "max", "pow", "and", "or")) | {
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
}
TERNARY = frozenset(("select", "fma"))
RUNNING = frozenset(("running_max", "running_min", "running_sum"))
ARGUMENTS = {
    **dict.fromkeys(UNARY, 1),
    **dict.fromkeys(BINARY, 2),
    **dict.fromkeys(TERNARY, 3),
    **dict.fromkeys(RUNNING, 1),
    "dense": 1,
    "function": 1,
    "sum": 1,
    "pick": 2,
}
"""The closed set of operations, and how many operands each takes."""

MAX_FUNCTION_INPUTS = 4
ACTIVATIONS = ("relu", "silu")
"""Of the units of a function."""
MAX_CELLS = 1 << 10
"""Most cells of a table along one axis."""
PATCH = 16
"""Numbers of each cell."""

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
class Cells:
    """A table of a function of two numbers.

    Attributes
    ----------
    counts : tuple of int
        Cells along both axes.
    place : int
        Where four numbers begin among the weights: the first value of both arguments,
        then how many cells there are in a unit of both.
    patches : int
        Where (counts[0], counts[1], 4, 4) coefficients begin among the weights.
    bound : float
        The table differs from the function by no more than this.
    """

    counts: tuple[int, int]
    place: int
    patches: int
    bound: float


@dataclass(frozen=True)
class SmallFunction:
    """A function of one to four numbers: a layer, and a sum of what it gives.

    Attributes
    ----------
    rows : int
        Vectors of one column that it is computed for.
    inputs, units : int
        Sizes of one vector and of the layer.
    weight, bias : int
        Where those of the layer begin among the weights.
    activation : str
        One of `ACTIVATIONS`.
    sum, shift : int
        Where the factors of the units begin, and what is added to their sum.
    table : Cells or None
        Of its values, for arguments within.
    """

    rows: int
    inputs: int
    units: int
    weight: int
    bias: int
    activation: str
    sum: int
    shift: int
    table: Cells | None = None


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
    function : SmallFunction or None
        Of a function of few numbers.
    """

    op: str
    args: tuple[Operand, ...]
    size: int
    dense: Dense | None = None
    length: int = 0
    function: SmallFunction | None = None


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

    @property
    def elements(self) -> int:
        """Number of elements, those of the inputs among them."""
        given = sum(field.size for field in self.inputs)
        return given + sum(step.size for step in self.instructions)

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
    for part in (step.dense, step.function):
        if part is not None:
            given = asdict(part).items()
            written |= {k: v for k, v in given if v is not None and v is not False}
    if step.length:
        written["length"] = step.length
        written["count"] = _count(step)
    return written


def _count(step: Instruction) -> int:
    return step.size // step.length if step.op in RUNNING else step.size
