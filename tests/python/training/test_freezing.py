import prithvi_small
import pytest
import torch
from recipes import SMALL_WIDTHS
from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ArgumentError
from gwparam.networks import NETWORKS
from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.attention_unet import AttentionUNet
from gwparam.networks.own import OwnNetwork
from gwparam.networks.prithvi.backbone import Block
from gwparam.networks.prithvi.unet import UNetWithTransformer
from gwparam.networks.wavenet import WaveNet
from gwparam.training.freezing import (
    check_freeze,
    count_parameters,
    freeze,
    freeze_statistics,
    plain_weights,
)
from gwparam.training.pretrained import load_pretrained
from gwparam.training.run import compute_twice

ROUNDING = 1e-12
"""Float64 results of two orders of summation, over the largest: 1e-16 a rounding, and
no more than some 1000 of them meet in these networks."""
EFFECT = 1e-4
"""Of the adapters, over the largest: far beyond rounding."""

RANK = 2
TINY = {
    "prithvi_gw": (
        lambda: UNetWithTransformer(prithvi_small.SIZES),
        lambda: (torch.randn(2, 12, 8, 12), torch.randn(1, 3, 8, 12)),
    ),
    "attention_unet": (
        lambda: AttentionUNet(4, 3, widths=SMALL_WIDTHS),
        lambda: (torch.randn(2, 4, 16, 32),),
    ),
    "ann_cnn": (
        lambda: AnnCnn(5, 3, stencil=3),
        lambda: (torch.randn(6, 5, 3, 3),),
    ),
    "wavenet": (
        lambda: WaveNet(4, 8, 5, 6, 3),
        lambda: (torch.randn(7, 6),),
    ),
}
ADAPTED = {
    "prithvi_gw": [
        f"model.{part}.lgl_block.transformers.{block}.{layer}"
        for part in ("decoder", "encoder")
        for block in range(3)
        for layer in (
            "attention.1.qkv_layer",
            "attention.1.w_layer",
            "ff.1.net.0",
            "ff.1.net.3",
        )
    ]
    + ["model.patch_embedding.proj", "model.patch_embedding_static.proj"]
    + ["model.unembed"],
    "attention_unet": [
        *(f"conv{i}.conv.{j}" for i in range(1, 6) for j in (0, 3)),
        *(f"up{i}.up.1" for i in range(2, 6)),
        *(f"upconv{i}.conv.{j}" for i in range(2, 6) for j in (0, 3)),
        # Half of 4 channels is no more than the rank.
        *(f"attn{i}.{gate}.0" for i in range(3, 6) for gate in ("Wx", "Wg")),
    ],
    "ann_cnn": ["conv1", *(f"layer{i}" for i in range(1, 7))],
    "wavenet": [f"shared.{i}" for i in range(1, 13, 2)],
}
EVERY = pytest.mark.parametrize("name", TINY)


def new_network(name, seed=1):
    torch.manual_seed(seed)
    network = TINY[name][0]()
    if name == "prithvi_gw":
        network.model.output_scalers.fill_(1.0)
    return network


def some_input(name):
    torch.manual_seed(3)
    return TINY[name][1]()


def pretrained(name, path, change=lambda weights: None):
    """Make a network that was trained before, and what was taken over."""
    weights = dict(new_network(name, seed=2).state_dict())
    change(weights)
    checkpoint = Checkpoint(path, "", weights, {}, None)
    network, physical = new_network(name), NETWORKS[name]
    backbone = physical.trainable.backbone
    return network, physical, load_pretrained(network, checkpoint, backbone)


def frozen_network(name, path, how, change=lambda weights: None):
    network, physical, loaded = pretrained(name, path, change)
    freeze(network, how, physical, loaded, RANK)
    return network


def adapted_network(name, path):
    """Make a network whose adapters do something, in eval mode."""
    network = frozen_network(name, path, "lora").eval()
    torch.manual_seed(4)
    for key, parameter in network.named_parameters():
        if ".lora_" in key:
            parameter.data = 0.3 * torch.randn_like(parameter)
    return network


def trained(network):
    return {name for name, p in network.named_parameters() if p.requires_grad}


def all_names(network):
    return {name for name, _ in network.named_parameters()}


def starting(network, *prefixes):
    return {name for name in all_names(network) if name.startswith(prefixes)}


def adapters(name):
    return {
        f"{layer}.lora_{part}.default.weight"
        for layer in ADAPTED[name]
        for part in "AB"
    }


@EVERY
def test_none_trains_everything(tmp_path, name):
    network = frozen_network(name, tmp_path, "none")

    assert trained(network) == all_names(network)


def test_backbone_leaves_the_layers_around_it(tmp_path):
    network = frozen_network("prithvi_gw", tmp_path, "backbone")

    assert trained(network) == starting(network, "encoder.", "decoder.")


