import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from gwparam.checkpoints import load_weights, read_checkpoint
from gwparam.errors import ContractError, ModelFileError, NonFiniteError, ShapeError
from gwparam.networks import recognise
from gwparam.networks.wavenet import WaveNet

PUBLISHED_SHA256 = "c7f19062dc8268fb8c6a32c9d290f2b726502625a3fefe01da9e8ba7f54fd069"


class Innocent:
    """A class that no allow-list of torch knows."""


@pytest.fixture
def weights():
    return WaveNet(3, 8, 1, 8, 8).state_dict()


def written(path, content):
    torch.save(content, path)
    return path


def test_published_wavenet(reference_data):
    checkpoint = read_checkpoint(reference_data / "wavenet" / "network_wst.pkl")

    assert checkpoint.sha256 == PUBLISHED_SHA256
    assert recognise(checkpoint) == "wavenet"
    assert len(checkpoint.weights) == 177
    assert checkpoint.extras["means"].shape == (40,)
    load_weights(WaveNet().double(), checkpoint)


def test_published_ann_cnn(reference_data):
    path = reference_data / "ann_cnn" / "ann_cnn_1x1_tiny_safe.pt"

    assert recognise(read_checkpoint(path)) == "ann_cnn"


def test_published_prithvi(reference_data):
    path = reference_data / "prithvi_gw" / "tiny_state_dict_ddp.pt"

    assert recognise(read_checkpoint(path)) == "prithvi_gw"


@pytest.mark.parametrize("stencil", [1, 3])
def test_published_format_of_ann_cnn_is_read_without_running_it(
    reference_data, stencil
):
    name = f"ann_cnn_{stencil}x{stencil}_tiny"
    path = reference_data / "ann_cnn" / f"{name}_published_format.pt"

    checkpoint = read_checkpoint(path)

    safe = read_checkpoint(reference_data / "ann_cnn" / f"{name}_safe.pt")
    assert recognise(checkpoint) == "ann_cnn"
    assert list(checkpoint.weights) == list(safe.weights)
    for key, value in checkpoint.weights.items():
        assert torch.equal(value, safe.weights[key])


def test_published_format_written_by_numpy_1_is_read(tmp_path, weights):
    path = written(
        tmp_path / "net.pt",
        {
            "epoch": np.int64(3),
            "model_state_dict": weights,
            "loss": torch.nn.MSELoss(),
            "loss_train": np.linspace(0.0, 1.0, 3),
        },
    )
    older = tmp_path / "older.pt"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(older, "w") as new:
        for member in old.namelist():
            data = old.read(member)
            if member.endswith("data.pkl"):
                assert b"numpy._core.multiarray" in data
                data = data.replace(b"numpy._core.multi", b"numpy.core.multi")
            new.writestr(member, data)

    checkpoint = read_checkpoint(older)

    assert list(checkpoint.weights) == list(weights)


def test_unknown_class_is_refused_unless_allowed(tmp_path, weights):
    path = written(tmp_path / "net.pt", {"weights": weights, "loss": Innocent()})

    with pytest.raises(ModelFileError, match=r"is a pickle that asks for .* and could"):
        read_checkpoint(path)
    assert list(read_checkpoint(path, allow_pickle=True).weights) == list(weights)


def test_weights_are_mapped_not_read(tmp_path, weights):
    path = written(tmp_path / "net.pt", weights)

    checkpoint = read_checkpoint(path)

    maps = Path("/proc/self/maps").read_text()
    assert str(path) in maps
    assert torch.equal(
        checkpoint.weights["shared.1.weight"], weights["shared.1.weight"]
    )


def test_module_on_the_meta_device_takes_the_tensors_as_they_are(tmp_path, weights):
    checkpoint = read_checkpoint(written(tmp_path / "net.pt", weights))
    with torch.device("meta"):
        network = WaveNet(3, 8, 1, 8, 8)

    load_weights(network, checkpoint)

    own = network.state_dict()["shared.1.weight"]
    assert own.data_ptr() == checkpoint.weights["shared.1.weight"].data_ptr()


