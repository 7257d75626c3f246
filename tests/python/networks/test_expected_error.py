"""A network with the error that it expects beside its drag."""

from types import SimpleNamespace

import pytest
import torch
from column_networks import NLEV, differences, drag

from gwparam.checkpoints import read_checkpoint, save_checkpoint
from gwparam.constants import EXPECTED_ERROR
from gwparam.contract import Geometry
from gwparam.errors import ContractError, ShapeError
from gwparam.export.fuse import fuse
from gwparam.export.probe import draw_inputs
from gwparam.export.script import script
from gwparam.networks.expected_error import (
    ErrorHead,
    check_features,
    load_head,
    save_head,
    with_expected_error,
)
from gwparam.networks.wavenet import WaveNet, WaveNetDrag

FEATURES = 4 * NLEV + 2
SHA256 = "a" * 64


@pytest.fixture
def network():
    torch.manual_seed(3)
    return drag(WaveNetDrag, WaveNet(NLEV, 16, 2, 8, 4))


@pytest.fixture
def head():
    torch.manual_seed(4)
    made = ErrorHead(FEATURES, 8).double().eval()
    made.set_features(torch.randn(FEATURES), 40.0 * torch.rand(FEATURES) + 1.0)
    return made


def test_the_drag_stays_and_the_error_is_that_of_the_head(network, head):
    both = with_expected_error(network, head)
    columns = draw_inputs(network, 12, 1)

    *given, error = both(*columns)

    for found, expected in zip(given, network(*columns), strict=True):
        torch.testing.assert_close(found, expected, rtol=0.0, atol=0.0)
    u, v, ps, latitude = columns
    features = torch.cat((u, v, ps[:, None], latitude[:, None], *given), dim=1)
    scaled = ((features - head.mean) * head.scale).clamp(-5.0, 5.0)
    expected = head.layers(scaled)[:, 0].clamp(-5.0, 5.0).exp()
    torch.testing.assert_close(error, expected)
    assert error.shape == (12,)
    assert error.unique().numel() == 12
    last = both.outputs[-1]
    assert (last.name, last.units, last.levels) == (EXPECTED_ERROR, "1", "surface")
    assert both.outputs[:-1] == network.outputs


def test_torchscript_and_the_column_program_give_the_same(network, head):
    both = with_expected_error(network, head)
    columns = draw_inputs(network, 256, 1)
    expected = both(*columns)

    for made in (script(both), fuse(both)):
        for found, its in zip(made(*columns), expected, strict=True):
            torch.testing.assert_close(found, its, rtol=1e-12, atol=1e-18)
    assert differences(both) <= 1.0


def test_features_without_spread_do_not_matter(head):
    head.set_features(torch.zeros(FEATURES), torch.zeros(FEATURES))
    values = head(torch.randn(5, FEATURES, dtype=torch.float64))
    torch.testing.assert_close(values, values[:1].expand(5))


def test_far_columns_have_a_finite_error(head):
    far = torch.full((1, FEATURES), 1e30, dtype=torch.float64)
    assert torch.isfinite(head(far).exp()).all()


def test_a_network_of_neighbours_has_none(head):
    neighbours = SimpleNamespace(architecture="a", geometry=Geometry("stencil", 1))
    with pytest.raises(ContractError, match="is of kind stencil"):
        with_expected_error(neighbours, head)


def test_a_head_says_of_which_network_it_is(tmp_path, head):
    path = tmp_path / "head.safetensors"
    save_head(path, head, SHA256, ["jan.nc", "feb.nc"])
    read = read_checkpoint(path)

    again = load_head(read, SHA256)

    for name, value in head.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value)
    with pytest.raises(ContractError, match=f"SHA-256 {SHA256}, expected bbbb"):
        load_head(read, "b" * 64)
    assert read.options["states"] == "jan.nc feb.nc"


def test_another_checkpoint_is_no_head(tmp_path):
    path = tmp_path / "network.safetensors"
    save_checkpoint(path, {"layers.0.weight": torch.ones(3, 4)})
    with pytest.raises(ContractError, match="is no checkpoint of gwparam confidence"):
        load_head(read_checkpoint(path), SHA256)


def test_a_head_of_other_levels_is_refused(network):
    check_features(network, ErrorHead(FEATURES))
    with pytest.raises(ShapeError, match=f"has 7 features, expected {FEATURES}"):
        check_features(network, ErrorHead(7))
