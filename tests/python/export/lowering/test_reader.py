import copy
import json

import pytest

from gwparam.errors import ModelFileError
from gwparam.export.lowering.reader import read_program

DOCUMENT = {
    "version": 1,
    "dtype": "float32",
    "inputs": [{"name": "u", "size": 3}],
    "instructions": [
        {
            "op": "dense",
            "args": [[[0, 3, 1]]],
            "size": 2,
            "rows": 1,
            "inputs": 3,
            "outputs": 2,
            "weight": 0,
            "bias": 6,
        },
        {
            "op": "running_sum",
            "args": [[[0, 4, 1]]],
            "size": 4,
            "length": 2,
            "count": 2,
        },
        {
            "op": "pick",
            "args": [[[0, 1, 1]], [[1, 3, 1]]],
            "size": 1,
            "length": 3,
            "count": 1,
        },
        {"op": "add", "args": [[[3, 2, 1]], [["w", 7, 2, -1]]], "size": 2},
        {
            "op": "function",
            "args": [[[0, 2, 1]]],
            "size": 1,
            "rows": 1,
            "inputs": 2,
            "units": 3,
            "weight": 0,
            "bias": 5,
            "activation": "silu",
            "sum": 4,
            "shift": 7,
            "table": {"counts": [1, 2], "place": 4, "patches": 8, "bound": 1e-6},
        },
    ],
    "outputs": [{"name": "v", "from": [[10, 2, 1]]}],
    "weights": 40,
}
WEIGHTS = bytes(160)
REMOVED = object()


def test_what_was_written_is_read():
    program = read_program(json.dumps(DOCUMENT), WEIGHTS)

    assert json.loads(program.to_json()) == DOCUMENT
    assert program.weights_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["version"], 2, "version is 2, expected 1"),
        (["dtype"], "float16", "dtype is float16, expected float32 or float64"),
        (["note"], 1, "note is there, expected no such key"),
        (["outputs"], REMOVED, "outputs is missing, expected a value"),
        (["inputs", 0, "size"], 0, "inputs[0].size is 0, expected an integer from 1"),
        (["inputs", 0, "name"], 3, "inputs[0].name is 3, expected a text"),
        (
            ["instructions", 0, "op"],
            "sort",
            "instructions[0].op is sort, expected an operation of the set",
        ),
        (
            ["instructions", 0, "size"],
            3,
            "instructions[0].size is 3, expected 2",
        ),
        (
            ["instructions", 0, "weight"],
            35,
            "instructions[0].weight is 35, expected so that 40 weights suffice",
        ),
        (
            ["instructions", 0, "bias"],
            True,
            "instructions[0].bias is True, expected an integer from 0",
        ),
        (
            ["instructions", 0, "relu"],
            1,
            "instructions[0].relu is 1, expected true or false",
        ),
        (
            ["instructions", 0, "args", 0, 0, 1],
            2,
            "instructions[0].args[0] is 2 elements, expected 3",
        ),
        (
            ["instructions", 0, "args", 0, 0, 0],
            1,
            "instructions[0].args[0][0] is [1, 3, 1], expected within 3 earlier "
            "elements",
        ),
        (
            ["instructions", 3],
            {"op": "exp", "args": [[[0, 1 << 22, 0]]], "size": 1 << 22},
            "instructions[3].size is 4194304, expected fewer in all",
        ),
        (
            ["instructions", 1, "length"],
            3,
            "instructions[1].size is 4, expected 6",
        ),
        (
            ["instructions", 1, "rows"],
            3,
            "instructions[1].rows is there, expected no such key",
        ),
        (
            ["instructions", 2, "args"],
            [[[0, 1, 1]]],
            "instructions[2].args is 1 operands, expected 2",
        ),
        (
            ["instructions", 3, "args", 1, 0, 3],
            33,
            "instructions[3].args[1][0] is ['w', 7, 2, 33], expected within 40 weights",
        ),
        (
            ["instructions", 4, "inputs"],
            5,
            "instructions[4].inputs is 5, expected at most 4",
        ),
        (
            ["instructions", 4, "activation"],
            "gelu",
            "instructions[4].activation is gelu, expected relu or silu",
        ),
        (
            ["instructions", 4, "rows"],
            2,
            "instructions[4].size is 1, expected 2",
        ),
        (
            ["instructions", 4, "sum"],
            38,
            "instructions[4].sum is 38, expected so that 40 weights suffice",
        ),
        (
            ["instructions", 4, "table", "counts"],
            [1, 3],
            "instructions[4].table.patches is 8, expected so that 40 weights suffice",
        ),
        (
            ["instructions", 4, "table", "counts"],
            [2],
            "instructions[4].table.counts is [2], expected two, at most 1024",
        ),
        (
            ["instructions", 4, "table", "bound"],
            -1.0,
            "instructions[4].table.bound is -1.0, expected a number of at least 0",
        ),
        (
            ["instructions", 4, "table", "steps"],
            2,
            "instructions[4].table.steps is there, expected no such key",
        ),
        (
            ["outputs", 0, "from", 0],
            [10, 2],
            "outputs[0].from[0] is [10, 2], expected start, count and step",
        ),
        (
            ["outputs", 0, "from"],
            [],
            "outputs[0].from is [], expected an array that is not empty",
        ),
        (
            ["weights"],
            9,
            "column_weights.bin: bytes is 160, expected 36",
        ),
    ],
)
def test_what_is_no_program_is_refused(path, value, message):
    document = copy.deepcopy(DOCUMENT)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is REMOVED:
        del place[path[-1]]
    else:
        place[path[-1]] = value

    with pytest.raises(ModelFileError) as caught:
        read_program(json.dumps(document), WEIGHTS)

    assert str(caught.value) == f"column_program.json: {message}"


@pytest.mark.parametrize("text", ["", "{", "[1]", b"\xff\xfe"])
def test_other_texts_are_refused(text):
    with pytest.raises(ModelFileError, match=r"^column_program\.json"):
        read_program(text, WEIGHTS)
