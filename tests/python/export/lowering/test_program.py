import json

import numpy as np

from gwparam.export.lowering.program import (
    ColumnProgram,
    Dense,
    Instruction,
    ProgramInput,
    ProgramOutput,
    Run,
)

PROGRAM = ColumnProgram(
    "float64",
    (ProgramInput("u", 2), ProgramInput("p", 1)),
    (
        Instruction(
            "dense", ((Run(0, 3, 1),),), 2, Dense(1, 3, 2, weight=1, bias=7, relu=True)
        ),
        Instruction("running_max", ((Run(0, 4, 1),),), 4, length=2),
        Instruction("mul", ((Run(3, 2, 1),), (Run(0, 2, 0, True),)), 2),
    ),
    (ProgramOutput("v", (Run(9, 2, 1), Run(5, 1, 1))),),
    np.arange(9.0) / 3.0,
)


def test_text_has_the_keys_of_the_specification():
    assert json.loads(PROGRAM.to_json()) == {
        "version": 1,
        "dtype": "float64",
        "inputs": [{"name": "u", "size": 2}, {"name": "p", "size": 1}],
        "instructions": [
            {
                "op": "dense",
                "args": [[[0, 3, 1]]],
                "size": 2,
                "rows": 1,
                "inputs": 3,
                "outputs": 2,
                "weight": 1,
                "bias": 7,
                "relu": True,
            },
            {
                "op": "running_max",
                "args": [[[0, 4, 1]]],
                "size": 4,
                "length": 2,
                "count": 2,
            },
            {"op": "mul", "args": [[[3, 2, 1]], [["w", 0, 2, 0]]], "size": 2},
        ],
        "outputs": [{"name": "v", "from": [[9, 2, 1], [5, 1, 1]]}],
        "weights": 9,
    }


def test_elements_are_counted():
    assert PROGRAM.elements == 3 + 2 + 4 + 2


def test_weights_are_little_endian():
    assert np.frombuffer(PROGRAM.weights_bytes(), "<f8").tolist() == (
        PROGRAM.weights.tolist()
    )


def test_other_precision_rounds_the_weights():
    single = PROGRAM.rounded("float32")

    assert single.dtype == "float32"
    assert np.frombuffer(single.weights_bytes(), "<f4")[1] == np.float32(1.0 / 3.0)
    assert single.instructions == PROGRAM.instructions


def test_run_gives_its_indices():
    assert Run(5, 3, -2).indices().tolist() == [5, 3, 1]
