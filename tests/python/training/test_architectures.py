from pathlib import Path
from types import SimpleNamespace

import numpy as np
import prithvi_small
import pytest
import torch
from recipes import SMALL_WIDTHS
from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.attention_unet import AttentionUNet
from gwparam.networks.filtered_spectrum import FilteredSpectrum
from gwparam.networks.prithvi import DropPath
from gwparam.networks.prithvi_gw import PrithviSizes, UNetWithTransformer
from gwparam.networks.wavenet import WaveNet
from gwparam.training.architectures import ARCHITECTURES
from gwparam.training.drag_data import DragData
from gwparam.training.flux_data import Channels, FluxData

ROUNDING = 1e-7
"""Sines and cosines, at most 1, in single precision."""

PRITHVI = ARCHITECTURES["prithvi_gw"]
WITHOUT_BACKBONE = ("attention_unet", "ann_cnn", "wavenet")
LATITUDE = np.array([-80.0, -60.0, -35.0, -10.0, 5.0, 30.0, 55.0, 75.0])
LONGITUDE = np.arange(12) * 30.0


class Images(FluxData):
    """Training files of which nothing but the layout is known."""

    def __init__(self, features, outputs, shape=(64, 128), stencil=1):
        self.files = SimpleNamespace(
            shape=shape, stencil=stencil, latitude=LATITUDE, longitude=LONGITUDE
        )
        self.channels = Channels(0, tuple(range(features)), tuple(range(outputs)), "")


class Columns(DragData):
    """States of which nothing but the number of levels is known."""

    def __init__(self, nlev):
        self.vertical = SimpleNamespace(nlev=nlev)


def small_prithvi(scaler=1):
    torch.manual_seed(1)
    network = UNetWithTransformer(prithvi_small.SIZES)
    network.model.output_scalers = torch.full((1, 32, 1, 1), scaler)
    return network


def small_trainee(mask_ratio=0.0, network=None):
    data = Images(12, 9, prithvi_small.GRID)
    return PRITHVI.trainee(network or small_prithvi(), data, mask_ratio)


def some_features(images=2):
    generator = torch.Generator().manual_seed(2)
    return torch.randn(images, 12, *prithvi_small.GRID, generator=generator)


@pytest.mark.parametrize(
    ("name", "data", "count"),
    [
        ("prithvi_gw", Images(488, 366), 2_479_889_326),
        ("attention_unet", Images(488, 244), 37_962_848),
        ("attention_unet", Images(366, 244), 37_892_576),
        ("ann_cnn", Images(491, 244), 17_481_564),
        ("ann_cnn", Images(491, 244, stencil=3), 19_651_784),
        ("ann_cnn", Images(491, 244, stencil=5), 21_822_004),
        ("ann_cnn", Images(369, 244), 10_106_420),
        ("wavenet", Columns(40), 375_228),
    ],
)
def test_default_sizes_are_the_published_ones(name, data, count):
    architecture = ARCHITECTURES[name]

    with torch.device("meta"):
        network = architecture.build(architecture.default_sizes, data, 0.1, 0.05)

    assert sum(p.numel() for p in network.parameters()) == count


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architecture_is_found_by_its_name(name):
    assert ARCHITECTURES[name].name == name


def filtered_spectrum():
    return FilteredSpectrum(torch.zeros(4), torch.tensor([0.01, 0.1, 0.4, 0.9]))


BUILT = {
    "prithvi_gw": lambda: UNetWithTransformer(prithvi_small.SIZES),
    "attention_unet": lambda: AttentionUNet(4, 3, widths=SMALL_WIDTHS),
    "ann_cnn": lambda: AnnCnn(5, 3, stencil=3),
    "wavenet": lambda: WaveNet(4),
    "filtered_spectrum": filtered_spectrum,
}
EVERY = pytest.mark.parametrize("name", BUILT)


@EVERY
def test_head_and_backbone_exist(name):
    architecture, network = ARCHITECTURES[name], BUILT[name]()
    parameters = [name for name, _ in network.named_parameters()]

    for prefix in (*architecture.head, architecture.backbone):
        assert any(key.startswith(prefix) for key in parameters), prefix


@EVERY
def test_fixed_normalisations_exist(name):
    network = BUILT[name]()

    for fixed in ARCHITECTURES[name].fixed:
        assert isinstance(network.get_submodule(fixed), nn.BatchNorm1d)


def test_dropout_is_that_of_the_settings():
    for name in ("ann_cnn", "attention_unet"):
        architecture = ARCHITECTURES[name]
        with torch.device("meta"):
            network = architecture.build(
                architecture.default_sizes, Images(8, 3), 0.25, 0.0
            )

        rates = {m.p for m in network.modules() if isinstance(m, nn.Dropout)}
        assert rates == {0.25}, name


def test_drop_path_is_that_of_the_settings_in_the_encoder_alone():
    sizes = {**PRITHVI.default_sizes, "embed": 32, "hidden": 4}
    with torch.device("meta"):
        network = PRITHVI.build(sizes, Images(8, 6), 0.0, 0.125)

    def rates(part):
        return {m.rate for m in part.modules() if isinstance(m, DropPath)}

    assert rates(network.model.encoder) == {0.125}
    assert rates(network.model.decoder) == {0.0}


