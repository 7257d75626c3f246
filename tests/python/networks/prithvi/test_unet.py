import io
import json

import pytest
import torch
import xarray as xr

from gwparam.errors import ArgumentError
from gwparam.networks.prithvi.unet import PRESETS, UNetWithTransformer

# data/prithvi_gw/README.md suggests these, absolute, for outputs of standard deviation
# 0.6 to 3.
TOLERANCE = {torch.float32: 3e-4, torch.float64: 1e-10}
DTYPES = tuple(TOLERANCE)

ALIVE = "tiny_state_dict_plain.pt"
DEAD = "tiny_state_dict_ddp_published_scalers.pt"


@pytest.fixture(scope="module")
def data(reference_data):
    return reference_data / "prithvi_gw"


@pytest.fixture(scope="module")
def features(data):
    with xr.open_dataset(data / "inputs.nc") as inputs:
        return [torch.tensor(inputs[name].values) for name in ("x", "static")]


def weights_of(path):
    weights = torch.load(path, weights_only=True)
    return {key.removeprefix("module."): value for key, value in weights.items()}


def network_of(path):
    network = UNetWithTransformer(PRESETS["tiny"])
    network.load_state_dict(weights_of(path))
    return network.eval()


def recorded(path, *names):
    with xr.open_dataset(path) as data:
        return [torch.tensor(data[name].values) for name in names]


def scripted(network):
    """Pass a network through the file of an artefact."""
    archive = io.BytesIO()
    torch.jit.save(torch.jit.script(network), archive)
    archive.seek(0)
    return torch.jit.load(archive)


