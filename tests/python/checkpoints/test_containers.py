import numpy as np
import pytest
import torch

from gwparam.checkpoints.containers import as_tensor, search
from gwparam.errors import ModelFileError

MEANS, STDS = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
W = {"a": torch.ones(2, 3), "b": torch.ones(2)}
NORM = {"means": MEANS, "stds": STDS}


@pytest.mark.parametrize(
    "content",
    [
        {"model": W, **NORM},
        {**W, **NORM},
        {"app": {"model": W, "optim": {"state": {}}}, **NORM},
        {"generator": W, **NORM},
        {"generator": W, "epoch": torch.tensor(3), "loss": np.float32(0.1), **NORM},
        {"model": W, "scaler": NORM},
        {"model": W, "stats": NORM},
        {"model": W, "Normalization": NORM},
        {"model": W, "output_scaling": NORM},
        {"state_dict": {"model": W}, "target_stats": NORM},
        {"model": W, "scaler": NORM, **NORM},
        {"models": [W], **NORM},
        {"model": W, "means": MEANS.numpy(), "stds": STDS.numpy()},
        {"model": W, "means": MEANS.tolist(), "stds": tuple(STDS.tolist())},
        {"model": W, "scaler": {"means": MEANS.tolist(), "stds": STDS.numpy()}},
    ],
)
def test_normalisation_beside_the_weights(content):
    (found,) = search(content)

    assert found.tensors.keys() == W.keys()
    assert found.extras["means"].tolist() == MEANS.tolist()
    assert found.extras["stds"].tolist() == STDS.tolist()


def test_two_normalisations_are_refused():
    content = {"model": W, **NORM, "stats": {"means": STDS, "stds": STDS}}

    with pytest.raises(ModelFileError, match="means is in the file twice, and differs"):
        search(content)


@pytest.mark.parametrize("name", ["input_stats", "x", "optimizer"])
def test_another_normalisation_is_not_that_of_the_outputs(name):
    (found,) = search({"model": W, name: NORM})

    assert found.extras == {}


def test_tensors_without_values_are_refused():
    with pytest.raises(ModelFileError, match=r"model\.a has a shape and no values"):
        search({"model": {"a": torch.ones(2, device="meta")}})


def test_numbers_alone_are_no_weights():
    assert (
        search({"epoch": torch.tensor(3), "best": {"score": torch.tensor(0.1)}}) == []
    )


def test_candidates_beside_one_another():
    found = search({"student": W, "teacher": W, **NORM})

    assert [part.place for part in found] == ["student", "teacher"]


@pytest.mark.parametrize(
    "value",
    [
        np.array(5),
        np.array(5, ">i8"),
        np.array([[1, 2], [3, 4]], ">f4"),
        np.arange(6.0)[::-2],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.float16(1.5),
        np.array([True]),
    ],
)
def test_arrays_become_tensors_of_the_same_shape(value):
    tensor = as_tensor(value, "x")

    assert tuple(tensor.shape) == np.shape(value)
    assert tensor.numpy().dtype == np.asarray(value).dtype.newbyteorder("=")
    np.testing.assert_array_equal(tensor.numpy(), value)


@pytest.mark.parametrize(
    "value", ["a", 1.0, None, [1.0, 2.0], np.array(["a"]), np.array([None])]
)
def test_what_is_no_tensor(value):
    assert as_tensor(value, "x") is None


@pytest.mark.parametrize("value", [[[1.0], [1.0, 2.0]], [], ["a"], [None]])
def test_lists_of_other_things(value):
    assert as_tensor(value, "x", lists=True) is None
