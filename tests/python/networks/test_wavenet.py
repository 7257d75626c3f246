from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.torch import load_file, save_file

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import Description
from gwparam.errors import ArgumentError, ModelFileError, NonFiniteError, ShapeError
from gwparam.networks import from_checkpoint
from gwparam.networks.wavenet import WaveNet, WaveNetDrag

# The published forward pass, re-coded, agrees to rounding.
TOLERANCE = 1e-14


@pytest.fixture(scope="module")
def published(reference_data):
    path = reference_data / "wavenet" / "network_wst.pkl"
    return from_checkpoint(read_checkpoint(path))


@pytest.fixture(scope="module")
def recorded(reference_data):
    with xr.open_dataset(reference_data / "wavenet" / "io.nc") as data:
        return {name: torch.tensor(data[name].values) for name in data.data_vars}


@pytest.fixture
def tensors(tiny_checkpoint):
    return load_file(tiny_checkpoint)


def rebuilt(path, tensors):
    save_file(tensors, path)
    return from_checkpoint(read_checkpoint(path))


def worst(result, reference):
    return float((result - reference).abs().max() / reference.abs().max())


def test_default_sizes_are_the_published_ones(reference_data):
    import json

    keys = reference_data / "wavenet" / "state_dict_keys.json"
    listed = json.loads(keys.read_text())

    weights = WaveNet().state_dict()

    assert {key: tuple(shape) for key, (_, shape) in listed.items()} == {
        key: tuple(value.shape) for key, value in weights.items()
    }
    assert sum(p.numel() for p in WaveNet().parameters()) == 375_228


def test_both_winds_reproduce_the_published_network(published, recorded):
    wind, psfc, lat = recorded["wind"], recorded["psfc"], recorded["lat"]
    calm = wind.flip(0)

    with torch.no_grad():
        eastward, northward = published(wind, calm, psfc, lat)
        swapped_eastward, swapped_northward = published(calm, wind, psfc, lat)

    assert worst(eastward, recorded["gwd"]) < TOLERANCE
    assert worst(swapped_northward, recorded["gwd"]) < TOLERANCE
    assert worst(northward, swapped_eastward) < TOLERANCE
    assert (eastward[:, 39] == 0.0).all()


def test_single_column_keeps_its_dimension(published, recorded):
    column = [recorded[name][:1] for name in ("wind", "wind", "psfc", "lat")]

    with torch.no_grad():
        eastward, northward = published(*column)

    assert eastward.shape == northward.shape == (1, 40)
    assert worst(eastward, recorded["gwd"][:1]) < TOLERANCE


def test_published_training_range_is_that_of_its_batch_norm(published, recorded):
    ranges = {known.name: known for known in published.description.training_range}

    # data/wavenet/README.md: mean 97138, std 5803; mean -0.18, std 39.7.
    assert ranges["surface_air_pressure"].mean == pytest.approx([97138], abs=1.0)
    assert ranges["surface_air_pressure"].standard_deviation == pytest.approx(
        [5803], abs=1.0
    )
    assert ranges["latitude"].mean == pytest.approx([-0.18], abs=0.01)
    assert ranges["latitude"].standard_deviation == pytest.approx([39.7], abs=0.01)
    assert ranges["eastward_wind"].mean == ranges["northward_wind"].mean
    assert len(ranges["eastward_wind"].mean) == 40
    assert ranges["eastward_wind"].minimum is None


def test_published_levels_are_those_of_mima(published, reference_data):
    path = reference_data / "mima" / "mima_t42l40_ad99.nc"
    with xr.open_dataset(path) as states:
        sigma = states["sigma_full"].values

    nominal = np.array(published.description.vertical.nominal_pressure)

    np.testing.assert_allclose(nominal, 1e5 * sigma, rtol=1e-6)


def test_description_of_the_checkpoint_is_taken(tiny_checkpoint):
    network = from_checkpoint(read_checkpoint(tiny_checkpoint))

    assert isinstance(network.description, Description)
    assert network.description.citation == "random weights of the tests"
    assert network.description.training_range[3].maximum == (123.0,)


