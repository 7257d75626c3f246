import copy
import io
import math

import pytest
import torch

from gwparam.networks.prithvi.backbone import STATIC_CHANNELS, Block, DropPath, Prithvi
from gwparam.training.run import compute_twice

# prithviwxc 1.0.1 compares version strings: it takes torch 2.13 for older than 2.3.
pytestmark = pytest.mark.filterwarnings("ignore:.*sdp_kernel:FutureWarning")

TOLERANCE = 1e-10
"""Relative: float64 gradients of one function in another order of summation, 1e-16 a
rounding, through eight blocks; measured 3e-16."""
SIGMAS = 5.0
"""Of a mean of random numbers, by chance exceeded once in two million."""

CHANNELS, BATCH = 6, 2
GRID, PATCH, MASK_UNIT = (8, 24), (2, 2), (4, 12)
EMBED, HEADS, ENCODER_PAIRS, DECODER_PAIRS = 16, 2, 2, 1


def new_backbone(drop_path=0.0, seed=5):
    """Build a backbone in which no tensor is zero and no two are alike."""
    torch.manual_seed(seed)
    backbone = Prithvi(
        CHANNELS,
        GRID,
        PATCH,
        MASK_UNIT,
        EMBED,
        HEADS,
        ENCODER_PAIRS,
        DECODER_PAIRS,
        drop_path=drop_path,
    ).double()
    for name, value in backbone.state_dict().items():
        shift = 1.0 if "sigma" in name or name.endswith("scalers") else 0.0
        value.copy_(shift + 0.3 * torch.randn(value.shape))
    return backbone


def package_backbone(weights, **changes):
    """Build the same backbone with the package, as the published fine-tuning does."""
    model = pytest.importorskip("PrithviWxC.model")
    settings = {
        "in_channels": CHANNELS,
        "input_size_time": 1,
        "in_channels_static": STATIC_CHANNELS,
        "input_scalers_mu": torch.zeros(CHANNELS),
        "input_scalers_sigma": torch.ones(CHANNELS),
        "input_scalers_epsilon": 0.0,
        "static_input_scalers_mu": torch.zeros(STATIC_CHANNELS),
        "static_input_scalers_sigma": torch.ones(STATIC_CHANNELS),
        "static_input_scalers_epsilon": 0.0,
        "output_scalers": torch.zeros(CHANNELS),
        "n_lats_px": GRID[0],
        "n_lons_px": GRID[1],
        "patch_size_px": PATCH,
        "mask_unit_size_px": MASK_UNIT,
        "mask_ratio_inputs": 0.0,
        "mask_ratio_targets": 0.0,
        "embed_dim": EMBED,
        "n_blocks_encoder": ENCODER_PAIRS,
        "n_blocks_decoder": DECODER_PAIRS,
        "mlp_multiplier": 4,
        "n_heads": HEADS,
        "dropout": 0.0,
        "drop_path": 0.0,
        "parameter_dropout": 0.0,
        "residual": "none",
        "masking_mode": "both",
        "positional_encoding": "absolute",
    }
    package = model.PrithviWxC(**(settings | changes)).double()
    package.load_state_dict(weights)
    return package


def fields():
    """Image, static fields and target."""
    generator = torch.Generator().manual_seed(6)

    def draw(channels):
        shape = (BATCH, channels, *GRID)
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    return draw(CHANNELS), draw(STATIC_CHANNELS), draw(CHANNELS)


def arguments(image, static):
    """Arguments of the package, for the same fields."""
    time = torch.zeros(BATCH, 1, dtype=image.dtype)
    return {
        "x": image.unsqueeze(1),
        "y": image,
        "static": static,
        "input_time": time,
        "lead_time": time,
    }


def gradients(network, result, target):
    """Of every parameter; zero where none comes."""
    loss = torch.nn.functional.mse_loss(result, target)
    loss.backward()
    found = {
        name: torch.zeros_like(p) if p.grad is None else p.grad
        for name, p in network.named_parameters()
    }
    return loss.detach(), found


def our_gradients(backbone):
    image, static, target = fields()
    return gradients(backbone, backbone(image, static), target)


def assert_same_gradients(found, expected):
    assert set(found) == set(expected)
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    assert largest > 0.01
    for name, gradient in expected.items():
        scale = float(gradient.abs().max())
        worst = float((found[name] - gradient).abs().max())
        # What is zero in exact arithmetic is so up to the rounding of the others.
        assert worst <= TOLERANCE * scale + 1e-16 * largest, name


def test_gradients_in_natural_order_are_those_of_the_package():
    from PrithviWxC.model import masked_inference

    backbone = new_backbone().train()
    package = package_backbone(backbone.state_dict()).train()
    image, static, target = fields()

    ours = our_gradients(backbone)
    result = masked_inference(package, arguments(image, static))
    theirs = gradients(package, result, target)

    assert abs(ours[0] - theirs[0]) < TOLERANCE * theirs[0]
    assert_same_gradients(ours[1], theirs[1])


