from pathlib import Path

import numpy as np
import prithvi_small
import pytest
import torch
from recipes import SMALL_WIDTHS
from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks import NETWORKS
from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.attention_unet import AttentionUNet
from gwparam.networks.drag import StateLevels
from gwparam.networks.filtered_spectrum import FilteredSpectrum
from gwparam.networks.fluxes import FileShape
from gwparam.networks.prithvi.backbone import DropPath
from gwparam.networks.prithvi.flux import PrithviFlux
from gwparam.networks.prithvi.unet import PrithviSizes, UNetWithTransformer
from gwparam.networks.wavenet import WaveNet

LEVELS = np.array([0.01, 0.1, 0.4, 0.9])


def files(features, outputs, stencil=1):
    return FileShape("files.nc", features, outputs, stencil, (64, 128))


def columns(nlev):
    return StateLevels("states.nc", nlev, lambda: (0.0 * LEVELS, LEVELS))


@pytest.mark.parametrize(
    ("name", "data", "count"),
    [
        ("prithvi_gw", files(488, 366), 2_479_889_326),
        ("attention_unet", files(488, 244), 37_962_848),
        ("attention_unet", files(366, 244), 37_892_576),
        ("ann_cnn", files(491, 244), 17_481_564),
        ("ann_cnn", files(491, 244, stencil=3), 19_651_784),
        ("ann_cnn", files(491, 244, stencil=5), 21_822_004),
        ("ann_cnn", files(369, 244), 10_106_420),
        ("wavenet", columns(40), 375_228),
    ],
)
def test_default_sizes_are_the_published_ones(name, data, count):
    physical = NETWORKS[name]
    known = physical.sizes_on if name == "wavenet" else physical.sizes_for

    with torch.device("meta"):
        network = physical.build({**physical.trainable.default_sizes, **known(data)})

    assert sum(p.numel() for p in network.parameters()) == count


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
    trainable, network = NETWORKS[name].trainable, BUILT[name]()
    parameters = [name for name, _ in network.named_parameters()]

    for prefix in (*trainable.head, trainable.backbone):
        assert any(key.startswith(prefix) for key in parameters), prefix


@EVERY
def test_fixed_normalisations_exist(name):
    network = BUILT[name]()

    for fixed in NETWORKS[name].trainable.fixed:
        assert isinstance(network.get_submodule(fixed), nn.BatchNorm1d)


def test_dropout_is_that_of_the_settings():
    for name in ("ann_cnn", "attention_unet"):
        physical = NETWORKS[name]
        sizes = {
            **physical.trainable.default_sizes,
            **physical.sizes_for(files(8, 3)),
        }
        with torch.device("meta"):
            network = physical.build(sizes, dropout=0.25)

        rates = {m.p for m in network.modules() if isinstance(m, nn.Dropout)}
        assert rates == {0.25}, name


def test_drop_path_is_that_of_the_settings_in_the_encoder_alone():
    sizes = {**PrithviFlux.trainable.default_sizes, "embed": 32, "hidden": 4}
    with torch.device("meta"):
        network = PrithviFlux.build(sizes, drop_path=0.125)

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
    assert NETWORKS[name].trainable.read_sizes(texts) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "wavenet",
            "width=3",
            "size width is not known, expected trunk_width, trunk_depth, "
            "neck_width, branch_width",
        ),
        (
            "prithvi_gw",
            "hidden=many",
            "size hidden is many, expected for example 160",
        ),
        (
            "prithvi_gw",
            "hidden=0",
            "size hidden is 0, expected for example 160",
        ),
        (
            "prithvi_gw",
            "mask_unit=-4x8",
            "size mask_unit is -4x8, expected for example 8x16",
        ),
        (
            "prithvi_gw",
            "decoder_pairs=-1",
            "size decoder_pairs is -1, expected for example 2",
        ),
        ("ann_cnn", "hdim=-3", "size hdim is -3, expected a whole number"),
        ("prithvi_gw", "patch", "size patch is empty, expected for example 2x2"),
        ("prithvi_gw", "patch=2", "size patch is 2, expected for example 2x2"),
        ("prithvi_gw", "patch=2x2x2", "size patch is 2x2x2, expected for example 2x2"),
        (
            "attention_unet",
            "widths=4/8",
            "size widths is 4/8, expected for example 64/128/256/512/1024",
        ),
        (
            "attention_unet",
            "widths=4/8/0/8/8",
            "size widths is 4/8/0/8/8, expected for example 64/128/256/512/1024",
        ),
    ],
)
def test_size_that_is_none_is_told(name, text, message):
    trainable = NETWORKS[name].trainable
    with pytest.raises(ArgumentError) as caught:
        trainable.read_sizes([text])

    meaning = {size.name: f" ({size.help})" for size in trainable.sizes}
    assert str(caught.value) == message + meaning.get(text.partition("=")[0], "")
    assert caught.value.settings == ("size",)


def checkpoint(network):
    return Checkpoint(Path("given.pt"), "", dict(network.state_dict()), {}, None)


PRITHVI_SIZES = {
    "patch": (1, 3),
    "embed": 24,
    "mlp_ratio": 2,
    "encoder_pairs": 2,
    "decoder_pairs": 1,
}


UNET_SIZES = {"channels_in": 7, "channels_out": 3, "widths": (4, 6, 8, 10, 12)}
ANN_SIZES = {"idim": 5, "odim": 3, "stencil": 1}


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
        (
            "prithvi_gw",
            other_prithvi,
            PRITHVI_SIZES | {"hidden": 5, "in_channels": 12, "out_channels": 9},
        ),
        ("prithvi_gw", lambda: other_prithvi().model, PRITHVI_SIZES),
        (
            "attention_unet",
            lambda: AttentionUNet(7, 3, widths=(4, 6, 8, 10, 12), gate_channels=True),
            UNET_SIZES | {"gate_channels": 1},
        ),
        (
            "attention_unet",
            lambda: AttentionUNet(7, 3, widths=(4, 6, 8, 10, 12)),
            UNET_SIZES | {"gate_channels": 0},
        ),
        (
            "ann_cnn",
            lambda: AnnCnn(5, 3, 11, stencil=3, depth=10),
            ANN_SIZES | {"hdim": 11, "depth": 10, "stencil": 3},
        ),
        ("ann_cnn", lambda: AnnCnn(5, 3), ANN_SIZES | {"hdim": 20, "depth": 6}),
        (
            "wavenet",
            lambda: WaveNet(3, 9, 4, 7, 5),
            {
                "nlev": 3,
                "trunk_width": 9,
                "trunk_depth": 4,
                "neck_width": 7,
                "branch_width": 5,
            },
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
    assert NETWORKS[name].sizes_of(checkpoint(build())) == expected


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
        NETWORKS[name].sizes_of(other)


@EVERY
def test_sizes_of_a_checkpoint_build_the_same_network(name):
    bare = BUILT[name]()
    sizes = dict(NETWORKS[name].sizes_of(checkpoint(bare)))
    if name == "prithvi_gw":  # what no shape tells
        sizes |= {"grid": prithvi_small.GRID, "heads": 3, "mask_unit": (4, 6)}

    again = NETWORKS[name].build(sizes).state_dict()

    assert [(key, value.shape) for key, value in again.items()] == [
        (key, value.shape) for key, value in bare.state_dict().items()
    ]


def test_levels_of_a_filtered_spectrum_are_those_of_the_states():
    physical = NETWORKS["filtered_spectrum"]

    network = physical.build(physical.sizes_on(columns(4)))

    assert network.b.tolist() == torch.tensor(LEVELS).float().tolist()
    assert not network.a.any()