def test_sizes_are_taken_from_the_checkpoint(tiny_checkpoint):
    network = from_checkpoint(read_checkpoint(tiny_checkpoint))

    assert [tuple(p.shape) for p in network.network.shared.parameters()] == [
        *[(7,), (7,)],
        *[(16, 7), (16,)],
        *[(16, 16), (16,)],
        *[(8, 16), (8,)],
    ]
    assert network.network.branches[4][0].weight.shape == (4, 8)


def test_every_input_matters_in_its_place(tiny_checkpoint):
    network = from_checkpoint(read_checkpoint(tiny_checkpoint))
    generator = torch.Generator().manual_seed(1)
    wind = 20 * torch.randn(2, 3, 5, generator=generator, dtype=torch.float64)
    psfc = torch.tensor([95e3, 99e3, 101e3], dtype=torch.float64)
    lat = torch.tensor([-60.0, 5.0, 40.0], dtype=torch.float64)

    with torch.no_grad():
        eastward, northward = network(wind[0], wind[1], psfc, lat)
        # The formula of the published network, one wind and one column at a time.
        for i in range(3):
            for drag, component in ((eastward, wind[0]), (northward, wind[1])):
                features = torch.cat((component[i], psfc[i : i + 1], lat[i : i + 1]))
                expected = network.scaling(network.network(features[None]))[0]
                torch.testing.assert_close(drag[i], expected, rtol=1e-12, atol=0.0)


def test_unknown_architecture_names_those_that_are_here(tiny_checkpoint):
    with pytest.raises(ArgumentError, match="architecture is unet, expected wavenet"):
        from_checkpoint(read_checkpoint(tiny_checkpoint), "unet")


def test_checkpoint_of_another_architecture_names_the_key(reference_data):
    path = reference_data / "ann_cnn" / "ann_cnn_1x1_tiny_safe.pt"

    with pytest.raises(ShapeError, match=r"shared\.1\.weight is missing"):
        from_checkpoint(read_checkpoint(path), "wavenet")


def test_branch_of_another_width_names_the_key(tmp_path, tensors):
    tensors["weights.branches.3.0.weight"] = torch.zeros(4, 9)

    with pytest.raises(ShapeError) as caught:
        rebuilt(tmp_path / "net.safetensors", tensors)

    assert str(caught.value) == (
        "branches.3.0.weight has shape (4, 9), expected (4, 8)"
    )


def test_other_number_of_features_than_levels_names_the_key(tmp_path, tensors):
    tensors["weights.shared.0.weight"] = torch.zeros(9)

    with pytest.raises(ShapeError) as caught:
        rebuilt(tmp_path / "net.safetensors", tensors)

    assert str(caught.value) == "shared.0.weight has shape (9,), expected (7,)"


def test_vector_in_place_of_a_matrix_names_the_key(tmp_path, tensors):
    tensors["weights.shared.1.weight"] = torch.zeros(9)

    with pytest.raises(
        ShapeError, match=r"shared\.1\.weight has shape \(9,\), expected"
    ):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_missing_scaling_is_named(tmp_path, tensors):
    del tensors["stds"]

    with pytest.raises(ModelFileError, match="has no stds beside its weights"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_scaling_of_another_length_is_named(tmp_path, tensors):
    tensors["means"] = torch.zeros(4)

    with pytest.raises(ShapeError, match=r"means has shape \(4,\), expected \(5,\)"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_scaling_that_is_not_finite_is_named(tmp_path, tensors):
    tensors["stds"][2] = float("nan")

    with pytest.raises(NonFiniteError, match="stds holds NaN or Inf"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_description_of_other_levels_is_refused(tiny_checkpoint):
    checkpoint = read_checkpoint(tiny_checkpoint)
    vertical = replace(checkpoint.description.vertical, nlev=6, nominal_pressure=None)
    other = replace(
        checkpoint, description=replace(checkpoint.description, vertical=vertical)
    )

    with pytest.raises(ShapeError, match="describes 6 levels, expected 5"):
        WaveNetDrag.from_checkpoint(other)


def test_levels_of_an_unknown_grid_are_not_claimed(tmp_path, tensors):
    network = rebuilt(tmp_path / "net.safetensors", tensors)

    assert network.description.vertical.nominal_pressure is None
    assert network.description.vertical.nlev == 5