def test_gradients_with_drawn_tokens_are_those_of_the_package():
    backbone = new_backbone().train()
    package = package_backbone(backbone.state_dict(), mask_ratio_inputs=0.5).train()
    backbone.keep_tokens(backbone.draw_tokens(0.5, 1234, BATCH))
    image, static, target = fields()

    ours = our_gradients(backbone)
    torch.manual_seed(1234)
    theirs = gradients(package, package(arguments(image, static)), target)

    assert backbone.mask_token.grad.abs().max() > 0.0
    assert_same_gradients(ours[1], theirs[1])


def test_every_weight_but_those_of_time_and_mask_gets_a_gradient():
    _, found = our_gradients(new_backbone().train())

    without = {name for name, gradient in found.items() if not gradient.any()}
    assert without == {
        "mask_token",
        "input_time_embedding.weight",
        "lead_time_embedding.weight",
    }


def ones(batch, others=3):
    return torch.ones(batch * others, 2, 5, dtype=torch.float64)


def test_drop_path_of_rate_0_changes_nothing():
    branch = ones(4)

    assert DropPath(0.0).train()(branch, 4) is branch


def test_drop_path_changes_nothing_in_eval_mode():
    branch = ones(4)

    assert DropPath(0.9).eval()(branch, 4) is branch


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_drop_path_keeps_the_expectation(rate):
    torch.manual_seed(8)
    count = 20_000

    result = DropPath(rate).train()(ones(count, 1), count)

    # The deviation of a value that is 1 / keep in a share keep of the samples.
    deviation = math.sqrt(rate / (1.0 - rate) / count)
    assert abs(float(result.mean()) - 1.0) < SIGMAS * deviation


def test_drop_path_drops_samples_whole():
    torch.manual_seed(8)
    batch = 64

    result = DropPath(0.25).train()(ones(batch), batch).view(batch, -1)

    assert torch.equal(result, result[:, :1].expand_as(result))
    assert set(result[:, 0].tolist()) == {0.0, 1.0 / 0.75}


def test_drop_path_stays_in_half_precision():
    torch.manual_seed(8)

    result = DropPath(0.5).train()(ones(8).bfloat16(), 8)

    assert result.dtype == torch.bfloat16
    assert set(result.flatten().tolist()) == {0.0, 2.0}


def test_block_drops_each_of_its_two_branches_by_sample():
    torch.manual_seed(9)
    batch, rate = 64, 0.5
    block = Block(EMBED, HEADS, 4, rate).double().train()
    tokens = torch.randn(1, 3, 2, EMBED, dtype=torch.float64)

    with torch.no_grad():
        result = block(tokens.expand(batch, -1, -1, -1))
        expected = []
        for first in (0.0, 2.0):
            for second in (0.0, 2.0):
                rows = tokens[0] + first * block.attention(tokens[0])
                expected.append(rows + second * block.ff(rows))

    cases = torch.stack(expected)
    distance = (result[:, None] - cases).abs().amax(dim=(2, 3, 4))
    assert distance.amin(dim=1).max() < 1e-12  # one case up to rounding
    assert set(distance.argmin(dim=1).tolist()) == {0, 1, 2, 3}


def test_encoder_alone_drops_paths():
    backbone = new_backbone(drop_path=0.25)

    def rates(part):
        return {m.rate for m in part.modules() if isinstance(m, DropPath)}

    assert (rates(backbone.encoder), rates(backbone.decoder)) == ({0.25}, {0.0})


@pytest.mark.parametrize("drop_path", [0.0, 0.5])
def test_blocks_that_are_computed_twice_have_the_same_gradients(drop_path):
    backbone = new_backbone(drop_path).train()
    twice = copy.deepcopy(backbone)
    compute_twice(twice, Block)

    torch.manual_seed(10)
    expected = our_gradients(backbone)
    torch.manual_seed(10)
    found = our_gradients(twice)

    assert torch.equal(found[0], expected[0])
    for (name, gradient), other in zip(
        expected[1].items(), found[1].values(), strict=True
    ):
        assert torch.equal(other, gradient), name


def test_blocks_that_are_computed_twice_are_computed_twice():
    backbone, calls = new_backbone().train(), []
    blocks = [m for m in backbone.modules() if isinstance(m, Block)]
    for block in blocks:
        # The second time ends where nothing more is needed, within the perceptron.
        block.attention.register_forward_hook(lambda *unused: calls.append(1))
    compute_twice(backbone, Block)

    our_gradients(backbone)

    assert len(blocks) == 8
    assert len(calls) == 2 * len(blocks)


def test_blocks_that_are_computed_twice_keep_the_published_keys():
    backbone = new_backbone()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}

    compute_twice(backbone, Block)

    assert list(backbone.state_dict()) == list(before)
    other = new_backbone(seed=6)
    compute_twice(other, Block)
    other.load_state_dict(before)
    for key, value in other.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_torchscript_of_a_backbone_that_drops_paths_gives_the_same_bits():
    backbone = new_backbone(drop_path=0.5).eval()
    image, static, _ = fields()
    archive = io.BytesIO()
    torch.jit.save(torch.jit.script(backbone), archive)
    archive.seek(0)
    scripted = torch.jit.load(archive)

    with torch.no_grad():
        expected = backbone(image, static)
        for _ in range(3):
            assert torch.equal(scripted(image, static), expected)
