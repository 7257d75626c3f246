import json

import pytest
import torch
import xarray as xr
from recipes import SMALL_WIDTHS, attention_unet, options
from weight_formula import digest, filled

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks import from_checkpoint
from gwparam.networks.attention_unet import AttentionUNet, AttentionUNetFlux

# Largest absolute differences that the README of the reference data suggests.
TOLERANCE = {torch.float32: 2e-4, torch.float64: 1e-11}
GAIN = 2.0**0.5


@pytest.fixture(scope="module")
def info(reference_data):
    return json.loads((reference_data / "attention_unet" / "info.json").read_text())


@pytest.fixture(scope="module")
def data(reference_data):
    path = reference_data / "attention_unet" / "io_attn1_tiny.nc"
    with xr.open_dataset(path) as data:
        return {name: torch.tensor(v.values) for name, v in data.data_vars.items()}


@pytest.fixture(scope="module")
def published(info):
    network = filled(AttentionUNet(8, 6), GAIN)
    assert digest(network.state_dict()) == info["attn1"]["sha256"]
    return network


@pytest.mark.parametrize("script", [False, True], ids=["eager", "torchscript"])
def test_io_attn1_tiny_is_matched_in_float32(published, data, script):
    network = torch.jit.script(published) if script else published

    with torch.no_grad():
        result = network(data["x"])

    assert (result - data["y"]).abs().max() < TOLERANCE[torch.float32]


@pytest.mark.parametrize("script", [False, True], ids=["eager", "torchscript"])
def test_io_attn1_tiny_is_matched_in_float64(info, data, script):
    network = filled(AttentionUNet(8, 6), GAIN).double()
    if script:
        network = torch.jit.script(network)

    with torch.no_grad():
        result = network(data["x"].double())
        alone = network(data["x"][:1].double())

    assert (result - data["y64"]).abs().max() < TOLERANCE[torch.float64]
    assert (alone - data["y64"][:1]).abs().max() < TOLERANCE[torch.float64]


def test_io_attn1_tiny_intermediates_are_matched(published, data):
    seen = {}
    modules = ("conv1", "conv5", "attn5", "attn2")
    hooks = [
        getattr(published, name).register_forward_hook(
            lambda _, __, output, name=name: seen.update({name: output})
        )
        for name in modules
    ]
    with torch.no_grad():
        published(data["x"])
    for hook in hooks:
        hook.remove()

    for name, key in zip(
        modules, ("conv1_sample", "conv5", "attn5_sample", "attn2_sample"), strict=True
    ):
        sample = seen[name][:, : data[key].shape[1]]
        assert (sample - data[key]).abs().max() < TOLERANCE[torch.float32], name


def test_io_attn1_tiny_trainmode_is_matched(reference_data, data):
    path = reference_data / "attention_unet" / "io_attn1_tiny_trainmode.nc"
    with xr.open_dataset(path) as reference:
        expected = {k: torch.tensor(v.values) for k, v in reference.data_vars.items()}
    network = filled(AttentionUNet(8, 6), GAIN).double().train()

    with torch.no_grad():
        result = network(data["x"].double())

    assert (result - expected["y_train64"]).abs().max() < TOLERANCE[torch.float64]
    norm = network.conv1.conv[1]
    for key in ("running_mean", "running_var"):
        after = expected[f"conv1_bn_{key}_after"]
        assert (getattr(norm, key) - after).abs().max() < TOLERANCE[torch.float64]


@pytest.mark.parametrize(("kind", "gates"), [("attn1", False), ("attn3d", True)])
def test_keys_and_shapes_are_those_of_info_json(info, kind, gates):
    with torch.device("meta"):
        network = AttentionUNet(8, 6, gate_channels=gates)

    found = [
        (key, [str(v.dtype), list(v.shape)]) for key, v in network.state_dict().items()
    ]
    assert found == list(info[kind]["keys"].items())
    assert sum(p.numel() for p in network.parameters()) == info[kind]["params"]


def test_gate_for_every_channel_has_the_formula_weights_of_info_json(info):
    network = filled(AttentionUNet(8, 6, gate_channels=True), GAIN)

    assert digest(network.state_dict()) == info["attn3d"]["sha256"]


def test_presets_have_the_published_parameter_counts(info):
    counts = {}
    for preset in AttentionUNetFlux.presets:
        with torch.device("meta"):
            network = preset.build()
        if "gate" not in preset.name:
            features, levels = preset.name.split("-")
            counts[f"{features}/{levels}"] = [
                network.conv1.conv[0].in_channels,
                network.conv1x1.out_channels,
                sum(p.numel() for p in network.parameters()),
            ]

    assert counts == info["published_param_counts (ch_in,ch_out,params)"]


def test_gate_for_every_channel_weighs_channels_apart():
    network = filled(AttentionUNet(3, 2, widths=SMALL_WIDTHS, gate_channels=True), GAIN)
    skip = torch.ones(1, 4, 16, 16)

    with torch.no_grad():
        gated = network.attn2(torch.ones(1, 4, 16, 16), skip)

    assert gated.shape == skip.shape
    assert len({float(value) for value in gated[0, :, 8, 8]}) == 4


@pytest.mark.parametrize("gates", [False, True], ids=["one gate", "a gate a channel"])
def test_sizes_and_gate_are_recovered_from_the_keys(tmp_path, gates):
    path = attention_unet(tmp_path / "net.pt", 16, 8, gates)

    network = from_checkpoint(
        read_checkpoint(path), options=options(tmp_path, 4, grid="16x32")
    )

    state = network.network.state_dict()
    assert state["conv1.conv.0.weight"].shape == (4, 16, 3, 3)
    assert state["attn5.Psi.0.weight"].shape[0] == (16 if gates else 1)
    assert len(network.geometry.latitude) == 16
    assert network.geometry.latitude[0] < 0.0 < network.geometry.latitude[-1]
    assert network.geometry.longitude[:2] == (0.0, 11.25)


def test_grid_that_cannot_be_halved_four_times_is_refused(tmp_path):
    path = attention_unet(tmp_path / "net.pt", 16, 8)

    with pytest.raises(ShapeError) as caught:
        from_checkpoint(
            read_checkpoint(path), options=options(tmp_path, 4, grid="24x48")
        )

    assert str(caught.value) == "the grid has 24 x 48 cells, expected multiples of 16"


def test_grid_that_is_not_known_is_asked_for(tmp_path):
    path = attention_unet(tmp_path / "net.pt", 16, 8)

    with pytest.raises(ArgumentError) as caught:
        from_checkpoint(read_checkpoint(path), options=options(tmp_path, 4))

    assert str(caught.value) == (
        "the grid of the Attention U-Net is not known, expected grid NLATxNLON|FILE.nc"
    )


def test_other_number_of_depths_is_refused():
    with pytest.raises(ArgumentError, match="widths has 3 values, expected 5"):
        AttentionUNet(3, 2, widths=(4, 8, 8))
