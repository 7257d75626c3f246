import numpy as np
import pytest

from gwparam.export.lowering.program import (
    ColumnProgram,
    Dense,
    Instruction,
    ProgramInput,
    ProgramOutput,
    Run,
)
from gwparam.export.lowering.reference import run_program


def compute(op, values, size, *operands, weights=(), dtype="float64", **attributes):
    """Run one instruction on one column."""
    operands = operands or ((Run(0, len(values), 1),),)
    program = ColumnProgram(
        dtype,
        (ProgramInput("x", len(values)),),
        (Instruction(op, operands, size, **attributes),),
        (ProgramOutput("y", (Run(len(values), size, 1),)),),
        np.array(weights, dtype),
    )
    (out,) = run_program(program, [np.array([values])])
    return out[0].tolist()


def pair(op, a, b):
    (value,) = compute(op, [a, b], 1, (Run(0, 1, 1),), (Run(1, 1, 1),))
    return value


def test_layer_of_two_rows():
    # Elements are (k, r); the weights are [[1, 2, 3], [4, 5, 6]].
    layer = Dense(rows=2, inputs=3, outputs=2, weight=2, bias=0)
    x = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0]
    weights = [0.5, -0.5, 1, 2, 3, 4, 5, 6]

    assert compute("dense", x, 4, weights=weights, dense=layer) == [
        14.5,
        140.5,
        31.5,
        319.5,
    ]


def test_layer_rectifies_and_starts_from_zero():
    layer = Dense(rows=1, inputs=1, outputs=2, weight=0, relu=True)

    assert compute("dense", [2.0], 2, weights=[-1.0, 1.0], dense=layer) == [0.0, 2.0]
    assert np.isnan(compute("dense", [np.nan], 2, weights=[1, 1], dense=layer)).all()


def test_layer_adds_without_rounding_the_product():
    # (1 + e) (1 - e) - 1 is -e e, and 0 where the product is rounded.
    e = 2.0**-12
    layer = Dense(rows=1, inputs=2, outputs=1, weight=0)
    weights = [-1.0, 1.0 - e]

    (found,) = compute(
        "dense", [1.0, 1.0 + e], 1, weights=weights, dense=layer, dtype="float32"
    )
    assert found == -e * e


@pytest.mark.parametrize(("op", "zero"), [("min", True), ("max", False)])
def test_extremes(op, zero):
    assert np.signbit(pair(op, 0.0, -0.0)) == zero
    assert np.signbit(pair(op, -0.0, 0.0)) == zero
    assert np.isnan(pair(op, np.nan, 1.0))
    assert np.isnan(pair(op, 1.0, np.nan))
    assert pair(op, 1.0, 2.0) == (1.0 if op == "min" else 2.0)


def test_running_operations_go_from_first_to_last():
    x = [1.0, 5.0, 3.0, 4.0, 2.0, 6.0]  # (3, 2)

    assert compute("running_max", x, 6, length=3) == [1, 5, 3, 5, 3, 6]
    assert compute("running_min", x, 6, length=3) == [1, 5, 1, 4, 1, 4]
    assert compute("running_sum", x, 6, length=3) == [1, 5, 4, 9, 6, 15]
    assert compute("sum", x, 2, length=3) == [6, 15]


def test_sums_are_in_order():
    assert compute("sum", [1.0, 1e16, -1e16], 1, length=3) == [0.0]


def test_pick():
    # Indices, then (2, 3) values.
    x = [1.0, 0.0, 2.0, 10.0, 11.0, 12.0, 20.0, 21.0, 22.0]
    found = compute("pick", x, 3, (Run(0, 3, 1),), (Run(3, 6, 1),), length=2)

    assert found[:2] == [20.0, 11.0]
    assert np.isnan(found[2])
    (fraction,) = compute(
        "pick", [0.5, 1.0, 2.0], 1, (Run(0, 1, 1),), (Run(1, 2, 1),), length=2
    )
    assert np.isnan(fraction)


def test_comparisons_and_selection():
    assert [pair(op, 1.0, 2.0) for op in ("lt", "le", "gt", "ge", "eq", "ne")] == [
        1.0,
        1.0,
        0.0,
        0.0,
        0.0,
        1.0,
    ]
    assert pair("and", 2.0, 0.0) == 0.0
    assert pair("or", 2.0, 0.0) == 1.0
    operands = [(Run(i, 1, 1),) for i in range(3)]
    assert compute("select", [2.0, 5.0, 7.0], 1, *operands) == [5.0]
    assert compute("select", [0.0, 5.0, 7.0], 1, *operands) == [7.0]


def test_weights_stand_for_all_columns():
    program = ColumnProgram(
        "float32",
        (ProgramInput("x", 1),),
        (Instruction("mul", ((Run(0, 1, 1),), (Run(1, 1, 1, True),)), 1),),
        (ProgramOutput("y", (Run(1, 1, 1), Run(0, 2, 0, True))),),
        np.array([7.0, 3.0], np.float32),
    )

    (out,) = run_program(program, [np.array([1.0, 2.0])])

    assert out.tolist() == [[3.0, 7.0, 7.0], [6.0, 7.0, 7.0]]
    assert out.dtype == np.float32
