import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from column_networks import NLEV, bare, differences
from torch import nn

from gwparam.export.lowering import lower


def test_what_does_not_reach_an_output_is_dropped():
    first, second = nn.Linear(NLEV + 2, 30), nn.Linear(30, NLEV)

    def function(x, layers):
        hidden = F.relu(layers[0](x))
        _unused = torch.exp(hidden).sum(1)
        return layers[1](torch.cat((hidden[:, :10], 0.0 * hidden[:, 10:]), dim=1))

    program = lower(bare(function, first, second), "float64")
    layers = [step.dense for step in program.instructions if step.dense]
    assert [(layer.inputs, layer.outputs) for layer in layers] == [
        (NLEV + 2, 10),
        (10, NLEV),
    ]
    assert {step.op for step in program.instructions} <= {"dense", "mul"}


def test_blocks_of_a_layer_are_split_and_equal_inputs_joined():
    one, two = nn.Linear(NLEV + 2, 8), nn.Linear(NLEV + 2, 8)
    blocks = nn.Linear(16, NLEV)
    with torch.no_grad():
        blocks.weight[:4, 8:] = 0.0
        blocks.weight[4:, :8] = 0.0

    def function(x, layers):
        hidden = [torch.tanh(layer(x)) for layer in layers[:2]]
        return layers[2](torch.cat(hidden, dim=1))

    network = bare(function, one, two, blocks)
    layers = [s.dense for s in lower(network, "float64").instructions if s.dense]
    assert [(layer.inputs, layer.outputs) for layer in layers] == [
        (NLEV + 2, 16),
        (8, 4),
        (8, NLEV - 4),
    ]
    assert differences(network) < 1


def test_part_of_a_layer_is_rectified():
    def function(x, layers):
        gate, value = layers[0](x).chunk(2, dim=1)
        return F.relu(gate) * value

    network = bare(function, nn.Linear(NLEV + 2, 2 * NLEV))
    layers = [s.dense for s in lower(network, "float64").instructions if s.dense]
    assert sorted(layer.relu for layer in layers) == [False, True]
    assert differences(network) < 1


def test_equal_rows_are_computed_once():
    # Both rows see the same surface pressure and latitude.
    network = bare(
        lambda x, layers: layers[0](torch.tanh(x[:, NLEV:])), nn.Linear(2, 9)
    )

    program = lower(network, "float64")
    sizes = [step.size for step in program.instructions if step.op == "tanh"]
    assert sizes == [2]
    assert [s.dense.rows for s in program.instructions if s.dense] == [1]
