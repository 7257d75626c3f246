from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from gwparam.checkpoints import read_checkpoint, save_checkpoint
from gwparam.contract import (
    Description,
    Limit,
    TrainingRange,
    Vertical,
    read_contract,
    read_probe,
)
from gwparam.errors import ArgumentError, ModelFileError, NonFiniteError, ShapeError
from gwparam.export import export_model
from gwparam.export.fuse import fuse
from gwparam.export.probe import draw_inputs
from gwparam.networks import from_checkpoint, recognise
from gwparam.networks.filtered_spectrum import (
    ACTIVATIONS,
    FilteredSpectrum,
    FilteredSpectrumDrag,
    mima,
)

NLEV = 5
PRESSURE = (1e3, 1e4, 3e4, 6e4, 9e4)
# Rounding of float64 where sums run in another order, relative to the largest.
TOLERANCE = 1e-12


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A network of 5 levels with random weights; no two levels are alike."""
    torch.manual_seed(20240917)
    b = torch.tensor(PRESSURE) / 1e5
    network = FilteredSpectrum(torch.tensor([500.0, 0, 0, 0, 0]), b, width=6)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    known = {
        "eastward_wind": ([20.0, 10, 5, 2, 1], [25.0, 20, 15, 10, 8]),
        "northward_wind": ([1.0, 2, 3, 2, 1], [15.0, 10, 15, 10, 8]),
        "air_temperature": ([230.0, 210, 230, 270, 290], [9.0, 5, 6, 7, 8]),
        "surface_air_pressure": ([9.7e4], [4e3]),
        "latitude": ([3.0], [40.0]),
    }
    description = Description(
        "tiny",
        "random weights of the tests",
        Vertical("host", "top_down", NLEV, PRESSURE, 0.1),
        tuple(
            TrainingRange(name, tuple(mean), tuple(deviation), None, None)
            for name, (mean, deviation) in known.items()
        ),
        tuple(Limit(field.name, 0.01) for field in FilteredSpectrumDrag.outputs),
    )
    path = tmp_path_factory.mktemp("filtered") / "tiny.safetensors"
    generator = torch.Generator().manual_seed(1)
    save_checkpoint(
        path,
        network.state_dict(),
        extras={
            "means": 1e-5 * torch.randn(NLEV, generator=generator),
            "stds": 1e-4 * (0.5 + torch.rand(NLEV, generator=generator)),
        },
        description=description,
    )
    return path


@pytest.fixture
def rectified(checkpoint, tmp_path):
    """Path and tensors of such a network with rectified units."""
    read = read_checkpoint(checkpoint)
    network = FilteredSpectrum(read.weights["a"], read.weights["b"], 3, "relu")
    path = tmp_path / "rectified.safetensors"
    save_checkpoint(
        path, network.state_dict(), extras=read.extras, description=read.description
    )
    return path, load_file(path)


@pytest.fixture
def tensors(checkpoint):
    return load_file(checkpoint)


def rebuilt(path, tensors):
    save_file(tensors, path)
    return from_checkpoint(read_checkpoint(path), "filtered_spectrum")


def test_every_input_matters_in_its_place(checkpoint):
    network = from_checkpoint(read_checkpoint(checkpoint))
    generator = torch.Generator().manual_seed(1)
    fields = torch.randn(3, 3, NLEV, generator=generator, dtype=torch.float64)
    wind, temperature = 20 * fields[:2], 250 + 5 * fields[2]
    psfc = torch.tensor([95e3, 99e3, 101e3], dtype=torch.float64)
    lat = torch.tensor([-60.0, 5.0, 40.0], dtype=torch.float64)

    with torch.no_grad():
        drags = network(wind[0], wind[1], temperature, psfc, lat)
        # One wind and one column at a time.
        for i in range(3):
            surface = torch.stack((psfc[i], lat[i]))
            for drag, component in zip(drags, wind, strict=True):
                features = torch.cat((component[i], temperature[i], surface))
                expected = network.scaling(network.network(features[None]))[0]
                torch.testing.assert_close(drag[i], expected, rtol=1e-12, atol=0.0)


def test_checkpoint_is_recognised_with_its_sizes(checkpoint):
    read = read_checkpoint(checkpoint)

    network = from_checkpoint(read).network

    assert recognise(read) == "filtered_spectrum"
    assert network.breaking[0].weight.shape == (6, 2)
    assert network.a.tolist() == [500.0, 0.0, 0.0, 0.0, 0.0]
    assert int(network.equatorial_source) == 3


def test_activation_is_that_of_the_checkpoint(checkpoint, rectified):
    smooth, cheap = (
        from_checkpoint(read_checkpoint(path)).network
        for path in (checkpoint, rectified[0])
    )

    assert "activation" not in smooth.state_dict()
    assert isinstance(smooth.breaking[1], torch.nn.SiLU)
    assert isinstance(cheap.breaking[1], torch.nn.ReLU)
    assert isinstance(cheap.flux[1], torch.nn.ReLU)
    assert (smooth.is_rectified, cheap.is_rectified) == (False, True)


@pytest.mark.parametrize("place", [torch.tensor(2), torch.tensor([1])])
def test_unknown_activation_is_refused(rectified, place):
    path, tensors = rectified
    tensors["weights.activation"] = place

    with pytest.raises(
        ModelFileError,
        match=r"activation in .* is \S+, expected one of 0 \(silu\), 1 \(relu\)",
    ):
        rebuilt(path, tensors)


def test_activation_can_be_chosen():
    trainable = FilteredSpectrumDrag.trainable

    sizes = trainable.read_sizes(["activation=relu", "width=8"])

    assert sizes == {"activation": "relu", "width": 8}
    assert trainable.default_sizes["activation"] == "silu"
    with pytest.raises(ArgumentError, match="activation is tanh, expected for example"):
        trainable.read_sizes(["activation=tanh"])


def test_preset_is_on_the_levels_of_mima():
    network = mima()

    assert network.nlev == 40
    assert int(network.equatorial_source) == 30  # AD99: level 31 from 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_export_keeps_its_promises(tmp_path, checkpoint, rectified, activation, dtype):
    path = tmp_path / "tiny.pt"
    given = checkpoint if activation == "silu" else rectified[0]

    export = export_model(given, path, dtype=dtype)

    assert all(promise.kept and not promise.warning for promise in export.promises)
    contract = read_contract(path)
    assert contract.source.architecture == "filtered_spectrum"
    assert [field.name for field in contract.inputs] == [
        "eastward_wind",
        "northward_wind",
        "air_temperature",
        "surface_air_pressure",
        "latitude",
    ]
    inputs, outputs = read_probe(path)
    with torch.no_grad():
        eager = from_checkpoint(read_checkpoint(given))(
            *(torch.from_numpy(values.astype(np.float64)) for values in inputs.values())
        )
    for given, expected in zip(outputs.values(), eager, strict=True):
        largest = float(expected.abs().max())
        difference = np.abs(given - expected.numpy()).max()
        assert difference <= contract.probe.tolerance * largest


def test_padding_keeps_answer_and_weights(checkpoint):
    network = from_checkpoint(read_checkpoint(checkpoint))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    columns = draw_inputs(network, 50, 1)

    fused = fuse(network)

    products = [m for m in fused.modules() if isinstance(m, torch.nn.Linear)]
    assert [(m.in_features, m.out_features) for m in products] == [
        *[(8, 8), (8, 1)] * 3,
        (8, 8),
    ]
    with torch.no_grad():
        for padded, own in zip(fused(*columns), network(*columns), strict=True):
            assert (padded - own).abs().max() < TOLERANCE * own.abs().max()
    after = network.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)


def test_missing_matrix_names_the_key(tmp_path, tensors):
    del tensors["weights.spreading.weight"]

    with pytest.raises(ShapeError, match=r"spreading\.weight is missing, expected 2"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_one_level_is_refused(tmp_path, tensors):
    tensors["weights.spreading.weight"] = torch.zeros(1, 1)

    with pytest.raises(ShapeError, match="nlev is 1, expected at least 2"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_function_of_another_width_names_the_key(tmp_path, tensors):
    tensors["weights.flux.0.weight"] = torch.zeros(7, 2)

    with pytest.raises(ShapeError) as caught:
        rebuilt(tmp_path / "net.safetensors", tensors)

    assert str(caught.value) == "flux.0.weight has shape (7, 2), expected (6, 2)"


def test_weights_that_are_not_finite_are_named(tmp_path, tensors):
    tensors["weights.reflection"][0] = float("inf")

    with pytest.raises(NonFiniteError, match="reflection holds NaN or Inf"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_levels_in_disorder_are_refused(tmp_path, tensors):
    tensors["weights.b"] = tensors["weights.b"].flip(0).contiguous()

    with pytest.raises(ModelFileError) as caught:
        rebuilt(tmp_path / "net.safetensors", tensors)

    assert str(caught.value) == (
        f"a and b in {tmp_path / 'net.safetensors'} are no pressures from the top down"
    )


def test_missing_scaling_is_named(tmp_path, tensors):
    del tensors["means"]

    with pytest.raises(ModelFileError, match="has no means beside its weights"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_missing_description_is_named(tmp_path, tensors):
    with pytest.raises(ModelFileError, match="holds no description of its network"):
        rebuilt(tmp_path / "net.safetensors", tensors)


def test_description_of_other_levels_is_refused(checkpoint):
    read = read_checkpoint(checkpoint)
    vertical = replace(read.description.vertical, nlev=6, nominal_pressure=None)
    other = replace(read, description=replace(read.description, vertical=vertical))

    with pytest.raises(ShapeError, match="describes 6 levels, expected 5"):
        FilteredSpectrumDrag.from_checkpoint(other)
