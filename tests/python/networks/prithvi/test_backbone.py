import io

import pytest
import torch

from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks.prithvi.backbone import STATIC_CHANNELS, Prithvi

# prithviwxc 1.0.1 compares version strings: it takes torch 2.13 for older than 2.3.
pytestmark = pytest.mark.filterwarnings("ignore:.*sdp_kernel:FutureWarning")

# Two float64 evaluations of one network, in another order of summation at most.
TOLERANCE = 1e-12

CHANNELS, BATCH = 6, 2
SIZES = {
    "channels": CHANNELS,
    "grid": (8, 24),
    "patch": (2, 2),
    "mask_unit": (4, 12),
    "embed": 16,
    "heads": 2,
    "encoder_pairs": 2,
    "decoder_pairs": 1,
}
NUNIT, NSLOT = 4, 12


def package_model(ratio=0.0, mode="both", **sizes):
    """Build the backbone with the package, as the published fine-tuning does."""
    model = pytest.importorskip("PrithviWxC.model")
    sizes = SIZES | sizes
    channels = sizes["channels"]
    return model.PrithviWxC(
        in_channels=channels,
        input_size_time=1,
        in_channels_static=STATIC_CHANNELS,
        input_scalers_mu=torch.zeros(channels),
        input_scalers_sigma=torch.ones(channels),
        input_scalers_epsilon=0.0,
        static_input_scalers_mu=torch.zeros(STATIC_CHANNELS),
        static_input_scalers_sigma=torch.ones(STATIC_CHANNELS),
        static_input_scalers_epsilon=0.0,
        output_scalers=torch.zeros(channels),
        n_lats_px=sizes["grid"][0],
        n_lons_px=sizes["grid"][1],
        patch_size_px=sizes["patch"],
        mask_unit_size_px=sizes["mask_unit"],
        mask_ratio_inputs=ratio,
        mask_ratio_targets=0.0,
        embed_dim=sizes["embed"],
        n_blocks_encoder=sizes["encoder_pairs"],
        n_blocks_decoder=sizes["decoder_pairs"],
        mlp_multiplier=4,
        n_heads=sizes["heads"],
        dropout=0.0,
        drop_path=0.05,
        parameter_dropout=0.0,
        residual="none",
        masking_mode=mode,
        positional_encoding="absolute",
    )


def random_backbone(**sizes):
    """Build a backbone in which no tensor is zero and no two are alike."""
    torch.manual_seed(5)
    backbone = Prithvi(**(SIZES | sizes)).double().eval()
    for name, value in backbone.state_dict().items():
        shift = 1.0 if "sigma" in name or name.endswith("scalers") else 0.0
        value.copy_(shift + 0.3 * torch.randn(value.shape))
    return backbone


def random_image(grid=SIZES["grid"]):
    generator = torch.Generator().manual_seed(6)

    def draw(channels):
        shape = (BATCH, channels, *grid)
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    return draw(CHANNELS), draw(STATIC_CHANNELS)


def batch(image, static):
    """Arguments of the package, for the same fields."""
    time = torch.zeros(BATCH, 1, dtype=image.dtype)
    return {
        "x": image.unsqueeze(1),
        "y": image,
        "static": static,
        "input_time": time,
        "lead_time": time,
    }


@pytest.fixture(scope="module")
def backbone():
    return random_backbone()


@pytest.fixture(scope="module")
def package(backbone):
    model = package_model().double().eval()
    model.load_state_dict(backbone.state_dict())
    return model


@torch.no_grad()
def worst(backbone, reference):
    result = backbone(*random_image())
    return float((result - reference).abs().max() / reference.abs().max())


@pytest.fixture
def masked(backbone):
    """Give the backbone tokens for one test."""
    yield backbone.keep_tokens
    backbone.keep_tokens(None)


def test_keys_and_shapes_are_those_of_the_package(backbone, package):
    ours, theirs = backbone.state_dict(), package.state_dict()

    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        assert ours[key].shape == value.shape, key


