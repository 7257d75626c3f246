import pytest
import torch

from gwparam.checkpoints import check_values, load_weights, read_checkpoint
from gwparam.checkpoints.checkpoint import save_checkpoint
from gwparam.contract import ExpectedError, TrainingDates, TrainingRecord
from gwparam.errors import ModelFileError, NonFiniteError
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


def test_tensors_that_are_not_dense_or_not_whole_are_refused():
    with pytest.raises(ModelFileError, match="key holds a sparse"):
        check_values("key", torch.ones(2).to_sparse(), torch.ones(2))
    with pytest.raises(ModelFileError, match="key holds complex64, expected whole"):
        check_values(
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


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_are_finite(bad):
    with pytest.raises(NonFiniteError, match="key holds NaN or Inf"):
        check_values("key", torch.tensor([1.0, bad]), torch.ones(2))


@pytest.mark.parametrize(
    ("number", "kind"), [(1e300, torch.float32), (-7e4, torch.float16)]
)
def test_a_number_that_overflows_is_named(number, kind):
    value = torch.tensor([1.0, number], dtype=torch.float64)

    check_values("key", value, value)
    with pytest.raises(NonFiniteError) as caught:
        check_values("key", value, torch.ones(2, dtype=kind))
    name = str(kind).removeprefix("torch.")
    assert f"key holds {abs(number):g}, which overflows {name}" in str(caught.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_values_that_fit_are_taken_from_every_float(dtype):
    check_values("key", torch.tensor([1.0, -6e4], dtype=dtype), torch.ones(2))
    check_values("key", torch.ones(0, dtype=dtype), torch.ones(0))
