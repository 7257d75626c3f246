import prithvi_small
import pytest
import torch

from gwparam.checkpoints import Checkpoint, read_checkpoint
from gwparam.errors import ModelFileError, NonFiniteError
from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.prithvi.backbone import Prithvi
from gwparam.networks.prithvi.unet import UNetWithTransformer
from gwparam.training.pretrained import load_pretrained

# prithviwxc 1.0.1 compares version strings: it takes torch 2.13 for older than 2.3.
pytestmark = pytest.mark.filterwarnings("ignore:.*sdp_kernel:FutureWarning")

BACKBONE = "model."
IDIM, ODIM = 5, 3
# A foundation model of weather fields: two times, and the climatology among what it
# knows of its grid, as in the published prithvi.wxc.2300m.v1.pt.
WEATHER, TIMES, STATIC = 5, 2, 4
OTHER_FIELDS = {
    "input_scalers_mu": "1 x 1 x 5 x 1 x 1 in the file, 1 x 1 x 32 x 1 x 1 here",
    "input_scalers_sigma": "1 x 1 x 5 x 1 x 1 in the file, 1 x 1 x 32 x 1 x 1 here",
    "static_input_scalers_mu": "1 x 4 x 1 x 1 in the file, 1 x 3 x 1 x 1 here",
    "static_input_scalers_sigma": "1 x 4 x 1 x 1 in the file, 1 x 3 x 1 x 1 here",
    "output_scalers": "1 x 5 x 1 x 1 in the file, 1 x 32 x 1 x 1 here",
    "patch_embedding.proj.weight": "24 x 10 x 2 x 2 in the file, 24 x 32 x 2 x 2 here",
    "patch_embedding_static.proj.weight": "24 x 9 x 2 x 2 in the file, "
    "24 x 3 x 2 x 2 here",
    "unembed.weight": "20 x 24 in the file, 128 x 24 here",
    "unembed.bias": "20 in the file, 128 here",
}


def column(seed=1, **sizes):
    torch.manual_seed(seed)
    return AnnCnn(**({"idim": IDIM, "odim": ODIM} | sizes))


def image_network(seed=1):
    torch.manual_seed(seed)
    return UNetWithTransformer(prithvi_small.SIZES)


def copies(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def given(path, weights, **others):
    """Write weights as a file of torch, and read them as a user's checkpoint."""
    torch.save(weights, path)
    return read_checkpoint(path, **others)


def in_memory(tmp_path, weights):
    return Checkpoint(tmp_path / "given.pt", "", weights, {}, None)


@pytest.fixture(scope="module")
def weather():
    """Weights of a foundation model that the package made, for other fields."""
    model = pytest.importorskip("PrithviWxC.model")
    sizes = prithvi_small.SIZES
    torch.manual_seed(7)
    return model.PrithviWxC(
        in_channels=WEATHER,
        input_size_time=TIMES,
        in_channels_static=STATIC,
        input_scalers_mu=torch.randn(WEATHER),
        input_scalers_sigma=torch.rand(WEATHER),
        input_scalers_epsilon=0.0,
        static_input_scalers_mu=torch.randn(STATIC),
        static_input_scalers_sigma=torch.rand(STATIC),
        static_input_scalers_epsilon=0.0,
        output_scalers=torch.rand(WEATHER),
        n_lats_px=4 * sizes.mask_unit[0],
        n_lons_px=3 * sizes.mask_unit[1],
        patch_size_px=sizes.patch,
        mask_unit_size_px=sizes.mask_unit,
        mask_ratio_inputs=0.5,
        mask_ratio_targets=0.0,
        embed_dim=sizes.embed,
        n_blocks_encoder=sizes.encoder_pairs,
        n_blocks_decoder=sizes.decoder_pairs,
        mlp_multiplier=sizes.mlp_ratio,
        n_heads=sizes.heads,
        dropout=0.0,
        drop_path=0.0,
        parameter_dropout=0.0,
        residual="climate",
        masking_mode="both",
        positional_encoding="absolute",
    ).state_dict()


def test_whole_network_is_taken_bit_for_bit(tmp_path):
    path = prithvi_small.checkpoint(tmp_path / "published.pt")
    network = image_network()

    loaded = load_pretrained(network, read_checkpoint(path), BACKBONE)

    expected = prithvi_small.state_dict()
    assert loaded.taken == tuple(expected)
    assert (loaded.reinitialised, loaded.unused) == ((), ())
    for key, value in network.state_dict().items():
        assert torch.equal(value, expected[key].to(value.dtype)), key


def test_network_without_backbone_is_taken_bit_for_bit(tmp_path):
    expected = copies(column(seed=2))
    network = column()

    loaded = load_pretrained(network, given(tmp_path / "ann.pt", expected), "")

    assert loaded.taken == tuple(expected)
    for key, value in network.state_dict().items():
        assert torch.equal(value, expected[key]), key


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "in model_state"])
def test_backbone_alone_is_taken_bit_for_bit(tmp_path, wrapped):
    network = image_network()
    before = copies(network)
    backbone = copies(image_network(seed=2).model)
    content = {"model_state": backbone} if wrapped else backbone

    loaded = load_pretrained(
        network, given(tmp_path / "backbone.pt", content), BACKBONE
    )

    assert loaded.taken == tuple(BACKBONE + key for key in backbone)
    assert (loaded.reinitialised, loaded.unused) == ((), ())
    for key, value in network.state_dict().items():
        name = key.removeprefix(BACKBONE)
        expected = backbone[name] if key.startswith(BACKBONE) else before[key]
        assert torch.equal(value, expected), key


