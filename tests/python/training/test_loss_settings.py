import math

import pytest

from gwparam.errors import ArgumentError
from gwparam.training.loss_settings import LossSettings


def test_default_is_the_plain_mean_square_error():
    assert LossSettings() == LossSettings((("mse", 1.0),), 1.0, "equal", 0.0, 1e-4)


def test_terms_are_read_from_texts():
    read = LossSettings.parse_terms(["mse", "drag=0.1", "huber=2"])

    assert read == (("mse", 1.0), ("drag", 0.1), ("huber", 2.0))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "loss has no term, expected mse, huber or drag"),
        (["mae"], "loss has no term mae, expected mse, huber or drag"),
        (["=1"], "loss has no term without a name, expected mse, huber or drag"),
        (["drag=much"], "weight of drag is much, expected a number"),
        (["drag="], "weight of drag is empty, expected a number"),
        (["drag=0"], "weight of drag is 0.0, expected more than 0"),
        (["drag=nan"], "weight of drag is nan, expected more than 0"),
        (["mse=inf"], "weight of mse is inf, expected a finite number"),
        (["mse", "huber", "mse=2"], "mse is given 2 times, expected once"),
    ],
)
def test_malformed_terms_are_named(texts, message):
    with pytest.raises(ArgumentError) as caught:
        LossSettings.parse_terms(texts)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"terms": (("mse", -1.0),)}, "weight of mse is -1.0, expected more than 0"),
        ({"huber_delta": 0.0}, "huber_delta is 0.0, expected more than 0"),
        ({"drag_scale": -1.0}, "drag_scale is -1.0, expected more than 0"),
        (
            {"level_weights": "height"},
            "level_weights is height, expected equal, density or mass",
        ),
        ({"tail": -1.0}, "tail is -1.0, expected a finite number of at least 0"),
        ({"tail": math.nan}, "tail is nan, expected a finite number of at least 0"),
    ],
)
def test_setting_out_of_range_is_named(settings, message):
    with pytest.raises(ArgumentError) as caught:
        LossSettings(**settings)

    assert str(caught.value) == message