def test_published_sizes_have_the_keys_of_the_package():
    published = {
        "channels": 1280,
        "grid": (64, 128),
        "mask_unit": (8, 16),
        "embed": 2560,
        "heads": 16,
        "encoder_pairs": 12,
        "decoder_pairs": 2,
    }

    with torch.device("meta"):
        ours = Prithvi(**(SIZES | published))
        theirs = package_model(**published)

    def shapes(model):
        return {key: value.shape for key, value in model.state_dict().items()}

    assert shapes(ours) == shapes(theirs)
    assert sum(p.numel() for p in ours.parameters()) == 2_386_247_680


def test_natural_order_is_the_unmasked_inference_of_the_package(backbone, package):
    from PrithviWxC.model import masked_inference

    with torch.no_grad():
        reference = masked_inference(package, batch(*random_image()))

    assert worst(backbone, reference) < TOLERANCE


def test_masked_slots_are_those_of_the_package(backbone, package, masked):
    from PrithviWxC.model import masked_inference

    mask = torch.zeros(2, 6, dtype=torch.bool)
    mask[0, 1::2] = mask[1, 2] = True
    with torch.no_grad():
        arguments = batch(*random_image())
        reference = masked_inference(package, arguments, mask_local=mask)

    kept = torch.where(~mask.flatten())[0]
    masked(kept.expand(1, NUNIT, -1))

    assert worst(backbone, reference) < TOLERANCE


def test_masked_units_are_those_of_the_package(backbone, package, masked):
    from PrithviWxC.model import masked_inference

    mask = torch.tensor([[True, False], [False, False]])
    with torch.no_grad():
        arguments = batch(*random_image())
        reference = masked_inference(package, arguments, mask_global=mask)

    masked(torch.tensor([[1, 2, 3]]))

    assert worst(backbone, reference) < TOLERANCE


@pytest.mark.parametrize("mode", ["local", "global"])
@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_drawn_tokens_are_those_of_the_package(backbone, masked, mode, ratio):
    model = package_model(ratio, mode).double().eval()
    model.load_state_dict(backbone.state_dict())
    torch.manual_seed(1234)
    with torch.no_grad():
        reference = model(batch(*random_image()))

    masked(backbone.draw_tokens(ratio, 1234, BATCH, whole_units=mode == "global"))

    assert worst(backbone, reference) < TOLERANCE


def test_order_of_the_tokens_matters_within_units_only(backbone, masked):
    with torch.no_grad():
        natural = backbone(*random_image())

    masked(backbone.draw_tokens(0.0, 1, whole_units=True))
    assert worst(backbone, natural) < TOLERANCE
    masked(backbone.draw_tokens(0.0, 1))
    assert worst(backbone, natural) > 1e-3


def test_one_set_of_tokens_serves_every_image(backbone, masked):
    kept = backbone.draw_tokens(0.25, 1)
    masked(kept.expand(BATCH, -1, -1))
    with torch.no_grad():
        reference = backbone(*random_image())

    masked(kept)

    assert worst(backbone, reference) < TOLERANCE


def test_patches_need_not_be_square():
    backbone = random_backbone(grid=(8, 24), patch=(1, 3), mask_unit=(4, 6))
    image, static = random_image()

    with torch.no_grad():
        result = backbone(image, static)
        # Row 5, columns 9 to 11 are the patch of unit (1, 1), slot (1, 1).
        tokens = backbone._to_tokens(backbone.patch_embedding(image))
        patch = image[:, :, 5, 9:12]
        weight = backbone.patch_embedding.proj.weight[:, :, 0]
        expected = torch.einsum("bcj,ecj->be", patch, weight)

    assert result.shape == image.shape
    expected = expected + backbone.patch_embedding.proj.bias
    torch.testing.assert_close(tokens[:, 5, 3], expected, rtol=1e-12, atol=1e-12)


def test_image_to_tokens_and_back_is_the_image(backbone):
    image, _ = random_image()
    nlat, nlon = SIZES["grid"]
    patches = image.view(BATCH, CHANNELS, nlat // 2, 2, nlon // 2, 2)
    patches = patches.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)

    back = backbone._to_image(backbone._to_tokens(patches))

    assert torch.equal(back, image)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("ratio", [None, 0.5])
