import json

import numpy as np
import pytest
import torch
import xarray as xr
from recipes import ann_cnn, options
from weight_formula import digest, filled, weights

from gwparam.checkpoints import load_weights, read_checkpoint
from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks import from_checkpoint
from gwparam.networks.ann_cnn import AnnCnn, AnnCnnFlux

# Largest absolute differences that the README of the reference data suggests.
TOLERANCE = {torch.float32: 5e-5, torch.float64: 1e-12}
GAIN = 1.5


@pytest.fixture(scope="module")
def info(reference_data):
    return json.loads((reference_data / "ann_cnn" / "info.json").read_text())


def published(reference_data, stencil, kind):
    path = reference_data / "ann_cnn" / f"ann_cnn_{stencil}x{stencil}_tiny_{kind}.pt"
    network = AnnCnn(27, 16, stencil=stencil)
    load_weights(network, read_checkpoint(path))
    return network.eval()


def arrays(path):
    with xr.open_dataset(path) as data:
        return {name: torch.tensor(v.values) for name, v in data.data_vars.items()}


@pytest.mark.parametrize("script", [False, True], ids=["eager", "torchscript"])
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("kind", ["published_format", "safe"])
@pytest.mark.parametrize("stencil", [1, 3])
def test_io_tiny_is_matched(reference_data, stencil, kind, dtype, script):
    network = published(reference_data, stencil, kind).to(dtype)
    if script:
        network = torch.jit.script(network)
    data = arrays(reference_data / "ann_cnn" / f"io_{stencil}x{stencil}_tiny.nc")
    reference = data["y" if dtype == torch.float32 else "y64"]

    with torch.no_grad():
        result = network(data["x"].to(dtype))

    assert result.shape == reference.shape
    assert (result - reference).abs().max() < TOLERANCE[dtype]


@pytest.mark.parametrize("script", [False, True], ids=["eager", "torchscript"])
@pytest.mark.parametrize("stencil", [1, 3])
def test_io_tiny_batch_of_one_keeps_its_axis(reference_data, stencil, script):
    network = published(reference_data, stencil, "safe")
    if script:
        network = torch.jit.script(network)
    data = arrays(reference_data / "ann_cnn" / f"io_{stencil}x{stencil}_tiny.nc")

    with torch.no_grad():
        result = network(data["x"][:1])

    assert result.shape == (1, 16)
    assert (result[0] - data["y_batch1"]).abs().max() < TOLERANCE[torch.float32]


@pytest.mark.parametrize("script", [False, True], ids=["eager", "torchscript"])
def test_io_1x1_full_491_244_is_matched(reference_data, info, script):
    network = filled(AnnCnn(491, 244), GAIN)
    assert digest(network.state_dict()) == info["full_1x1"]["sha256"]
    if script:
        network = torch.jit.script(network)
    data = arrays(reference_data / "ann_cnn" / "io_1x1_full_491_244.nc")

    with torch.no_grad():
        result = network(data["x"])
        double = network.double()(data["x"].double())

    assert (result - data["y"]).abs().max() < TOLERANCE[torch.float32]
    assert (double - data["y64"]).abs().max() < TOLERANCE[torch.float64]


@pytest.mark.parametrize("stencil", [1, 3, 5])
def test_keys_shapes_and_formula_weights_are_those_of_info_json(info, stencil):
    network = AnnCnn(27, 16, stencil=stencil)
    expected = info[str(stencil)]

    shapes = {key: list(v.shape) for key, v in network.state_dict().items()}
    assert list(shapes.items()) == list(expected["keys"].items())
    assert sum(p.numel() for p in network.parameters()) == expected["params"]
    assert digest(weights(network, GAIN)) == expected["sha256"]


def test_keys_and_shapes_of_the_full_size_are_those_of_info_json(info):
    with torch.device("meta"):
        network = AnnCnn(491, 244)

    shapes = {key: list(v.shape) for key, v in network.state_dict().items()}
    assert list(shapes.items()) == list(info["full_1x1"]["keys"].items())


def test_variant_of_ten_layers_has_the_keys_of_info_json(info):
    network = AnnCnn(8, 4, depth=10)

    shapes = {key: list(v.shape) for key, v in network.state_dict().items()}
    assert list(shapes.items()) == list(info["ANN_CNN10_keys"].items())