def worst(network, features, path):
    """Largest difference to the recorded output, in the dtype of the network."""
    dtype = next(network.parameters()).dtype
    (output,) = recorded(path, "y64" if dtype == torch.float64 else "y")
    x, static = (field.to(dtype) for field in features)
    with torch.no_grad():
        return float((network(x.squeeze(1), static) - output).abs().max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("run", [lambda network: network, scripted])
def test_matches_io_mask0_natural_order(data, features, run, dtype):
    network = run(network_of(data / ALIVE).to(dtype))

    path = data / "io_mask0_natural_order.nc"
    assert worst(network, features, path) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("run", [lambda network: network, scripted])
@pytest.mark.parametrize(
    "name",
    [
        "io_mask0_natural_order.nc",
        "io_mask0_seed1234.nc",
        "io_mask50_seed1234.nc",
        "io_mask50_seed1234_sorted.nc",
        "io_mask50_global_seed1234.nc",
    ],
)
def test_matches_fixture_with_its_recorded_tokens(data, features, name, run, dtype):
    network = network_of(data / ALIVE).to(dtype)
    (visible,) = recorded(data / name, "idx_unmasked")
    network.model.keep_tokens(visible)

    assert worst(run(network), features, data / name) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("run", [lambda network: network, scripted])
@pytest.mark.parametrize(
    ("name", "ratio", "whole_units"),
    [
        ("io_mask0_seed1234.nc", 0.0, False),
        ("io_mask50_seed1234.nc", 0.5, False),
        ("io_mask50_global_seed1234.nc", 0.5, True),
    ],
)
def test_matches_fixture_with_tokens_of_its_seed(
    data, features, name, ratio, whole_units, run, dtype
):
    network = network_of(data / ALIVE).to(dtype)
    visible = network.model.draw_tokens(ratio, 1234, 2, whole_units)
    network.model.keep_tokens(visible)

    assert torch.equal(visible, *recorded(data / name, "idx_unmasked"))
    assert worst(run(network), features, data / name) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("run", [lambda network: network, scripted])
def test_matches_io_published_scalers_mask50(data, features, run, dtype):
    network = network_of(data / DEAD).to(dtype)

    assert network.model.is_dead()
    path = data / "io_published_scalers_mask50.nc"
    assert worst(run(network), features, path) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
def test_matches_io_trainmode_droppath0_mask0(data, features, dtype):
    path = data / "io_trainmode_droppath0_mask0.nc"
    network = network_of(data / ALIVE).to(dtype).train()

    assert worst(network, features, path) < TOLERANCE[dtype]
    norm = network.encoder.encoder1[1]
    mean, variance = recorded(
        path, "enc1_bn_running_mean_after", "enc1_bn_running_var_after"
    )
    assert (norm.running_mean - mean).abs().max() < TOLERANCE[dtype]
    assert (norm.running_var - variance).abs().max() < TOLERANCE[dtype]


@pytest.mark.parametrize("name", ["io_mask0_natural_order.nc", "io_mask50_seed1234.nc"])
def test_matches_the_recorded_steps(data, features, name):
    network = network_of(data / ALIVE)
    model = network.model
    (visible,) = recorded(data / name, "idx_unmasked")
    model.keep_tokens(visible)
    stages = {
        "enc4": network.encoder.encoder4,
        "x_embedded": model.patch_embedding,
        "static_embedded": model.patch_embedding_static,
        "enc_block0": model.encoder.lgl_block.transformers[0],
        "enc_block1": model.encoder.lgl_block.transformers[1],
        "enc_out": model.encoder,
        "dec_out": model.decoder,
        "unembed": model.unembed,
        "bottleneck": model,
    }
    seen = {}
    for step, module in stages.items():
        module.register_forward_hook(
            lambda _, before, after, step=step: seen.update({step: after})
        )

    path = data / name
    assert worst(network, features, path) < TOLERANCE[torch.float32]
    for step, reference in zip(seen, recorded(path, *seen), strict=True):
        assert (seen[step] - reference).abs().max() < TOLERANCE[torch.float32], step


def test_matches_expected_prithvi_fewlev(reference_data, data):
    path = reference_data / "dataset" / "expected_prithvi_fewlev.nc"
    x, static, single, double = recorded(
        path, "x", "static", "prediction", "prediction64"
    )
    network = network_of(data / "tiny_state_dict_ddp.pt")

    with torch.no_grad():
        result = network(x.squeeze(1), static)
        exact = network.double()(x.double().squeeze(1), static.double())

    assert (result - single).abs().max() < TOLERANCE[torch.float32]
    assert (exact - double).abs().max() < TOLERANCE[torch.float64]


def test_full_sizes_have_the_published_keys_and_shapes(data):
    listed = json.loads((data / "full_published_state_dict_shapes.json").read_text())

    with torch.device("meta"):
        network = UNetWithTransformer()

    weights = network.state_dict()
    assert list(weights) == list(listed)
    assert len(weights) == 430
    for key, (dtype, shape) in listed.items():
        assert list(weights[key].shape) == shape, key
        # The published scalers are whole numbers; either kind is read.
        if "scalers" not in key:
            assert str(weights[key].dtype) == f"torch.{dtype}", key
    assert sum(p.numel() for p in network.parameters()) == 2_479_889_326
    convolutions = [*network.encoder.parameters(), *network.decoder.parameters()]
    assert sum(p.numel() for p in convolutions) == 93_641_646


def test_tiny_sizes_have_the_listed_keys_and_shapes(data):
    listed = json.loads((data / "tiny_state_dict_shapes.json").read_text())["keys"]

    weights = UNetWithTransformer(PRESETS["tiny"]).state_dict()

    assert {key: list(value.shape) for key, value in weights.items()} == {
        key: shape for key, (_, shape) in listed.items()
    }


@pytest.mark.parametrize("mean", [0, 2])
def test_dead_backbone_is_dropped_without_a_trace(data, features, mean):
    network = network_of(data / DEAD)
    network.model.input_scalers_mu.fill_(mean)
    x, static = features[0].squeeze(1), features[1]
    with torch.no_grad():
        whole = network(x, static)

        network.drop_backbone()

        assert torch.equal(network(x, static), whole)
        assert torch.equal(scripted(network)(x, static), whole)
    assert not any(key.startswith("model.encoder") for key in network.state_dict())


def test_published_network_keeps_four_percent_without_its_backbone():
    with torch.device("meta"):
        network = UNetWithTransformer()
        whole = sum(p.numel() for p in network.parameters())
        network.model = torch.nn.Identity()

    rest = sum(p.numel() for p in network.parameters())
    assert 0.03 < rest / whole < 0.04


def test_living_backbone_is_not_dropped(data):
    network = network_of(data / ALIVE)

    with pytest.raises(ArgumentError) as caught:
        network.drop_backbone()

    assert str(caught.value) == (
        "model.output_scalers has 32 values that are not zero, expected none in a "
        "backbone to drop"
    )
