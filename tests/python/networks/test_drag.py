from dataclasses import replace

import pytest
import torch

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ModelFileError, NonFiniteError, RangeError, ShapeError
from gwparam.networks.drag import normalisation
from gwparam.networks.wavenet import WaveNetDrag


@pytest.fixture
def checkpoint(tiny_checkpoint):
    return read_checkpoint(tiny_checkpoint)


def test_network_has_the_scaling_and_description_of_its_checkpoint(checkpoint):
    network = WaveNetDrag.from_checkpoint(checkpoint)

    drag = network.scaling(torch.full((3, 5), 2.0, dtype=torch.float64))
    means, stds = checkpoint.extras["means"], checkpoint.extras["stds"]
    torch.testing.assert_close(drag, (means + 2.0 * stds).expand(3, 5))
    assert network.description == checkpoint.description
    assert {value.dtype for value in network.parameters()} == {torch.float64}


@pytest.mark.parametrize("key", ["means", "stds"])
def test_scaling_has_to_be_there(checkpoint, key):
    others = {name: v for name, v in checkpoint.extras.items() if name != key}

    with pytest.raises(ModelFileError) as caught:
        WaveNetDrag.from_checkpoint(replace(checkpoint, extras=others))

    assert str(caught.value) == f"{checkpoint.path} has no {key} beside its weights"


@pytest.mark.parametrize("key", ["means", "stds"])
@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (torch.zeros(4), ShapeError, "has shape (4,), expected (5,)"),
        (torch.zeros(5, 1), ShapeError, "has shape (5, 1), expected (5,)"),
        (
            torch.tensor([1.0, 2.0, float("nan"), 4.0, 5.0]),
            NonFiniteError,
            "holds NaN or Inf, expected finite values",
        ),
    ],
)
def test_scaling_is_one_finite_value_a_level(checkpoint, key, values, error, message):
    given = replace(checkpoint, extras=checkpoint.extras | {key: values})

    with pytest.raises(error) as caught:
        WaveNetDrag.from_checkpoint(given)

    assert str(caught.value) == f"{key} {message}"


@pytest.mark.parametrize("key", ["means", "stds"])
@pytest.mark.parametrize("kind", [torch.complex64, torch.int8, torch.bool])
def test_scaling_has_a_dtype_of_weights(checkpoint, key, kind):
    extras = checkpoint.extras | {key: torch.ones(5).to(kind)}
    said = str(kind).removeprefix("torch.")

    with pytest.raises(ModelFileError, match=f"{key} holds {said}, expected float"):
        WaveNetDrag.from_checkpoint(replace(checkpoint, extras=extras))


@pytest.mark.parametrize(
    ("means", "stds", "level"),
    [
        ([1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -1.0, 1.0, 1.0], 2),
        ([1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0, 1.0], 3),
        ([0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0], 0),
    ],
)
def test_standard_deviations_are_positive(checkpoint, means, stds, level):
    extras = {"means": torch.tensor(means), "stds": torch.tensor(stds)}

    with pytest.raises(RangeError, match=rf"stds is -?\d at level {level} \(from 0\)"):
        normalisation(replace(checkpoint, extras=extras, description=None), 5)


def test_a_constant_drag_of_our_own_training_is_taken(checkpoint):
    stds = torch.tensor([1.0, 1.0, 1.0, 0.0, 1.0])
    extras = {"means": torch.ones(5), "stds": stds}

    mean, _ = normalisation(replace(checkpoint, extras=extras), 5)

    assert mean[3] == 1.0


def test_a_level_without_drag_has_neither(checkpoint):
    extras = {key: torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0]) for key in ("means", "stds")}

    published = replace(checkpoint, extras=extras, description=None)
    mean, deviation = normalisation(published, 5)

    assert mean.dtype == deviation.dtype == torch.float64
    assert mean[4] == deviation[4] == 0.0


def test_description_is_of_as_many_levels(checkpoint):
    vertical = replace(checkpoint.description.vertical, nlev=7)
    description = replace(checkpoint.description, vertical=vertical)

    with pytest.raises(ShapeError) as caught:
        WaveNetDrag.from_checkpoint(replace(checkpoint, description=description))

    assert str(caught.value) == f"{checkpoint.path} describes 7 levels, expected 5"
