import pytest
import torch
from torch import nn

from gwparam.errors import ArgumentError
from gwparam.networks import NETWORKS
from gwparam.networks.base import LARGE, Option, is_large

SIGN = Option("flux_sign", "its sign", parse=int, choices=("1", "-1"))
LEVELS = Option("levels", "its levels", metavar="FILE")


def test_flag_and_placeholder_are_those_of_the_command_line():
    assert (SIGN.flag, SIGN.placeholder) == ("--flux-sign", "{1,-1}")
    assert (LEVELS.flag, LEVELS.placeholder) == ("--levels", "FILE")


@pytest.mark.parametrize("value", ["-1", -1])
def test_value_is_read_of_a_text_or_taken(value):
    assert SIGN.read(value) == -1


@pytest.mark.parametrize("value", ["2", 2])
def test_value_that_is_no_choice_is_refused(value):
    with pytest.raises(ArgumentError) as caught:
        SIGN.read(value)

    assert str(caught.value) == "flux_sign is 2, expected 1 or -1"
    assert caught.value.settings == ("flux_sign",)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (SIGN, "the sign is not known, expected flux_sign 1|-1"),
        (LEVELS, "the sign is not known, expected levels FILE"),
    ],
)
def test_option_that_was_not_given_is_asked_for(option, message):
    assert option.of({option.name: 0}, "the sign") == 0
    with pytest.raises(ArgumentError) as caught:
        option.of({}, "the sign")

    assert str(caught.value) == message
    assert caught.value.settings == (option.name,)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_options_of_one_network_have_names_of_their_own(network):
    names = [option.name for option in network.options]

    assert len(set(names)) == len(names)


def test_network_is_large_above_the_bound():
    at_bound = nn.Linear(LARGE // 4, 1, bias=False, device="meta")
    above = nn.Linear(LARGE // 4, 1, bias=True, device="meta")

    assert at_bound.weight.dtype == torch.float32
    assert not is_large(at_bound)
    assert is_large(above)
