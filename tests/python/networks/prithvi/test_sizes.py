from pathlib import Path

import pytest
import torch

from gwparam.checkpoints import Checkpoint
from gwparam.contract import Geometry
from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks.prithvi.flux import PrithviFlux, _all_sizes
from gwparam.networks.prithvi.unet import PRESETS, PrithviSizes, UNetWithTransformer

OTHER = PrithviSizes(10, 6, 2, (8, 12), (2, 2), (4, 6), 24, 3, 1, 3, 2)


def sizes_of(weights, grid, **options):
    told = PrithviFlux.sizes_of(Checkpoint(Path("given.pt"), "", weights, {}, None))
    nlat, nlon = grid
    latitude, longitude = (0.0,) * nlat, (0.0,) * nlon
    geometry = Geometry("global", latitude=latitude, longitude=longitude)
    return _all_sizes(told, geometry, options)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_sizes_of_a_preset_are_recovered_from_its_weights(preset):
    sizes = PRESETS[preset]
    with torch.device("meta"):
        weights = UNetWithTransformer(sizes).state_dict()

    assert sizes_of(weights, sizes.grid) == sizes


def test_other_sizes_are_recovered_with_heads_and_mask_unit_given():
    weights = UNetWithTransformer(OTHER).state_dict()

    assert sizes_of(weights, (8, 12), heads=3, mask_unit=(4, 6)) == OTHER


def test_other_sizes_ask_for_heads_and_mask_unit():
    weights = UNetWithTransformer(OTHER).state_dict()

    with pytest.raises(ArgumentError) as caught:
        sizes_of(weights, (8, 12), heads=3)

    assert str(caught.value) == (
        "a backbone of 24 features on a 8 x 12 grid is no published one, expected its "
        "heads N and its mask_unit NLATxNLON"
    )
    assert caught.value.settings == ("heads", "mask_unit")


def test_weight_that_tells_a_size_is_named():
    weights = UNetWithTransformer(PRESETS["tiny"]).state_dict()
    key = "model.patch_embedding.proj.weight"

    with pytest.raises(ShapeError, match=f"{key} has shape .*, expected 4 dimensions"):
        sizes_of(weights | {key: torch.zeros(3)}, (16, 32))
    del weights[key]
    with pytest.raises(ShapeError, match=f"{key} is missing"):
        sizes_of(weights, (16, 32))