def test_unsafe_pickle_is_refused_without_running_it(tmp_path, weights):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = written(tmp_path / "bomb.pt", {"weights": weights, "loss": Bomb()})

    with pytest.raises(ModelFileError, match="expected tensors only"):
        read_checkpoint(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("outer", ["weights", "model_state_dict", "state_dict", None])
def test_state_dict_alone_or_in_a_dict(tmp_path, weights, outer):
    content = weights if outer is None else {"epoch": 3, outer: OrderedDict(weights)}

    checkpoint = read_checkpoint(written(tmp_path / "net.pt", content))

    assert list(checkpoint.weights) == list(weights)


def test_prefix_of_data_parallel_training_is_dropped(tmp_path, weights):
    prefixed = {f"module.{key}": value for key, value in weights.items()}

    checkpoint = read_checkpoint(written(tmp_path / "net.pt", prefixed))

    assert list(checkpoint.weights) == list(weights)


def test_safetensors_round_trip(tiny_checkpoint):
    checkpoint = read_checkpoint(tiny_checkpoint)

    assert recognise(checkpoint) == "wavenet"
    assert checkpoint.description.name == "tiny WaveNet"
    assert checkpoint.description.vertical.nlev == 5
    assert set(checkpoint.extras) == {"means", "stds"}
    stored = load_file(tiny_checkpoint)
    for key, value in checkpoint.weights.items():
        assert torch.equal(value, stored[f"weights.{key}"])


def test_safetensors_with_bad_description(tmp_path, weights):
    path = tmp_path / "net.safetensors"
    save_file(weights, path, {"gwparam": '{"name": 3}'})

    with pytest.raises(ContractError, match="name is 3, expected a string"):
        read_checkpoint(path)


def test_absent_file(tmp_path):
    with pytest.raises(ModelFileError, match="No such file"):
        read_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize("kept", [0, 7, 1000, -1])
def test_truncated_torch_file(tmp_path, weights, kept):
    path = written(tmp_path / "net.pt", weights)
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(ModelFileError, match=r"net\.pt"):
        read_checkpoint(path)


@pytest.mark.parametrize("kept", [9, 1000, -1])
def test_truncated_safetensors_file(tmp_path, tiny_checkpoint, kept):
    path = tmp_path / "cut.safetensors"
    path.write_bytes(tiny_checkpoint.read_bytes()[:kept])

    with pytest.raises(ModelFileError, match=r"cut\.safetensors"):
        read_checkpoint(path)


def test_truncated_old_pickle(tmp_path, weights):
    path = tmp_path / "old.pt"
    torch.save(weights, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ModelFileError, match=r"old\.pt"):
        read_checkpoint(path)


def test_text_file(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("a grand day out")

    with pytest.raises(ModelFileError, match="starts with b'a grand d'"):
        read_checkpoint(path)


def test_plain_pickle_of_another_program(tmp_path):
    path = tmp_path / "other.pkl"
    path.write_bytes(pickle.dumps(Innocent(), protocol=2))

    with pytest.raises(ModelFileError, match=r"other\.pkl"):
        read_checkpoint(path)


def test_artefact_is_no_checkpoint(tiny_artefact):
    with pytest.raises(ModelFileError, match="is a TorchScript archive"):
        read_checkpoint(tiny_artefact)


def test_checkpoint_without_tensors(tmp_path):
    path = written(tmp_path / "net.pt", {"epoch": 3})

    with pytest.raises(
        ModelFileError, match="holds a dict with epoch, expected a dict of tensors"
    ):
        read_checkpoint(path)


def test_weights_of_another_shape_are_named_with_both_shapes(tmp_path, weights):
    path = written(tmp_path / "net.pt", weights)

    with pytest.raises(ShapeError) as caught:
        load_weights(WaveNet(3, 16, 1, 8, 8), read_checkpoint(path))

    assert str(caught.value) == "shared.1.weight has shape (8, 5), expected (16, 5)"


def test_missing_weight_is_named(tmp_path, weights):
    del weights["branches.1.0.bias"]
    path = written(tmp_path / "net.pt", weights)

    with pytest.raises(ShapeError) as caught:
        load_weights(WaveNet(3, 8, 1, 8, 8), read_checkpoint(path))

    assert str(caught.value) == "branches.1.0.bias is missing, expected (8,)"


def test_surplus_weight_is_named(tmp_path, weights):
    weights["gate.weight"] = torch.zeros(2, 3)
    path = written(tmp_path / "net.pt", weights)

    with pytest.raises(ShapeError) as caught:
        load_weights(WaveNet(3, 8, 1, 8, 8), read_checkpoint(path))

    assert str(caught.value) == "gate.weight has shape (2, 3), expected no such key"


def test_weight_that_is_not_finite_is_named(tmp_path, weights):
    weights["shared.3.bias"][2] = float("inf")
    path = written(tmp_path / "net.pt", weights)

    with pytest.raises(NonFiniteError, match=r"shared\.3\.bias holds NaN or Inf"):
        load_weights(WaveNet(3, 8, 1, 8, 8), read_checkpoint(path))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", ["torch", "safetensors", "numpy"])
def test_half_precision_is_read(tmp_path, weights, dtype, kind):
    half = {k: v.to(dtype) if v.is_floating_point() else v for k, v in weights.items()}
    path = tmp_path / "net.pt"
    if kind == "safetensors":
        save_file(half, path)
    elif kind == "torch" or dtype == torch.bfloat16:  # which numpy has not
        torch.save({"model": half}, path)
    else:
        torch.save({"model": {k: v.numpy() for k, v in half.items()}}, path)
    network = WaveNet(3, 8, 1, 8, 8)

    load_weights(network, read_checkpoint(path))

    for key, value in network.state_dict().items():
        assert value.dtype == weights[key].dtype
        torch.testing.assert_close(value, half[key].to(value.dtype), rtol=0, atol=0)


def test_half_precision_that_overflowed_is_refused(tmp_path, weights):
    weights["shared.1.bias"][0] = 7e4
    half = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}

    message = r"shared\.1\.bias holds Inf, as float16 is beyond 65504, expected finite"
    with pytest.raises(NonFiniteError, match=message):
        load_weights(
            WaveNet(3, 8, 1, 8, 8),
            read_checkpoint(written(tmp_path / "net.pt", half)),
        )
