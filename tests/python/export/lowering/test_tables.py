import json

import numpy as np
import pytest

from gwparam.export.engine import run_on_engine
from gwparam.export.lowering.program import (
    ColumnProgram,
    Instruction,
    ProgramInput,
    ProgramOutput,
    Run,
    SmallFunction,
)
from gwparam.export.lowering.reader import read_program
from gwparam.export.lowering.reference import run_program
from gwparam.export.lowering.tables import tabulate

UNITS = 24


def program_of(seed, dtype="float32", activation="silu", size=1.0, inputs=2):
    """A function of numbers of each column, with random weights."""
    random = np.random.default_rng(seed)
    weights = random.normal(size=UNITS * (inputs + 2) + 1) * size
    at = np.cumsum([0, UNITS * inputs, UNITS, UNITS])
    function = SmallFunction(
        1, inputs, UNITS, int(at[0]), int(at[1]), activation, int(at[2]), int(at[3])
    )
    return ColumnProgram(
        dtype,
        (ProgramInput("x", inputs),),
        (Instruction("function", ((Run(0, inputs, 1),),), 1, function=function),),
        (ProgramOutput("y", (Run(inputs, 1, 1),)),),
        weights.astype(dtype),
    )


def points(seed, count=20_000, reach=1.0):
    low, high = np.array([-3.0, 1.0]), np.array([5.0, 2.5])
    middle, half = (low + high) / 2, (high - low) / 2
    at = np.random.default_rng(seed).uniform(-reach, reach, (count, 2))
    return (middle + half * at).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [0.3, 1.0])
def test_error_is_within_the_bound(seed, size):
    plain = program_of(seed, size=size)
    program = tabulate(plain, [points(seed)])
    table = program.instructions[0].function.table
    x = points(seed + 100, reach=2.2)  # inside, and beyond by a tenth

    (exact,) = run_program(plain.rounded("float64"), [x])
    (found,) = run_on_engine(program, [x])
    values = np.abs(exact).max()

    error = np.abs(found.reshape(-1) - exact[:, 0])
    inside = (np.abs(x - (1.0, 1.75)) < (7.9, 1.48)).all(axis=1)
    assert 0.5 < inside.mean() < 0.95
    assert error[inside].max() <= table.bound
    assert table.bound < 3e-5 * values
    # The bound is none that holds by being far too large.
    assert table.bound < 100 * error[inside].max()


def test_bound_is_reached_by_the_worst_function():
    # One steep unit: the fourth derivative is largest in one place.
    program = program_of(0)
    weights = np.zeros_like(program.weights)
    weights[0], weights[3 * UNITS] = 2.0, 1.0
    sloped = ColumnProgram(
        "float32", program.inputs, program.instructions, program.outputs, weights
    )
    x = points(7)
    table = tabulate(sloped, [x])
    (exact,) = run_program(sloped.rounded("float64"), [x])
    (found,) = run_program(table.rounded("float64"), [x])

    error = np.abs(found - exact).max()
    assert error > table.instructions[0].function.table.bound / 30


def test_what_is_written_is_read_and_beyond_is_the_function_itself():
    plain = program_of(2)
    program = tabulate(plain, [points(2)])
    again = read_program(program.to_json(), program.weights_bytes())
    far = np.array([[40.0, 1.0], [0.0, -30.0], [np.nan, 1.0]], np.float32)

    assert again.instructions == program.instructions
    assert json.loads(program.to_json())["instructions"][0]["table"]["bound"] > 0
    np.testing.assert_array_equal(
        run_on_engine(program, [far])[0], run_on_engine(plain, [far])[0]
    )
    near = points(3)
    assert (run_on_engine(program, [near])[0] != run_on_engine(plain, [near])[0]).any()


def test_cells_are_lines_of_the_cache():
    program = tabulate(program_of(4), [points(4)])
    assert program.instructions[0].function.table.patches % 16 == 0


@pytest.mark.parametrize(
    ("why", "options", "seen"),
    [
        ("float64 asks for more", {"dtype": "float64"}, points(1)),
        ("corners have no fourth derivative", {"activation": "relu"}, points(1)),
        ("three numbers", {"inputs": 3}, np.ones((9, 3)) * np.arange(9)[:, None]),
        ("it would be too large", {"size": 30.0}, points(1)),
        ("one number is always the same", {}, points(1) * (1.0, 0.0)),
        ("not finite", {}, points(1) * (1.0, np.nan)),
    ],
)
def test_no_table(why, options, seen):
    plain = program_of(1, **options)
    program = tabulate(plain, [seen.astype(np.float32)])

    assert program.instructions[0].function.table is None, why
    np.testing.assert_array_equal(program.weights, plain.weights)