@pytest.mark.parametrize(
    ("name", "texts", "expected"),
    [
        (
            "prithvi_gw",
            ["hidden=8", "patch=1x3", "mask_unit=4x6", "embed=64", "mlp_ratio=2"],
            {
                "hidden": 8,
                "patch": (1, 3),
                "mask_unit": (4, 6),
                "embed": 64,
                "mlp_ratio": 2,
            },
        ),
        ("prithvi_gw", [], {}),
        (
            "attention_unet",
            ["widths=4/8/16/32/64", "gate_channels=1"],
            {"widths": (4, 8, 16, 32, 64), "gate_channels": 1},
        ),
        ("ann_cnn", ["hdim=12", "depth=10"], {"hdim": 12, "depth": 10}),
        ("ann_cnn", ["hdim="], {"hdim": None}),
        ("wavenet", ["trunk_width=32"], {"trunk_width": 32}),
    ],
)
def test_sizes_are_read(name, texts, expected):
    assert ARCHITECTURES[name].read_sizes(texts) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "wavenet",
            "width=3",
            "--size width is no size of wavenet, expected trunk_width, trunk_depth, "
            "neck_width, branch_width",
        ),
        (
            "prithvi_gw",
            "hidden=many",
            "--size hidden is many, expected such as 160",
        ),
        (
            "prithvi_gw",
            "hidden=0",
            "--size hidden is 0, expected such as 160",
        ),
        (
            "prithvi_gw",
            "mask_unit=-4x8",
            "--size mask_unit is -4x8, expected such as 8x16",
        ),
        (
            "prithvi_gw",
            "decoder_pairs=-1",
            "--size decoder_pairs is -1, expected such as 2",
        ),
        ("ann_cnn", "hdim=-3", "--size hdim is -3, expected such as a whole number"),
        ("prithvi_gw", "patch", "--size patch is empty, expected such as 2x2"),
        ("prithvi_gw", "patch=2", "--size patch is 2, expected such as 2x2"),
        ("prithvi_gw", "patch=2x2x2", "--size patch is 2x2x2, expected such as 2x2"),
        (
            "attention_unet",
            "widths=4/8",
            "--size widths is 4/8, expected such as 64/128/256/512/1024",
        ),
        (
            "attention_unet",
            "widths=4/8/0/8/8",
            "--size widths is 4/8/0/8/8, expected such as 64/128/256/512/1024",
        ),
    ],
)
def test_size_that_is_none_is_told(name, text, message):
    with pytest.raises(ArgumentError) as caught:
        ARCHITECTURES[name].read_sizes([text])

    assert str(caught.value) == message


def checkpoint(network):
    return Checkpoint(Path("given.pt"), "", dict(network.state_dict()), {}, None)


PRITHVI_SIZES = {
    "patch": (1, 3),
    "embed": 24,
    "mlp_ratio": 2,
    "encoder_pairs": 2,
    "decoder_pairs": 1,
}


def other_prithvi():
    """No two sizes are alike, and none is a published one."""
    return UNetWithTransformer(
        PrithviSizes(
            12, 9, hidden=5, grid=(8, 12), mask_unit=(4, 6), heads=3, **PRITHVI_SIZES
        )
    )


@pytest.mark.parametrize(
    ("name", "build", "expected"),
    [
        ("prithvi_gw", other_prithvi, PRITHVI_SIZES | {"hidden": 5}),
        ("prithvi_gw", lambda: other_prithvi().model, PRITHVI_SIZES),
        (
            "attention_unet",
            lambda: AttentionUNet(7, 3, widths=(4, 6, 8, 10, 12), gate_channels=True),
            {"widths": (4, 6, 8, 10, 12), "gate_channels": 1},
        ),
        (
            "attention_unet",
            lambda: AttentionUNet(7, 3, widths=(4, 6, 8, 10, 12)),
            {"widths": (4, 6, 8, 10, 12), "gate_channels": 0},
        ),
        (
            "ann_cnn",
            lambda: AnnCnn(5, 3, 11, stencil=3, depth=10),
            {"hdim": 11, "depth": 10},
        ),
        ("ann_cnn", lambda: AnnCnn(5, 3), {"hdim": 20, "depth": 6}),
        (
            "wavenet",
            lambda: WaveNet(3, 9, 4, 7, 5),
            {"trunk_width": 9, "trunk_depth": 4, "neck_width": 7, "branch_width": 5},
        ),
    ],
    ids=[
        "prithvi",
        "backbone",
        "channel gates",
        "one gate",
        "deep ann",
        "ann",
        "wavenet",
    ],
)
def test_sizes_of_a_checkpoint_are_found(name, build, expected):
    assert ARCHITECTURES[name].sizes_of(checkpoint(build())) == expected


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("prithvi_gw", "patch_embedding.proj.weight"),
        ("attention_unet", "conv1.conv.0.weight"),
        ("ann_cnn", "layer1.weight"),
        ("wavenet", "shared.1.weight"),
    ],
)
def test_checkpoint_of_another_network_has_no_sizes(name, missing):
    other = checkpoint(nn.Linear(2, 3))

    with pytest.raises(ShapeError, match=rf"^{missing} is missing, expected "):
        ARCHITECTURES[name].sizes_of(other)


