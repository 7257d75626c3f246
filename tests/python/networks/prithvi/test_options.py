import pytest

from gwparam.errors import ArgumentError
from gwparam.networks.prithvi.options import HEADS, MASK_RATIO, MASK_SEED, MASK_UNIT


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (HEADS, "12", 12),
        (MASK_UNIT, "8x16", (8, 16)),
        (MASK_RATIO, "0.25", 0.25),
        (MASK_SEED, "0", 0),
    ],
)
def test_text_is_read_and_written_again(option, text, value):
    assert option.read(text) == value
    assert option.write(value) == text
    assert option.read(value) == value


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        (HEADS, "-1", "heads is -1, expected a whole number"),
        (HEADS, "²", "heads is ², expected a whole number"),
        (MASK_SEED, "1.5", "mask_seed is 1.5, expected a whole number"),
        (MASK_UNIT, "8", "mask_unit is 8, expected for example 8x16"),
        (MASK_UNIT, "8x16x2", "mask_unit is 8x16x2, expected for example 8x16"),
        (MASK_UNIT, "8x²", "mask_unit is 8x², expected for example 8x16"),
        (MASK_RATIO, "half", "mask_ratio is half, expected 0 to less than 1"),
    ],
)
def test_text_that_is_no_value_is_refused(option, text, message):
    with pytest.raises(ArgumentError) as caught:
        option.read(text)

    assert str(caught.value) == message
    assert caught.value.settings == (option.name,)
