import numpy as np
import prithvi_small
import pytest
import torch

from gwparam.contract import Geometry
from gwparam.errors import ArgumentError
from gwparam.networks.prithvi.flux import PrithviFlux
from gwparam.networks.prithvi.unet import UNetWithTransformer

ROUNDING = 1e-7
"""Sines and cosines, at most 1, in single precision."""

LATITUDE = (-80.0, -60.0, -35.0, -10.0, 5.0, 30.0, 55.0, 75.0)
LONGITUDE = tuple(30.0 * column for column in range(12))


def small_prithvi(scaler=1):
    torch.manual_seed(1)
    network = UNetWithTransformer(prithvi_small.SIZES)
    network.model.output_scalers = torch.full((1, 32, 1, 1), scaler)
    return network


def small_model(mask_ratio=0.0, network=None):
    grid = Geometry("global", latitude=LATITUDE, longitude=LONGITUDE)
    network = network or small_prithvi()
    return PrithviFlux.training_model(network, grid, mask_ratio)


def some_features(images=2):
    generator = torch.Generator().manual_seed(2)
    return torch.randn(images, 12, *prithvi_small.GRID, generator=generator)


def scalers_after(how, scaler):
    network = small_prithvi(scaler)
    PrithviFlux.set_output_scalers(network, how)
    return network.model.output_scalers


@pytest.mark.parametrize(
    ("how", "scaler", "expected"),
    [
        ("keep", 0, 0.0),
        ("keep", 3, 3.0),
        ("ones", 0, 1.0),
        ("ones", 3, 1.0),
        ("learn", 0, 1.0),
        ("learn", 3, 1.0),
        (None, 0, 1.0),
        (None, 3, 3.0),
    ],
)
def test_output_scalers_are_those_of_the_choice(how, scaler, expected):
    scalers = scalers_after(how, scaler)

    assert scalers.shape == (1, 32, 1, 1)
    assert (scalers == expected).all()
    assert scalers.requires_grad == (how == "learn")


def test_one_scaler_that_is_not_zero_keeps_them_all():
    network = small_prithvi(0)
    network.model.output_scalers[0, 5] = 2

    PrithviFlux.set_output_scalers(network, None)

    assert network.model.output_scalers.sum() == 2


def test_learned_output_scalers_are_trained():
    network = small_prithvi(0)
    PrithviFlux.set_output_scalers(network, "learn")
    model = small_model(network=network)
    scalers = network.get_parameter("model.output_scalers")
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)

    model(some_features()).square().mean().backward()
    optimizer.step()

    assert (scalers != 1.0).all()
    assert torch.equal(network.state_dict()["model.output_scalers"], scalers)


@pytest.mark.parametrize("how", ["keep", "ones", "learn", None])
def test_published_keys_stay_whatever_the_choice(how):
    network = small_prithvi(0)
    before = sorted(network.state_dict())

    PrithviFlux.set_output_scalers(network, how)

    assert sorted(network.state_dict()) == before


@pytest.mark.parametrize("ratio", [-0.1, 1.0, float("nan")])
def test_mask_ratio_out_of_range_is_told(ratio):
    with pytest.raises(ArgumentError) as caught:
        small_model(ratio)

    assert str(caught.value) == (f"mask_ratio is {ratio}, expected 0 to less than 1")


def test_tokens_are_hidden_in_training_others_at_every_step():
    model = small_model(0.5)
    backbone, seen = model.network.model, []

    for _ in range(2):
        model(some_features(images=3))
        seen.append(backbone.visible)

    # Of 4 units of 6 tokens half are seen, and every image has its own.
    assert [visible.shape for visible in seen] == [(3, 4, 3)] * 2
    assert not torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0][0], seen[0][1])


def test_hidden_tokens_follow_from_the_seed():
    seen = []
    for _ in range(2):
        model = small_model(0.5)
        torch.manual_seed(5)
        model(some_features())
        seen.append(model.network.model.visible)

    assert torch.equal(*seen)


@torch.no_grad()
def test_all_tokens_are_seen_in_eval_mode():
    model = small_model(0.5)
    model(some_features())
    assert model.network.model.hides_tokens()
    model.eval()

    result = model(some_features())

    plain = small_prithvi()
    plain.load_state_dict(model.network.state_dict())
    assert not model.network.model.hides_tokens()
    assert torch.equal(result, plain.eval()(some_features(), model.static))


def test_all_tokens_are_seen_in_training_without_a_ratio():
    model = small_model(0.0)
    torch.manual_seed(1)
    expected = small_prithvi()(some_features(), model.static)

    result = model(some_features())

    assert torch.equal(result, expected)
    assert not model.network.model.hides_tokens()


def test_static_fields_are_those_of_the_grid():
    static = small_model().static

    latitude, longitude = np.radians(LATITUDE), np.radians(LONGITUDE)
    expected = np.empty((1, 3, 8, 12))
    expected[0, 0] = np.sin(latitude)[:, None]
    expected[0, 1], expected[0, 2] = np.cos(longitude), np.sin(longitude)
    assert static.dtype == torch.float32
    np.testing.assert_allclose(static.numpy(), expected, rtol=0.0, atol=ROUNDING)


def test_static_fields_are_no_weights():
    assert set(small_model().state_dict()) == {
        f"network.{key}" for key in small_prithvi().state_dict()
    }


def test_static_fields_follow_the_dtype_of_the_features():
    model = small_model().double().eval()
    model.static = model.static.float()

    with torch.no_grad():
        assert model(some_features().double()).dtype == torch.float64


def test_attention_heads_and_mask_unit_are_told_to_an_export():
    options = PrithviFlux.export_options(small_prithvi())

    assert options == {"heads": 3, "mask_unit": (4, 6)}