def scalers_after(how, scaler):
    network = small_prithvi(scaler)
    PRITHVI.set_output_scalers(network, how)
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

    PRITHVI.set_output_scalers(network, None)

    assert network.model.output_scalers.sum() == 2


def test_learned_output_scalers_are_trained():
    network = small_prithvi(0)
    PRITHVI.set_output_scalers(network, "learn")
    trainee = small_trainee(network=network)
    scalers = network.get_parameter("model.output_scalers")
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)

    trainee(some_features()).square().mean().backward()
    optimizer.step()

    assert (scalers != 1.0).all()
    assert torch.equal(network.state_dict()["model.output_scalers"], scalers)


@pytest.mark.parametrize("how", ["keep", "ones", "learn", None])
def test_published_keys_stay_whatever_the_choice(how):
    network = small_prithvi(0)
    before = sorted(network.state_dict())

    PRITHVI.set_output_scalers(network, how)

    assert sorted(network.state_dict()) == before


@pytest.mark.parametrize("name", WITHOUT_BACKBONE)
def test_network_without_scalers_is_told(name):
    architecture = ARCHITECTURES[name]

    architecture.set_output_scalers(nn.Linear(1, 1), None)
    with pytest.raises(ArgumentError) as caught:
        architecture.set_output_scalers(nn.Linear(1, 1), "ones")

    assert str(caught.value) == f"--output-scalers is ones, {name} has none"


@pytest.mark.parametrize("name", WITHOUT_BACKBONE)
def test_network_without_tokens_is_told(name):
    architecture, network = ARCHITECTURES[name], nn.Linear(1, 1)

    assert architecture.trainee(network, Images(1, 1), 0.0) is network
    with pytest.raises(ArgumentError) as caught:
        architecture.trainee(network, Images(1, 1), 0.5)

    assert str(caught.value) == f"--mask-ratio is 0.5, {name} has no tokens"


@pytest.mark.parametrize("ratio", [-0.1, 1.0, float("nan")])
def test_mask_ratio_out_of_range_is_told(ratio):
    with pytest.raises(ArgumentError) as caught:
        small_trainee(ratio)

    assert str(caught.value) == (f"--mask-ratio is {ratio}, expected 0 to less than 1")


def test_tokens_are_hidden_in_training_others_at_every_step():
    trainee = small_trainee(0.5)
    backbone, seen = trainee.network.model, []

    for _ in range(2):
        trainee(some_features(images=3))
        seen.append(backbone.visible)

    # Of 4 units of 6 tokens half are seen, and every image has its own.
    assert [visible.shape for visible in seen] == [(3, 4, 3)] * 2
    assert not torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0][0], seen[0][1])


def test_hidden_tokens_follow_from_the_seed():
    seen = []
    for _ in range(2):
        trainee = small_trainee(0.5)
        torch.manual_seed(5)
        trainee(some_features())
        seen.append(trainee.network.model.visible)

    assert torch.equal(*seen)


@torch.no_grad()
def test_all_tokens_are_seen_in_eval_mode():
    trainee = small_trainee(0.5)
    trainee(some_features())
    assert trainee.network.model.hides_tokens()
    trainee.eval()

    result = trainee(some_features())

    plain = small_prithvi()
    plain.load_state_dict(trainee.network.state_dict())
    assert not trainee.network.model.hides_tokens()
    assert torch.equal(result, plain.eval()(some_features(), trainee.static))


def test_all_tokens_are_seen_in_training_without_a_ratio():
    trainee = small_trainee(0.0)
    torch.manual_seed(1)
    expected = small_prithvi()(some_features(), trainee.static)

    result = trainee(some_features())

    assert torch.equal(result, expected)
    assert not trainee.network.model.hides_tokens()


def test_static_fields_are_those_of_the_grid():
    static = small_trainee().static

    latitude, longitude = np.radians(LATITUDE), np.radians(LONGITUDE)
    expected = np.empty((1, 3, 8, 12))
    expected[0, 0] = np.sin(latitude)[:, None]
    expected[0, 1], expected[0, 2] = np.cos(longitude), np.sin(longitude)
    assert static.dtype == torch.float32
    np.testing.assert_allclose(static.numpy(), expected, rtol=0.0, atol=ROUNDING)


def test_static_fields_are_no_weights():
    assert set(small_trainee().state_dict()) == {
        f"network.{key}" for key in small_prithvi().state_dict()
    }


def test_static_fields_follow_the_dtype_of_the_features():
    trainee = small_trainee().double().eval()
    trainee.static = trainee.static.float()

    with torch.no_grad():
        assert trainee(some_features().double()).dtype == torch.float64


def test_attention_heads_and_mask_unit_are_told_to_an_export():
    sizes = PRITHVI.hidden_sizes(small_prithvi())

    assert sizes == {"heads": 3, "mask_unit": (4, 6)}