def test_backbone_of_other_fields_is_taken_where_it_fits(tmp_path, weather):
    network = image_network()
    path = tmp_path / "prithvi.pt"

    loaded = load_pretrained(network, given(path, {"model_state": weather}), BACKBONE)

    inner = ("encoder.lgl_block.", "decoder.lgl_block.", "mask_token", "input_time_")
    fitting = [key for key in weather if key.startswith((*inner, "lead_time_"))]
    assert len(fitting) == 6 * 10 + 1 + 4
    # Both embeddings keep their bias, which says nothing without its weights.
    fitting += ["patch_embedding.proj.bias", "patch_embedding_static.proj.bias"]
    assert set(loaded.taken) == {BACKBONE + key for key in fitting}
    own = network.model.state_dict()
    for key in fitting:
        assert torch.equal(own[key], weather[key]), key


def test_layers_of_other_fields_keep_their_first_values(tmp_path, weather):
    network = image_network()
    before = copies(network)

    loaded = load_pretrained(network, given(tmp_path / "prithvi.pt", weather), BACKBONE)

    reinitialised = dict(loaded.reinitialised)
    assert reinitialised == {BACKBONE + key: why for key, why in OTHER_FIELDS.items()}
    for key in reinitialised:
        assert torch.equal(network.state_dict()[key], before[key]), key


def test_keys_of_the_package_are_those_of_the_backbone(weather):
    with torch.device("meta"):
        backbone = Prithvi(32, (8, 12), (2, 2), (4, 6), 24, 3, 1, 1)

    assert list(weather) == list(backbone.state_dict())


def test_what_the_file_lacks_is_listed(tmp_path):
    weights = copies(column(seed=2))
    del weights["layer3.bias"]
    network = column()
    before = network.layer3.bias.clone()

    loaded = load_pretrained(network, in_memory(tmp_path, weights), "")

    assert loaded.reinitialised == (("layer3.bias", "not in the file"),)
    assert torch.equal(network.layer3.bias, before)


def test_what_a_whole_file_lacks_around_the_backbone_is_listed(tmp_path):
    weights = copies(image_network(seed=2))
    del weights["decoder.final_conv.bias"]

    loaded = load_pretrained(image_network(), in_memory(tmp_path, weights), BACKBONE)

    assert loaded.reinitialised == (("decoder.final_conv.bias", "not in the file"),)


def test_what_a_backbone_alone_lacks_is_listed(tmp_path):
    weights = copies(image_network(seed=2).model)
    del weights["unembed.bias"]

    loaded = load_pretrained(image_network(), in_memory(tmp_path, weights), BACKBONE)

    assert loaded.reinitialised == (("model.unembed.bias", "not in the file"),)


def test_one_number_of_another_shape_is_spelt(tmp_path):
    weights = copies(image_network(seed=2))
    weights["encoder.encoder1.1.num_batches_tracked"] = torch.zeros(3)

    loaded = load_pretrained(image_network(), in_memory(tmp_path, weights), BACKBONE)

    key = "encoder.encoder1.1.num_batches_tracked"
    assert loaded.reinitialised == ((key, "3 in the file, one number here"),)


def test_what_the_network_has_no_place_for_is_listed(tmp_path):
    weights = copies(column(seed=2, depth=10))

    loaded = load_pretrained(column(), in_memory(tmp_path, weights), "")

    more = [f"layer{i}.{part}" for i in range(7, 11) for part in ("weight", "bias")]
    assert loaded.unused == tuple(more)


def test_unused_tensors_of_a_backbone_alone_are_listed(tmp_path):
    weights = copies(image_network(seed=2).model) | {"climatology": torch.ones(2)}

    loaded = load_pretrained(image_network(), in_memory(tmp_path, weights), BACKBONE)

    assert loaded.unused == ("model.climatology",)


def test_weights_are_taken_only_of_the_parameters_among_them(tmp_path):
    network = image_network()
    parameters = {name for name, _ in network.named_parameters()}

    loaded = load_pretrained(
        network, in_memory(tmp_path, copies(image_network(seed=2))), BACKBONE
    )

    assert set(loaded.weights) == parameters
    assert "model.output_scalers" in loaded.taken


def test_file_of_another_network_is_refused(tmp_path):
    checkpoint = given(tmp_path / "other.pt", {"a": torch.ones(1), "b": torch.ones(2)})

    with pytest.raises(ModelFileError) as caught:
        load_pretrained(column(), checkpoint, "")

    assert str(caught.value) == (
        f"{tmp_path}/other.pt has no weights that fit: it has a, b, expected "
        "names such as layer1.weight, layer1.bias, layer2.weight"
    )


def test_file_in_which_only_statistics_fit_is_refused(tmp_path):
    key = "encoder.encoder1.1.num_batches_tracked"
    checkpoint = in_memory(tmp_path, {key: torch.tensor(3), "model.a": torch.ones(1)})

    with pytest.raises(ModelFileError, match="has no weights that fit"):
        load_pretrained(image_network(), checkpoint, BACKBONE)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path, value):
    weights = copies(column(seed=2))
    weights["layer2.bias"][3] = value
    network = column()
    before = copies(network)

    with pytest.raises(NonFiniteError) as caught:
        load_pretrained(network, in_memory(tmp_path, weights), "")

    assert str(caught.value) == ("layer2.bias holds NaN or Inf, expected finite values")
    for key, weight in network.state_dict().items():
        assert torch.equal(weight, before[key]), key


def test_what_does_not_fit_may_be_anything(tmp_path):
    weights = copies(column(seed=2))
    weights["output.weight"] = torch.full((7, 7), float("nan"))

    loaded = load_pretrained(column(), in_memory(tmp_path, weights), "")

    why = "7 x 7 in the file, 3 x 6 here"
    assert loaded.reinitialised == (("output.weight", why),)
