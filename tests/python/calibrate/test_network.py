from dataclasses import replace

import numpy as np
import pytest
import torch
from testbed_networks import Small, contract_of_testbed

import gwparam
from gwparam.calibrate.network import Flat, TestbedNetwork, check_testbed, module_of
from gwparam.contract import Field, Geometry, read_contract
from gwparam.errors import ArgumentError, ContractError
from gwparam.qbo.forcing import Forcing, draw_forcing
from gwparam.qbo.testbed import Testbed

TESTBED = Testbed()
FIRST, LAST = "network.first", "network.last"


@pytest.fixture(scope="module")
def network(artefact):
    return TestbedNetwork(artefact, TESTBED)


def winds(columns):
    return 20.0 * torch.randn(columns, 73, generator=torch.Generator().manual_seed(0))


def test_layers_and_their_weights(network) -> None:
    assert network.layers == {
        FIRST: (f"{FIRST}.weight", f"{FIRST}.bias"),
        LAST: (f"{LAST}.weight", f"{LAST}.bias"),
    }
    assert network.taken([LAST]) == list(network.layers[LAST])
    for wrong in ([], ["first"], [FIRST, FIRST], [FIRST, LAST, "x"]):
        with pytest.raises(ArgumentError, match=f"expected .*{FIRST}, {LAST}"):
            network.taken(wrong)


def test_the_drag_is_that_of_the_module(network) -> None:
    forcings = [draw_forcing(3, seed) for seed in (1, 2)]
    found = network.drag(forcings)(winds(2), 2)
    flux, width = (
        torch.tensor([getattr(f, name)[2] for f in forcings]).float()
        for name in ("source_flux", "spectral_width")
    )
    with torch.inference_mode():
        expected = Small()(winds(2), flux, width)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-11)


def test_each_member_has_its_own_weights(network) -> None:
    flat = Flat(network.weights, network.taken([LAST, FIRST]))
    assert flat.values.shape == flat.size.shape == (4 * 73 + 73 + 75 * 4 + 4,)
    generator = np.random.default_rng(0)
    members = flat.values + generator.standard_normal((3, flat.values.size))
    stacked = flat.stacked(members)
    forcing = draw_forcing(2, 5)
    found = network.drag_of_members(stacked, forcing)(winds(3), 1)
    for i in range(3):
        own = {name: value[i] for name, value in stacked.items()}
        alone = network.drag([forcing], own)(winds(3)[i : i + 1], 1)
        torch.testing.assert_close(found[i : i + 1], alone, rtol=1e-5, atol=1e-11)
    assert (found[0] - found[1]).abs().max() > 1e-7


def test_levels_from_the_top_are_turned(network) -> None:
    vertical = network.contract.vertical
    turned = replace(
        vertical, order="top_down", nominal_pressure=vertical.nominal_pressure[::-1]
    )
    check_testbed(replace(network.contract, vertical=turned), TESTBED)
    network_turned = object.__new__(TestbedNetwork)
    vars(network_turned).update(vars(network), _turned=True)
    forcing = Forcing(np.array([3.7e-3]), np.array([32.0]))
    found = network_turned.drag([forcing])(winds(1), 0)
    expected = network.drag([forcing])(winds(1).flip(1), 0).flip(1)
    torch.testing.assert_close(found, expected)


def test_a_module_with_other_weights_computes_with_them(network) -> None:
    flat = Flat(network.weights, network.taken([LAST]))
    changed = {k: v[0] for k, v in flat.stacked(2.0 * flat.values[np.newaxis]).items()}
    module = module_of(network, changed)
    flux, width = torch.full((2,), 3.7e-3), torch.full((2,), 32.0)
    forcing = Forcing(np.array([3.7e-3]), np.array([32.0]))
    with torch.inference_mode():
        (found,) = module(winds(2), flux, width)
        expected = network.drag([forcing] * 2, changed)(winds(2), 0)
    torch.testing.assert_close(found, expected)
    trained = {name for name, _ in module.named_parameters()}
    assert trained == {
        f"{a}.{b}" for a in ("first", "last") for b in ("weight", "bias")
    }


def test_other_networks_are_refused(artefact) -> None:
    contract = read_contract(artefact)
    vertical = contract.vertical
    inputs = contract.inputs
    for change, words in (
        ({"geometry": Geometry("stencil", 1, "edge")}, "geometry.kind is stencil"),
        ({"inputs": inputs[1:]}, "expected eastward_wind among them"),
        (
            {"inputs": (*inputs, Field("air_temperature", "K", "full", "float32"))},
            r"inputs\[3\].name is air_temperature, expected one of eastward_wind",
        ),
        (
            {"inputs": (inputs[0], replace(inputs[1], units="hPa"))},
            r"inputs\[1\].units is hPa, expected Pa",
        ),
        (
            {"outputs": (replace(contract.outputs[0], name="x", kind="other"),)},
            "expected tendency_of_eastward_wind",
        ),
        ({"exported_program": None}, "exported_program is null"),
        (
            {
                "vertical": replace(
                    vertical, nominal_pressure=(6e3, *vertical.nominal_pressure[1:])
                )
            },
            r"nominal_pressure\[0\] is 6000, expected 58",
        ),
    ):
        known = {i.name for i in change.get("inputs", inputs)}
        if "outputs" in change:
            change = change | {"limits": ()}
        ranges = tuple(r for r in contract.training_range if r.name in known)
        with pytest.raises(ContractError, match=words):
            check_testbed(replace(contract, training_range=ranges, **change), TESTBED)
    with pytest.raises(ContractError, match=r"vertical.nlev is 73, expected 37"):
        check_testbed(contract, Testbed(spacing=500.0))


class Buffered(Small):
    """A layer with buffers of its own, one of them a matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.first.register_buffer("centre", torch.zeros(75))
        self.register_buffer("turn", torch.eye(73))
        self.last.register_parameter("gain", torch.nn.Parameter(torch.ones(())))

    def forward(self, wind, flux, width):
        turned = (wind @ self.turn) + self.first.centre[:73]
        return super().forward(turned, flux, width) * self.last.gain


def test_a_buffer_is_no_weight(tmp_path) -> None:
    path = tmp_path / "buffered.pt"
    gwparam.export_network(Buffered(), contract_of_testbed(), path)
    found = TestbedNetwork(path, TESTBED)
    assert "network.turn" in found.weights
    assert {layer: set(names) for layer, names in found.layers.items()} == {
        FIRST: {f"{FIRST}.weight", f"{FIRST}.bias"},
        LAST: {f"{LAST}.gain", f"{LAST}.weight", f"{LAST}.bias"},
    }
    module = module_of(found, {})
    trained = {"network." + name for name, _ in module.named_parameters()}
    assert trained == found.parameters
    buffers = {name for name, _ in module.named_buffers()}
    assert buffers == {"mean", "deviation", "first.centre", "turn"}