@EVERY
def test_all_but_head_leaves_the_last_layer(tmp_path, name):
    network = frozen_network(name, tmp_path, "all-but-head")

    head = {
        "prithvi_gw": {"decoder.final_conv.weight", "decoder.final_conv.bias"},
        "attention_unet": {"conv1x1.weight", "conv1x1.bias"},
        "ann_cnn": {"output.weight", "output.bias"},
        "wavenet": {
            f"branches.{level}.{layer}.{part}"
            for level in range(4)
            for layer in (0, 2)
            for part in ("weight", "bias")
        },
    }
    assert trained(network) == head[name]


@EVERY
def test_lora_trains_adapters_and_what_is_around_them(tmp_path, name):
    network = frozen_network(name, tmp_path, "lora")

    around = ("encoder.", "decoder.") if name == "prithvi_gw" else ()
    head = NETWORKS[name].trainable.head
    assert trained(network) == adapters(name) | starting(network, *around, *head)


@EVERY
def test_adapters_have_the_rank_that_was_asked_for(tmp_path, name):
    network = frozen_network(name, tmp_path, "lora")

    for layer in ADAPTED[name]:
        down = network.get_parameter(f"{layer}.lora_A.default.weight")
        up = network.get_parameter(f"{layer}.lora_B.default.weight")
        assert (down.shape[0], up.shape[1]) == (RANK, RANK), layer


@EVERY
@pytest.mark.parametrize("how", ["all-but-head", "lora"])
def test_frozen_weights_get_no_gradient(tmp_path, name, how):
    network = frozen_network(name, tmp_path, how)

    network(*some_input(name)).square().sum().backward()

    with_gradient = {n for n, p in network.named_parameters() if p.grad is not None}
    assert with_gradient == trained(network)


def change_shape(key):
    def change(weights):
        weights[key] = torch.zeros(3, 1)

    return change


def test_new_layer_of_a_backbone_is_trained_with_its_bias(tmp_path):
    change = change_shape("model.patch_embedding.proj.weight")

    network = frozen_network("prithvi_gw", tmp_path, "backbone", change)

    new = starting(network, "model.patch_embedding.proj.")
    assert len(new) == 2
    assert trained(network) == new | starting(network, "encoder.", "decoder.")


def test_new_normalisation_is_trained_whole(tmp_path):
    def change(weights):
        del weights["conv2.conv.1.running_var"]

    network = frozen_network("attention_unet", tmp_path, "all-but-head", change)

    assert trained(network) == starting(network, "conv2.conv.1.", "conv1x1.")


def test_new_layer_gets_no_adapter(tmp_path):
    network = frozen_network("ann_cnn", tmp_path, "lora", change_shape("layer3.weight"))

    kept = {name for name in adapters("ann_cnn") if not name.startswith("layer3.")}
    assert trained(network) == kept | starting(network, "layer3.", "output.")


def test_new_scalers_of_a_backbone_do_not_free_its_mask_token(tmp_path):
    change = change_shape("model.input_scalers_mu")

    network = frozen_network("prithvi_gw", tmp_path, "backbone", change)

    assert trained(network) == starting(network, "encoder.", "decoder.")


@pytest.mark.parametrize("how", ["backbone", "all-but-head", "lora"])
def test_learned_output_scalers_are_trained(tmp_path, how):
    network, physical, loaded = pretrained("prithvi_gw", tmp_path)
    physical.set_output_scalers(network, "learn")

    freeze(network, how, physical, loaded, RANK)

    assert "model.output_scalers" in trained(network)


def test_counted_parameters_are_trained_ones_and_all(tmp_path):
    network = frozen_network("ann_cnn", tmp_path, "all-but-head")

    # Of the head 3 x 6 and 3; of the convolution 5 x 5 x 9 and 5; layers of 20 units.
    layers = 20 * 5 + 20 + 4 * (20 * 20 + 20) + 6 * 20 + 6
    assert count_parameters(network) == (21, 21 + 230 + layers)


@EVERY
def test_new_adapters_change_no_output(tmp_path, name):
    network, physical, loaded = pretrained(name, tmp_path)
    network.eval()
    with torch.no_grad():
        before = network(*some_input(name))

    freeze(network, "lora", physical, loaded, RANK)

    with torch.no_grad():
        assert torch.equal(network(*some_input(name)), before)


@EVERY
def test_plain_weights_are_the_adapted_network(tmp_path, name):
    network = adapted_network(name, tmp_path).double()
    plain = new_network(name).double().eval()

    plain.load_state_dict(plain_weights(network, network.state_dict()))

    with torch.no_grad():
        given = [values.double() for values in some_input(name)]
        adapted, merged = network(*given), plain(*given)
        without = pretrained(name, tmp_path)[0].double().eval()(*given)
    scale = adapted.abs().max()
    assert (merged - adapted).abs().max() < ROUNDING * scale
    assert (without - adapted).abs().max() > EFFECT * scale