def test_torchscript_gives_the_same_bits(dtype, ratio):
    backbone = random_backbone().to(dtype)
    if ratio is not None:
        backbone.keep_tokens(backbone.draw_tokens(ratio, 7))
    fields = [field.to(dtype) for field in random_image()]
    archive = io.BytesIO()
    torch.jit.save(torch.jit.script(backbone), archive)
    archive.seek(0)
    scripted = torch.jit.load(archive)

    with torch.no_grad():
        expected = backbone(*fields)
        for _ in range(3):
            assert torch.equal(scripted(*fields), expected)

    assert expected.dtype == dtype


def test_chosen_tokens_are_no_weights(backbone, masked):
    masked(backbone.draw_tokens(0.5, 7))

    assert "visible" not in backbone.state_dict()


def test_whole_number_scalers_are_taken(backbone):
    weights = backbone.state_dict()
    whole = {k: (3 * v).round().long() for k, v in weights.items() if "scalers" in k}
    whole = {k: v + (v == 0) for k, v in whole.items()}
    copied, assigned = random_backbone(), random_backbone()
    copied.load_state_dict(weights | whole)
    assigned.load_state_dict(weights | whole, assign=True)

    with torch.no_grad():
        reference = copied(*random_image())

    assert assigned.output_scalers.dtype == torch.int64
    assert worst(assigned, reference) == 0.0


def test_new_backbone_is_dead_as_the_published_constructor_makes_it():
    backbone = Prithvi(**SIZES).eval()
    image, static = (field.float() for field in random_image())

    with torch.no_grad():
        result = backbone(image, static)

    assert backbone.is_dead()
    assert not result.any()


def test_one_scaler_that_is_not_zero_keeps_the_backbone_alive():
    backbone = Prithvi(**SIZES)
    backbone.output_scalers[0, 3] = -0.1

    assert not backbone.is_dead()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (
            {"grid": (10, 24)},
            "grid is 10 x 24, expected a multiple of the mask unit, 4 x 12",
        ),
        (
            {"grid": (8, 0)},
            "grid is 8 x 0, expected a multiple of the mask unit, 4 x 12",
        ),
        (
            {"patch": (3, 2)},
            "mask unit is 4 x 12, expected a multiple of the patch, 3 x 2",
        ),
        ({"heads": 3}, "embed is 16, expected a multiple of 4 and of 3 heads"),
        ({"embed": 18}, "embed is 18, expected a multiple of 4 and of 2 heads"),
    ],
)
def test_sizes_that_do_not_divide_are_named(sizes, message):
    with pytest.raises(ArgumentError) as caught:
        Prithvi(**(SIZES | sizes))

    assert str(caught.value) == message


@pytest.mark.parametrize("ratio", [-0.1, 1.0, float("nan")])
def test_mask_ratio_out_of_range(backbone, ratio):
    with pytest.raises(ArgumentError, match=r"mask ratio is .*, expected 0 to less"):
        backbone.draw_tokens(ratio, 1)


@pytest.mark.parametrize(
    "visible",
    [[[0, 1, 4]], [[0, -1]], [[1, 1]], [[]]],
)
def test_units_that_cannot_be_kept(backbone, visible):
    with pytest.raises(
        ArgumentError,
        match="visible has indices that are none, twice or outside 0 to 3",
    ):
        backbone.keep_tokens(torch.tensor(visible))


def test_tokens_of_another_number_of_units(backbone):
    with pytest.raises(ShapeError) as caught:
        backbone.keep_tokens(torch.zeros(1, 5, 3))

    assert str(caught.value) == (
        "visible has shape (1, 5, 3), expected (samples, kept) or (samples, 4, kept)"
    )


@torch.no_grad()
def test_lead_time_is_that_of_the_package(backbone, package):
    from PrithviWxC.model import masked_inference

    fields = batch(*random_image())
    fields["lead_time"] = torch.full_like(fields["lead_time"], 6.0)
    reference = masked_inference(package, fields)

    at_once = worst(backbone, reference)
    backbone.lead_time = 6.0
    try:
        later = worst(backbone, reference)
    finally:
        backbone.lead_time = 0.0

    assert at_once > 1e-3
    assert later < TOLERANCE
