"""The example's networks see of the column what they say."""

import importlib.util

import pytest
import torch
from hosts import PROJECT

from gwparam.networks.own import read_own_contract
from gwparam.qbo.states import DRAG, FLUX, WIDTH, WIND
from gwparam.qbo.testbed import Testbed

EXAMPLE = PROJECT / "examples" / "qbo_network"


@pytest.fixture(scope="module")
def networks():
    path = EXAMPLE / "networks.py"
    spec = importlib.util.spec_from_file_location("qbo_networks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "reach"), [("Column", 72), ("Narrow", 2), ("Wide", 16), ("Whole", 72)]
)
def test_drag_depends_on_the_levels_that_a_network_sees(networks, name, reach):
    torch.manual_seed(1)
    network = getattr(networks, name)().double()
    wind = torch.randn(1, 73, dtype=torch.float64, requires_grad=True)
    source = torch.randn(2, 1, dtype=torch.float64)
    drag = network(wind, *source)
    assert drag.shape == (1, 73)
    for level in (0, 30, 72):
        (slope,) = torch.autograd.grad(drag[0, level], wind, retain_graph=True)
        seen = slope[0].nonzero().flatten().tolist()
        expected = range(max(level - reach, 0), min(level + reach, 72) + 1)
        assert seen == list(expected)


@pytest.mark.parametrize("name", ["Column", "Whole"])
def test_scaling_is_taken_and_kept(networks, name):
    network = getattr(networks, name)()
    spread = torch.linspace(1.0, 3.0, 73)
    inputs = [(spread - 2.0, spread)] + [(torch.ones(1), torch.full((1,), 0.5))] * 2
    wind, source = torch.randn(4, 73), torch.rand(2, 4)
    plain = network(wind, *source)
    network.set_scaling(inputs, [(torch.full((73,), 7.0), torch.full((73,), 2.0))])
    scaled = network(wind * spread + spread - 2.0, *(0.5 * source + 1.0))
    torch.testing.assert_close(scaled, 2.0 * plain + 7.0, rtol=1e-4, atol=1e-4)
    assert {"wind_centre", "drag_spread"} <= set(network.state_dict())


def test_the_contract_is_that_of_the_testbed():
    contract = read_own_contract(EXAMPLE / "contract.toml")
    assert [field.name for field in contract.inputs] == [WIND, FLUX, WIDTH]
    assert [field.name for field in contract.outputs] == [DRAG]
    assert contract.description.vertical.nlev == len(Testbed().height)
    assert contract.description.vertical.order == "bottom_up"