def test_presets_have_the_published_parameter_counts(info):
    counts = {}
    for preset in AnnCnnFlux.presets:
        with torch.device("meta"):
            network = preset.build()
        features, levels, stencil = preset.name.split("-")
        count = sum(p.numel() for p in network.parameters())
        counts[f"{features}/{levels}/{stencil}"] = count

    assert counts == info["published_param_counts"]


def test_stencil_5_is_two_convolutions_then_the_perceptron():
    network = filled(AnnCnn(6, 4, stencil=5), GAIN).double()
    state = {key: v.numpy() for key, v in network.state_dict().items()}
    x = np.random.default_rng(1).standard_normal((7, 6, 5, 5))

    values = x
    for i in (1, 2):
        windows = np.lib.stride_tricks.sliding_window_view(values, (3, 3), axis=(2, 3))
        values = np.einsum("nchwyx,ocyx->nohw", windows, state[f"conv{i}.weight"])
        values = np.maximum(values + state[f"conv{i}.bias"][:, None, None], 0.0)
    values = values[:, :, 0, 0]
    for i in range(1, 7):
        values = values @ state[f"layer{i}.weight"].T + state[f"layer{i}.bias"]
        values = np.where(values > 0.0, values, 0.01 * values)
    values = values @ state["output.weight"].T + state["output.bias"]

    with torch.no_grad():
        for run in (network, torch.jit.script(network)):
            result = run(torch.from_numpy(x)).numpy()
            np.testing.assert_allclose(result, values, rtol=0, atol=1e-12)
            assert run(torch.from_numpy(x[:1])).shape == (1, 4)


@pytest.mark.parametrize("stencil", [3, 5])
def test_torchscript_sees_every_neighbour(stencil):
    network = torch.jit.script(filled(AnnCnn(6, 4, stencil=stencil), GAIN).double())
    x = torch.zeros(1, 6, stencil, stencil, dtype=torch.float64, requires_grad=True)

    (gradient,) = torch.autograd.grad(network(x + 0.3).sum(), x)

    assert (gradient.abs().amax(dim=(0, 1)) > 0.0).all()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"stencil": 7}, "stencil is 7, expected 1, 3 or 5"),
        ({"depth": 1}, "depth is 1, expected at least 2"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, message):
    with pytest.raises(ArgumentError, match=message):
        AnnCnn(8, 4, **sizes)


@pytest.mark.parametrize(
    ("stencil", "kind", "name"),
    [
        (1, "column", "ANN 1x1"),
        (3, "stencil", "ANN-CNN 3x3"),
        (5, "stencil", "ANN-CNN 5x5"),
    ],
)
def test_sizes_are_recovered_from_the_keys(tmp_path, stencil, kind, name):
    path = ann_cnn(tmp_path / "net.pt", 19, 8, stencil)

    network = from_checkpoint(read_checkpoint(path), options=options(tmp_path, 4))

    assert network.description.name == name
    assert network.geometry.kind == kind
    assert network.geometry.radius == (None if stencil == 1 else stencil // 2)
    state = network.network.state_dict()
    assert state["layer1.weight"].shape == (76, 19)
    assert state["output.weight"].shape == (8, 16)


def test_ten_layers_are_recovered_from_the_keys(tmp_path):
    path = tmp_path / "net.pt"
    torch.save(weights(AnnCnn(19, 8, depth=10), GAIN), path)

    network = from_checkpoint(read_checkpoint(path), options=options(tmp_path, 4))

    assert "layer10.weight" in network.network.state_dict()


def test_wrong_checkpoint_names_the_first_key_with_both_shapes(tmp_path):
    path = tmp_path / "net.pt"
    state = weights(AnnCnn(19, 8), GAIN)
    state["layer3.weight"] = state["layer3.weight"][:, :70]
    torch.save(state, path)

    with pytest.raises(ShapeError) as caught:
        from_checkpoint(read_checkpoint(path), options=options(tmp_path, 4))

    assert str(caught.value) == "layer3.weight has shape (76, 70), expected (76, 76)"