@EVERY
def test_plain_weights_have_the_published_keys_in_their_order(tmp_path, name):
    network = adapted_network(name, tmp_path)

    plain = plain_weights(network, network.state_dict())

    assert list(plain) == list(new_network(name).state_dict())


@EVERY
def test_plain_weights_without_adapters_are_the_weights(tmp_path, name):
    network = frozen_network(name, tmp_path, "all-but-head")

    plain = plain_weights(network, network.state_dict())

    assert list(plain) == list(network.state_dict())
    for key, value in network.state_dict().items():
        assert torch.equal(plain[key], value), key


def test_plain_weights_leave_the_network_as_it_was(tmp_path):
    network = adapted_network("ann_cnn", tmp_path)
    before = {key: value.clone() for key, value in network.state_dict().items()}

    plain_weights(network, network.state_dict())

    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_plain_weights_are_found_in_blocks_that_are_computed_twice(tmp_path):
    network = adapted_network("prithvi_gw", tmp_path)
    expected = plain_weights(network, network.state_dict())

    compute_twice(network, Block)

    plain = plain_weights(network, network.state_dict())
    assert list(plain) == list(expected)
    for key, value in expected.items():
        assert torch.equal(plain[key], value), key


@pytest.mark.parametrize("how", ["backbone", "all-but-head", "lora"])
def test_random_weights_are_not_frozen(how):
    network = new_network("prithvi_gw")

    with pytest.raises(ArgumentError) as caught:
        freeze(network, how, NETWORKS["prithvi_gw"], None, RANK)

    assert str(caught.value) == (
        f"freeze is {how} and there are no weights to keep, expected a pre-trained "
        "checkpoint"
    )
    assert trained(network) == all_names(network)


@pytest.mark.parametrize("name", ["attention_unet", "ann_cnn", "wavenet"])
def test_network_without_backbone_is_told(tmp_path, name):
    with pytest.raises(ArgumentError) as caught:
        frozen_network(name, tmp_path, "backbone")

    assert str(caught.value) == (
        f"freeze is backbone and {name} has none, expected none, all-but-head or lora"
    )


@pytest.mark.parametrize(
    ("how", "lacking"),
    [("backbone", "own has none"), ("all-but-head", "of own no head is known")],
)
def test_of_a_network_of_ones_own_nobody_knows_the_parts(how, lacking):
    with pytest.raises(ArgumentError) as caught:
        check_freeze(how, True, OwnNetwork)

    expected = f"freeze is {how} and {lacking}, expected none or lora"
    assert str(caught.value) == expected
    check_freeze("lora", True, OwnNetwork)


def normalisations(network, mode):
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d)
    modules = network.named_modules()
    return {n for n, m in modules if isinstance(m, kinds) and m.training is mode}


def test_statistics_of_frozen_normalisations_stay(tmp_path):
    network = frozen_network("attention_unet", tmp_path, "all-but-head").train()
    before = {name: value.clone() for name, value in network.named_buffers()}

    freeze_statistics(network, ())
    network(*some_input("attention_unet"))

    assert len(normalisations(network, False)) == 34
    for name, value in network.named_buffers():
        assert torch.equal(value, before[name]), name


def test_statistics_of_trained_normalisations_are_those_of_the_batch(tmp_path):
    network = frozen_network("prithvi_gw", tmp_path, "backbone").train()
    before = network.encoder.encoder1[1].running_mean.clone()

    freeze_statistics(network, ())
    network(*some_input("prithvi_gw"))

    assert len(normalisations(network, True)) == 16
    assert not torch.equal(network.encoder.encoder1[1].running_mean, before)


def test_only_new_normalisations_follow_the_batch(tmp_path):
    def change(weights):
        del weights["conv2.conv.1.weight"]

    network = frozen_network("attention_unet", tmp_path, "all-but-head", change)

    freeze_statistics(network.train(), ())

    assert normalisations(network, True) == {"conv2.conv.1"}


def test_fixed_normalisation_stays_though_it_is_trained():
    network = new_network("wavenet").train()
    before = network.shared[0].running_mean.clone()

    freeze_statistics(network, NETWORKS["wavenet"].trainable.fixed)
    network(*some_input("wavenet"))

    assert network.shared[0].weight.requires_grad
    assert torch.equal(network.shared[0].running_mean, before)
    assert network.training


def test_adapters_larger_than_every_frozen_matrix_are_refused(tmp_path):
    network, physical, loaded = pretrained("ann_cnn", tmp_path)

    with pytest.raises(ArgumentError) as caught:
        freeze(network, "lora", physical, loaded, 1000)

    assert str(caught.value) == "lora_rank is 1000, no frozen matrix has a larger one"
