from pathlib import Path

import pytest
import torch

from gwparam.checkpoints.averages import (
    is_average,
    named_in_order,
    with_statistics,
)
from gwparam.errors import ModelFileError


@pytest.mark.parametrize(
    "key",
    [
        *("ema", "EMA", "Ema", "model_ema", "model_EMA", "modelEma", "emaModel"),
        *("ema_model", "EMAModel", "emamodel", "modelema", "state_dict_ema"),
        *("ema_state_dict", "ema_0.9999", "ema_params", "weights_avg", "avg_model"),
        *("avgModel", "average", "averaged_model", "averageModel", "average_model"),
        *("model_averaged", "swa", "SWA", "swa_model", "swa_state", "moving_average"),
        *("ExponentialMovingAverage", "shadow", "shadow_params", "polyak_weights"),
        *("EMACallback", "EMA{'decay': 0.999}", "WeightAveraging", "average_params"),
    ],
)
def test_names_of_averages(key):
    assert is_average(key)


@pytest.mark.parametrize(
    "key",
    [
        *("model", "state_dict", "schema", "embedding", "cinema_head", "semantics"),
        *("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "student", "raw", "remainder"),
        *("collected_params", "ema_backup", "swap", "average_collected_params"),
    ],
)
def test_names_of_other_things(key):
    assert not is_average(key)


WEIGHTS = {
    "a.weight": torch.zeros(2, 3),
    "a.bias": torch.zeros(2),
    "n.running_mean": torch.ones(2),
    "n.num_batches_tracked": torch.tensor(4),
    "b.weight": torch.zeros(1, 2),
}


def test_tensors_in_order_take_the_names_of_the_parameters():
    values = [torch.ones(2, 3), torch.ones(2), torch.ones(1, 2)]

    named = named_in_order(Path("net.pt"), "ema", values, WEIGHTS)

    assert named.keys() == WEIGHTS.keys()
    assert all(named[key] is values[i] for i, key in enumerate(("a.weight", "a.bias")))
    assert named["n.num_batches_tracked"] == 4


def test_a_list_may_have_the_statistics_too():
    values = [value + 1 for value in WEIGHTS.values()]

    named = named_in_order(Path("net.pt"), "ema", values, WEIGHTS)

    assert named["n.num_batches_tracked"] == 5


@pytest.mark.parametrize(
    "values",
    [
        [torch.ones(2, 3), torch.ones(2)],
        [torch.ones(2, 3), torch.ones(1, 2), torch.ones(2)],
    ],
)
def test_other_tensors_are_refused(values):
    with pytest.raises(ModelFileError) as caught:
        named_in_order(Path("net.pt"), "ema.shadow", values, WEIGHTS)

    number = len(values)
    assert f"an average of {number} tensors without names in ema.shadow" in str(
        caught.value
    )
    assert "of the 3 parameters" in str(caught.value)
    assert caught.value.settings == ("weights",)


def test_an_average_keeps_its_own_statistics():
    own = {"n.running_mean": torch.full((2,), 7.0)}

    assert with_statistics(own, WEIGHTS)["n.running_mean"][0] == 7.0
    assert with_statistics({}, WEIGHTS)["n.num_batches_tracked"] == 4
