import argparse
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from gwparam.checkpoints.averages import is_average
from gwparam.checkpoints.state_dicts import find_state_dict, unwrapped
from gwparam.errors import ModelFileError
from gwparam.networks import NETWORKS
from gwparam.networks.wavenet import WaveNet

FILE = Path("net.pt")


@pytest.fixture
def weights():
    return dict(WaveNet(3, 8, 1, 8, 8).state_dict())


def prefixed(prefix, weights):
    return {prefix + key: value for key, value in weights.items()}


def average(weights):
    """Other weights of the same network."""
    return {k: v * 2 if v.is_floating_point() else v for k, v in weights.items()}


def same(one, other):
    return one.keys() == other.keys() and all(
        torch.equal(one[k], other[k]) for k in one
    )


@pytest.mark.parametrize(
    "prefix",
    [
        "_orig_mod.",
        "module.",
        "model.",
        "net.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "model.net.module._orig_mod.",
        "net.model.",
        "_fsdp_wrapped_module.",
        "_forward_module.model.",
    ],
)
def test_names_of_wrappers_are_dropped(weights, prefix):
    found = find_state_dict(FILE, {"state_dict": prefixed(prefix, weights)}, None)

    assert same(found.weights, weights)
    assert found.notes == ()


def test_wrapper_of_a_part_is_dropped():
    part = torch.zeros(1)

    assert list(unwrapped({"encoder.x": part, "model._orig_mod.module.y": part})) == [
        "encoder.x",
        "model.y",
    ]


def test_names_that_become_the_same_are_refused():
    part = torch.zeros(1)

    with pytest.raises(ModelFileError, match=r"a.x is there twice"):
        unwrapped({"a.x": part, "a._orig_mod.x": part})


@pytest.mark.parametrize("architecture", NETWORKS)
def test_no_published_network_loses_a_name(architecture):
    for preset in NETWORKS[architecture].presets[:2]:
        with torch.device("meta"):
            weights = preset.build().state_dict()

        assert unwrapped(weights).keys() == weights.keys()
        assert unwrapped(prefixed("module.model.", weights)).keys() == weights.keys()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda w: {"model": w, "optimizer": {"state": {}}, "epoch": 3},
        lambda w: {"state_dict": {"state_dict": w}},
        lambda w: {"epoch": 1, "state_dict": {"model": OrderedDict(w), "lr": 0.1}},
        lambda w: {
            "module": w,
            "ds_version": "0.15",
            "optimizer": {"a": {"b": w["shared.1.bias"]}},
        },
        lambda w: {"net": {"weights": {"model_state_dict": w}}},
        lambda w: {"generator": w, "epoch": 2},
        lambda w: {"model": {k: v.numpy() for k, v in w.items()}, "note": np.str_("x")},
        lambda w: {"args": argparse.Namespace(lr=1), "params": w},
    ],
)
def test_weights_deep_in_other_things(weights, wrap):
    found = find_state_dict(FILE, wrap(weights), None)

    assert set(found.weights) == set(weights)


def test_tensors_beside_the_weights_are_extras(weights):
    means = torch.zeros(3)

    beside = find_state_dict(FILE, {"means": means, "model": {"model": weights}}, None)
    among = find_state_dict(FILE, {**weights, "means": means}, None)

    assert beside.extras.keys() == among.extras.keys() == {"means"}
    assert same(among.weights, weights)


BOTH = {
    "two dicts": lambda w, e: {"state_dict": w, "ema_state_dict": e},
    "timm": lambda w, e: {"state_dict": w, "state_dict_ema": prefixed("module.", e)},
    "a callback": lambda w, e: {
        "state_dict": w,
        "callbacks": {"EMA": {}},
        "averaged_model": e,
    },
    "one dict": lambda w, e: {
        "state_dict": prefixed("net.", w) | prefixed("net_ema.", e)
    },
    "ema_pytorch": lambda w, e: {
        **prefixed("online_model.", w),
        **prefixed("ema_model.", e),
        "initted": torch.tensor(True),
        "step": torch.tensor(3),
    },
    "names without dots": lambda w, e: {
        **prefixed("model.", w),
        **{
            f"model_ema.{k.replace('.', '')}": v
            for k, v in e.items()
            if "running" not in k and "batches" not in k
        },
        "model_ema.decay": torch.tensor(0.99),
        "model_ema.num_updates": torch.tensor(7),
    },
}


def parameters(weights):
    """Give the tensors of an average without names, in the order of the module's."""
    network = WaveNet(3, 8, 1, 8, 8)
    network.load_state_dict(weights)
    return [parameter.detach() for parameter in network.parameters()]


BOTH |= {
    key: lambda w, e, key=key: {"state_dict": w, key: e}
    for key in ("EMA", "model_EMA", "modelEma", "avg_model", "averageModel", "swa")
}
BOTH |= {
    "torch_ema": lambda w, e: {
        "model": w,
        "ema": {
            "decay": 0.99,
            "num_updates": 3,
            "shadow_params": parameters(e),
            "collected_params": parameters(w),
        },
    },
    "list": lambda w, e: {"model": w, "ema_params": parameters(e)},
    "arrays": lambda w, e: {"model": w, "ema": [v.numpy() for v in parameters(e)]},
    "list of one dict": lambda w, e: {"model": w, "ema": [e]},
    "nemo": lambda w, e: {
        "state_dict": prefixed("model.", w),
        "optimizer_states": [
            {
                "opt": {"state": {0: {"exp_avg": w["shared.1.bias"]}}},
                "exp_avg": {"a": w["shared.1.bias"]},
                "ema": tuple(parameters(e)),
                "decay": 0.99,
            }
        ],
    },
    "numbered": lambda w, e: {
        "model": w,
        "ema": {"shadow": {str(i): v for i, v in enumerate(parameters(e))}},
    },
    "lightning callback": lambda w, e: {
        "state_dict": prefixed("model.", w),
        "callbacks": {
            "EMA": {"ema_state_dict": prefixed("model.", e)},
            "ModelCheckpoint{'monitor': 'ema_loss'}": {"best": torch.tensor(0.1)},
        },
    },
    "lightning callback of another name": lambda w, e: {
        "state_dict": prefixed("model.", w),
        "callbacks": {"Mine": {"ema_state_dict": prefixed("model.", e)}},
    },
    "lightning WeightAveraging": lambda w, e: {
        "state_dict": prefixed("model.", e),
        "current_model_state": prefixed("model.", w),
        "averaging_state": {"n_averaged": torch.tensor(4)},
    },
    "parameters alone": lambda w, e: {
        "model": w,
        "shadow": {k: v for k, v in e.items() if not k.endswith("batches_tracked")},
    },
    "weights around": lambda w, e: {**w, "ema": e},
    "unknown name": lambda w, e: {"generator": w, "generator_ema": e},
}


