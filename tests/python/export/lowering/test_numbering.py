import numpy as np
import pytest

from gwparam.export.lowering.builder import Builder, Step
from gwparam.export.lowering.numbering import number
from gwparam.export.lowering.program import ProgramInput, Run


def program(builder, *outputs, dtype="float32"):
    inputs = [ProgramInput("x", 6)]
    return number(builder, dtype, inputs, [("y", ids) for ids in outputs])


def start():
    builder = Builder()
    return builder, builder.new(6)


def test_elements_are_said_in_runs():
    builder, x = start()
    constants = builder.constant(np.array([2.0, 2.0, 3.0]))
    ids = np.concatenate((x[:3], x[5:2:-2], x[[0, 0]], constants, constants[:2]))

    (out,) = program(builder, ids).outputs

    assert out.elements == (
        Run(0, 3, 1),
        Run(5, 2, -2),
        Run(0, 2, 0),
        Run(0, 5, 1, True),
    )


def test_equal_constants_are_one_weight():
    builder, _ = start()
    twos = builder.constant(np.full(4, 2.0))

    made = program(builder, twos, twos)

    assert made.outputs[0].elements == (Run(0, 4, 0, True),)
    assert made.outputs[1].elements == made.outputs[0].elements
    assert made.weights.tolist() == [2.0]


def test_multiples_are_the_shortest_operation():
    builder, x = start()
    scale = builder.constant(np.array([-1.0, 3.0, 1.0, -1.0, 3.0, 1.0]))
    shift = builder.constant(np.array([0.0, 0.0, 5.0, 5.0, 5.0, 6.0]))
    out = builder.new(6)
    builder.steps.append(Step("affine", [x, scale, shift], out))

    made = program(builder, out)

    ops = [step.op for step in made.instructions]
    assert ops == ["neg", "mul", "add", "sub", "fma"]
    assert [step.size for step in made.instructions] == [1, 1, 2, 1, 1]
    assert [run.indices().tolist() for run in made.outputs[0].elements] == [
        [6, 7, 8],
        [10, 11],
        [9],
    ]


def test_layer_without_bias_has_none():
    builder, x = start()
    builder.dense(x.reshape(3, 2), np.ones((4, 3)), np.zeros(4))

    (step,) = program(builder, x).instructions

    assert step.dense.bias is None
    assert (step.dense.rows, step.dense.inputs, step.dense.outputs) == (2, 3, 4)
    assert step.size == 8


def test_numbers_are_rounded_once():
    builder, _ = start()

    made = program(builder, builder.constant(np.array([1.0 / 3.0])))

    assert made.weights.dtype == np.float32
    assert made.weights[0] == np.float32(1.0 / 3.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_number_is_that_of_the_type(dtype):
    builder, _ = start()
    largest = np.finfo(np.float64).max

    made = program(
        builder, builder.constant(np.array([largest, -largest])), dtype=dtype
    )

    np.testing.assert_array_equal(
        made.weights, [np.finfo(dtype).max, -np.finfo(dtype).max]
    )
