from contextlib import ExitStack

import pytest
from qbo_rollouts import write_module
from training_files import state_set, training_set, written

from gwparam.errors import ArgumentError
from gwparam.training.prepare import prepare
from gwparam.training.settings import Settings

WITHOUT_BACKBONE = ("attention_unet", "ann_cnn", "wavenet", "filtered_spectrum")


def not_reached(splits, spec):
    pytest.fail("the samples were read")


def error_of(**settings):
    with ExitStack() as stack, pytest.raises(ArgumentError) as caught:
        prepare(stack, Settings(**{"output": "run", **settings}), not_reached)
    return caught.value


@pytest.mark.parametrize("name", WITHOUT_BACKBONE)
@pytest.mark.parametrize(
    ("setting", "value", "lacking"),
    [
        ("mask_ratio", 0.5, "tokens to mask"),
        ("output_scalers", "ones", "output scalers"),
        ("gradient_checkpointing", True, "transformer blocks"),
    ],
)
def test_network_without_backbone_is_told(name, setting, value, lacking):
    error = error_of(arch=name, data=("absent.nc",), **{setting: value})

    assert str(error) == f"{setting} is {value}, expected none: {name} has no {lacking}"
    assert error.settings == (setting,)


def test_size_that_contradicts_the_checkpoint_is_refused(tmp_path, tiny_checkpoint):
    error = error_of(
        arch="wavenet",
        data=(written(tmp_path, state_set()),),
        pretrained=str(tiny_checkpoint),
        size=("branch_width=7",),
        split="1:1",
    )

    assert str(error).startswith("size branch_width is 7, expected ")
    assert str(error).endswith(f" as in {tiny_checkpoint}")


def test_freezing_what_is_not_known_is_refused(tmp_path):
    data = (written(tmp_path, training_set()),)

    error = error_of(arch="ann_cnn", data=data, freeze="some", split="1:1")

    assert str(error) == "freeze is some, expected none, backbone, all-but-head or lora"
    assert error.settings == ("freeze",)


def test_only_a_network_of_ones_own_is_rolled_out():
    error = error_of(arch="wavenet", data=("absent.nc",), rollout=24)

    assert str(error) == "rollout is 24, expected 0 without a module of one's own"
    assert error.settings == ("rollout",)


def test_a_rollout_has_no_noise():
    own = {"arch": "own", "module": "absent.py:Net", "contract": "absent.toml"}

    error = error_of(**own, data=("absent.nc",), rollout=24, input_noise=0.1)

    assert str(error) == "input_noise is 0.1, expected 0 with a rollout"


@pytest.mark.parametrize("terms", [("drag=1",), ("mse", "drag=0.1")])
@pytest.mark.parametrize("own", [True, False])
def test_drag_is_no_loss_of_a_network_without_fluxes(tmp_path, terms, own):
    if own:
        module, contract = write_module(tmp_path)
        which = {"arch": "own", "module": module, "contract": str(contract)}
    else:
        which = {"arch": "wavenet"}

    error = error_of(**which, data=("absent.nc",), loss=terms)

    assert str(error) == (
        "loss has drag, which is a loss of networks of fluxes, expected mse or huber"
    )
    assert error.settings == ("loss",)