@pytest.mark.parametrize("form", BOTH)
def test_average_beside_the_weights(weights, form):
    content = BOTH[form](weights, average(weights))

    default = find_state_dict(FILE, content, None)
    ema = find_state_dict(FILE, content, "ema")
    raw = find_state_dict(FILE, content, "raw")

    key = "branches.1.0.bias"
    assert set(default.weights) == set(raw.weights) == set(weights)
    assert torch.equal(default.weights[key], 2 * weights[key])
    assert torch.equal(ema.weights[key], 2 * weights[key])
    assert torch.equal(raw.weights[key], weights[key])
    assert "took the ema weights" in default.notes[0]
    assert "--weights raw" in default.notes[0]
    assert "took the raw weights" in raw.notes[0]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_list_that_fits_no_weights_is_refused_and_not_passed_over(weights, count):
    content = {"model": weights, "ema": {"shadow_params": parameters(weights)[count:]}}
    if count == 0:
        content["ema"]["shadow_params"].append(torch.zeros(1))

    with pytest.raises(ModelFileError, match=r"without names in ema\.shadow_params"):
        find_state_dict(FILE, content, None)
    assert same(find_state_dict(FILE, content, "raw").weights, weights)


def test_several_averages_that_differ_are_refused(weights):
    content = {"model": weights, "ema": [weights, average(weights)]}

    with pytest.raises(ModelFileError, match=r"different weights in ema\.0, ema\.1"):
        find_state_dict(FILE, content, None)


def test_an_average_takes_the_normalisation_of_its_weights(weights):
    means = torch.zeros(3)
    content = {"state_dict": {**weights, "means": means}, "ema": average(weights)}

    assert find_state_dict(FILE, content, None).extras.keys() == {"means"}


@pytest.mark.parametrize("architecture", NETWORKS)
def test_no_layer_of_a_network_has_the_name_of_an_average(architecture):
    for preset in NETWORKS[architecture].presets[:2]:
        with torch.device("meta"):
            keys = preset.build().state_dict()

        assert not [key for key in keys if any(map(is_average, key.split(".")))]


def test_student_and_teacher_are_a_choice(weights):
    content = {"student": weights, "teacher": average(weights), "means": torch.ones(3)}

    with pytest.raises(ModelFileError, match="different weights in student, teacher"):
        find_state_dict(FILE, content, None)


def test_averaged_model_is_an_average(weights):
    content = {"n_averaged": torch.tensor(5), **prefixed("module.", weights)}

    found = find_state_dict(FILE, {"state_dict": content}, None)

    assert same(found.weights, weights)
    assert "took ema weights" in found.notes[0]
    assert found.notes[1] == "an average of 5 states"
    with pytest.raises(
        ModelFileError, match=r"holds no raw weights.*state_dict \(ema\)"
    ):
        find_state_dict(FILE, {"state_dict": content}, "raw")


def test_average_that_is_not_there_is_refused(weights):
    with pytest.raises(ModelFileError, match="holds no ema weights") as caught:
        find_state_dict(FILE, {"model": weights}, "ema")

    assert caught.value.settings == ("weights",)


def test_loss_of_a_lightning_module_is_left_out(weights):
    content = {
        "state_dict": {
            **prefixed("model.", weights),
            "criterion.weight": torch.ones(2),
            "val_metric.total": torch.ones(1),
        },
        "pytorch-lightning_version": "2.4.0",
    }

    found = find_state_dict(FILE, content, None)

    assert same(found.weights, weights)
    assert found.notes == ("left out: criterion.weight, val_metric.total",)


def test_different_weights_without_a_choice_are_refused(weights):
    content = {"model": weights, "net": average(weights)}

    with pytest.raises(ModelFileError, match="different weights in model, net"):
        find_state_dict(FILE, content, None)


def test_what_was_not_looked_at_is_said(weights):
    content = {"state_dict": weights, "best": average(weights)}

    assert find_state_dict(FILE, content, None).notes == (
        "not looked at: tensors in best",
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"epoch": 3, "lr": 0.1}, "holds a dict with epoch, lr, expected"),
        ({}, "holds an empty dict"),
        ([1, 2], "holds a list"),
        ({str(i): i for i in range(12)}, "6, 7 and 4 more"),
        ({"optimizer": {"a": torch.ones(1)}}, "a dict with optimizer"),
    ],
)
def test_message_says_what_is_there(content, said):
    with pytest.raises(ModelFileError, match=said):
        find_state_dict(FILE, content, None)


def test_dict_within_itself_ends():
    content = {}
    content["model"] = content

    with pytest.raises(ModelFileError, match="a dict with model"):
        find_state_dict(FILE, content, None)
