import pytest
import torch

from gwparam.checkpoints import check_dtype, load_weights, read_checkpoint
from gwparam.checkpoints.checkpoint import save_checkpoint
from gwparam.contract import ExpectedError, TrainingDates, TrainingRecord
from gwparam.errors import ModelFileError
from gwparam.networks.wavenet import WaveNet


@pytest.mark.parametrize(
    "dtype",
    [
        "int8",
        "uint8",
        "float8_e4m3fn",
        "float8_e5m2",
        "complex64",
        "bool",
    ],
)
@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_weights_in_other_numbers_are_refused_by_key(tmp_path, dtype, kind):
    weights = dict(WaveNet(3, 8, 1, 8, 8).state_dict())
    weights["shared.3.bias"] = weights["shared.3.bias"].to(getattr(torch, dtype))
    path = tmp_path / f"net.{kind}"
    if kind == "pt":
        torch.save(weights, path)
    else:
        save_checkpoint(path, weights)

    with pytest.raises(ModelFileError) as caught:
        load_weights(WaveNet(3, 8, 1, 8, 8), read_checkpoint(path))

    assert str(caught.value) == f"shared.3.bias holds {dtype}, expected float weights"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_in_other_floats_are_taken(dtype):
    check_dtype("key", torch.ones(2, dtype=dtype), torch.ones(2))


def test_tensors_that_are_not_dense_or_not_whole_are_refused():
    with pytest.raises(ModelFileError, match="key holds a sparse"):
        check_dtype("key", torch.ones(2).to_sparse(), torch.ones(2))
    with pytest.raises(ModelFileError, match="key holds complex64, expected whole"):
        check_dtype(
            "key",
            torch.ones(2, dtype=torch.complex64),
            torch.ones(2, dtype=torch.int64),
        )


def test_record_of_the_training_comes_back(tmp_path):
    record = TrainingRecord(
        (TrainingDates("1979-01-01", "1980-12-31", "noleap"),),
        (ExpectedError("x", (1.0, 2.0)),),
    )
    path = tmp_path / "net.safetensors"

    save_checkpoint(path, {"a": torch.ones(1)}, training=record)

    assert read_checkpoint(path).training == record
