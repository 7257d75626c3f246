from pathlib import Path

import pytest
import torch

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ArgumentError, ModelFileError
from gwparam.networks import NETWORKS, find_network, read_options, recognise


def given(weights):
    return Checkpoint(Path("net.pt"), "", weights, {}, None)


@pytest.mark.parametrize("architecture", NETWORKS)
def test_every_preset_is_recognised_as_its_own_network(architecture):
    for preset in NETWORKS[architecture].presets:
        with torch.device("meta"):
            weights = preset.build().state_dict()

        # Of all signatures: the order of the networks does not matter.
        fitting = [
            name
            for name, network in NETWORKS.items()
            if all(key in weights for key in network.signature)
        ]
        assert fitting == [architecture], preset.name
        assert recognise(given(weights)) == architecture


def test_unknown_network_shows_keys():
    with pytest.raises(
        ModelFileError, match=r"has keys conv\.weight, expected those of wavenet, "
    ):
        recognise(given({"conv.weight": torch.zeros(3)}))


def test_network_is_found_by_its_name():
    for name in NETWORKS:
        assert find_network(name).architecture == name


def test_name_of_no_network_is_refused():
    with pytest.raises(ArgumentError) as caught:
        find_network("unet")

    assert str(caught.value).startswith("architecture is unet, expected wavenet, ")
    assert caught.value.settings == ("arch",)


def test_options_are_read():
    known = read_options(NETWORKS["ann_cnn"], {"flux_sign": "-1", "features": "uvw"})

    assert known == {"flux_sign": -1, "features": "uvw"}


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [("wavenet", "none"), ("ann_cnn", "scaling, levels, .*")],
)
def test_option_of_another_network_is_refused(architecture, expected):
    with pytest.raises(
        ArgumentError,
        match=f"grid is no option of {architecture}, expected {expected}",
    ) as caught:
        read_options(NETWORKS[architecture], {"grid": "64x128"})

    assert caught.value.settings == ("grid",)
