import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from column_networks import NLEV, bare, differences
from torch import nn

from gwparam.export.lowering import lower

PAIRS = NLEV // 2 * 2


def of_pairs(activation, first, second, after=lambda x, hidden, y: y):
    """A network with one function for pairs of neighbours of every column."""

    def function(x, layers):
        pairs = x[:, :PAIRS].reshape(x.shape[0], -1, 2)
        hidden = activation(layers[0](pairs))
        y = layers[1](hidden).flatten(1)
        return layers[2](after(x, hidden, y))

    return bare(function, first, second, nn.Linear(PAIRS // 2, NLEV))


def ops(network):
    return [step.op for step in lower(network, "float64").instructions]


@pytest.mark.parametrize("activation", [F.silu, F.relu])
def test_function_is_one_instruction(activation):
    network = of_pairs(activation, nn.Linear(2, 20), nn.Linear(20, 1))

    assert ops(network).count("function") == 1
    assert not {"sigmoid", "relu"} & set(ops(network))
    (step,) = [s for s in lower(network, "float64").instructions if s.function]
    assert (step.function.rows, step.function.inputs, step.function.units) == (
        PAIRS,  # of both components of the wind
        2,
        20,
    )
    assert differences(network) < 1


def test_units_that_count_for_nothing_are_no_units():
    first, second = nn.Linear(2, 20), nn.Linear(20, 1, bias=False)
    with torch.no_grad():
        second.weight[:, 5:12] = 0.0
    network = of_pairs(F.silu, first, second)

    (step,) = [s for s in lower(network, "float64").instructions if s.function]
    assert step.function.units == 13
    assert differences(network) < 1


@pytest.mark.parametrize(
    ("case", "network"),
    [
        ("of five numbers", lambda: five_numbers()),
        ("two results", lambda: of_two_results()),
        (
            "what is inside is needed elsewhere",
            lambda: of_pairs(
                F.silu,
                nn.Linear(2, 20),
                nn.Linear(20, 1),
                lambda x, hidden, y: y + hidden[:, :, 3],
            ),
        ),
        ("tanh", lambda: of_pairs(torch.tanh, nn.Linear(2, 20), nn.Linear(20, 1))),
    ],
)
def test_what_is_no_function_stays_apart(case, network):
    network = network()
    assert "function" not in ops(network), case
    assert differences(network) < 1


def five_numbers():
    return bare(
        lambda x, layers: layers[1](F.silu(layers[0](x[:, :5]))).repeat(1, NLEV),
        nn.Linear(5, 20),
        nn.Linear(20, 1),
    )


def of_two_results():
    return bare(
        lambda x, layers: layers[2](layers[1](F.silu(layers[0](x[:, :2])))),
        nn.Linear(2, 20),
        nn.Linear(20, 2),
        nn.Linear(2, NLEV),
    )


def test_rows_and_units_in_another_order():
    first, second = nn.Linear(2, 6), nn.Linear(6, 1)

    order = torch.arange(6).roll(2)

    def function(x, layers):
        pairs = x[:, :PAIRS].reshape(x.shape[0], -1, 2)
        hidden = F.silu(layers[0](pairs)).flip(1)[:, :, order]
        return layers[2](layers[1](hidden).flatten(1))

    network = bare(function, first, second, nn.Linear(PAIRS // 2, NLEV))
    assert ops(network).count("function") == 1
    assert differences(network) < 1
