import json
import os
import pickle
import resource
from enum import Enum
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch.distributed import checkpoint as sharded

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ModelFileError
from gwparam.networks.wavenet import WaveNet


@pytest.fixture
def weights():
    return dict(WaveNet(3, 8, 1, 8, 8).state_dict())


def same(one, other):
    return one.keys() == other.keys() and all(
        torch.equal(one[k], other[k]) for k in one
    )


def in_parts(folder, weights, kind="safetensors", count=3):
    """Write a checkpoint of several files, as Hugging Face does; its index."""
    folder.mkdir()
    keys, where = list(weights), {}
    stem = "model" if kind == "safetensors" else "pytorch_model"
    for i in range(count):
        name = f"{stem}-{i + 1:05d}-of-{count:05d}.{kind}"
        part = {key: weights[key] for key in keys[i::count]}
        where |= dict.fromkeys(part, name)
        (save_file if kind == "safetensors" else torch.save)(part, folder / name)
    index = folder / f"{stem}.{kind}.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": where}))
    return index


@pytest.mark.parametrize("kind", ["safetensors", "bin"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_parts_by_their_index_or_folder(tmp_path, weights, kind, prefix):
    named = {prefix + key: value for key, value in weights.items()}
    index = in_parts(tmp_path / "parts", named, kind)

    by_index, by_folder = read_checkpoint(index), read_checkpoint(index.parent)

    assert same(by_index.weights, weights)
    assert same(by_folder.weights, weights)
    assert by_index.sha256 == by_folder.sha256


def test_digest_is_of_all_parts(tmp_path, weights):
    one = read_checkpoint(in_parts(tmp_path / "one", weights))
    weights["branches.1.0.bias"] = weights["branches.1.0.bias"] + 1.0

    assert read_checkpoint(in_parts(tmp_path / "two", weights)).sha256 != one.sha256


def test_one_part_is_refused(tmp_path, weights):
    index = in_parts(tmp_path / "parts", weights)

    with pytest.raises(
        ModelFileError, match=r"one of 3 parts.*model\.safetensors\.index"
    ):
        read_checkpoint(index.parent / "model-00002-of-00003.safetensors")


def test_part_that_is_missing_is_named(tmp_path, weights):
    index = in_parts(tmp_path / "parts", weights)
    (index.parent / "model-00002-of-00003.safetensors").unlink()

    with pytest.raises(
        ModelFileError, match=r"names model-00002-of-00003\.safetensors"
    ):
        read_checkpoint(index)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"a.weight": "../secret.safetensors"}, "expected a file beside it"),
        ({"a.weight": "model-00001-of-00003.safetensors"}, "has no a.weight"),
        ({}, "names no tensors"),
        ("text", "is no index"),
    ],
)
def test_wrong_index_is_refused(tmp_path, weights, where, said):
    index = in_parts(tmp_path / "parts", weights)
    index.write_text(json.dumps({"weight_map": where}))

    with pytest.raises(ModelFileError, match=said):
        read_checkpoint(index)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda w: w,
        lambda w: {"model": w, "epoch": 3},
        lambda w: {"app": {"model": w, "optim": {"lr": torch.ones(1)}}},
        lambda w: {"state_dict": {f"_orig_mod.{k}": v for k, v in w.items()}},
    ],
)
def test_folder_of_distributed_checkpoint(tmp_path, weights, wrap):
    sharded.save(wrap(weights), checkpoint_id=tmp_path / "fsdp", no_dist=True)

    assert same(read_checkpoint(tmp_path / "fsdp").weights, weights)


def test_metadata_of_a_distributed_checkpoint_run_nothing(tmp_path, weights):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    sharded.save(weights, checkpoint_id=tmp_path / "fsdp", no_dist=True)
    (tmp_path / "fsdp" / ".metadata").write_bytes(pickle.dumps(Bomb()))

    with pytest.raises(ModelFileError, match=r"asks for posix.mkdir and could run"):
        read_checkpoint(tmp_path / "fsdp")
    assert not (tmp_path / "ran").exists()


def test_file_of_a_distributed_checkpoint_that_is_missing(tmp_path, weights):
    sharded.save(weights, checkpoint_id=tmp_path / "fsdp", no_dist=True)
    part = next((tmp_path / "fsdp").glob("*.distcp"))
    part.unlink()

    with pytest.raises(ModelFileError, match=f"has no {part.name}, which .metadata na"):
        read_checkpoint(tmp_path / "fsdp")


def test_damaged_file_of_a_distributed_checkpoint_has_a_reason(tmp_path, weights):
    sharded.save(weights, checkpoint_id=tmp_path / "fsdp", no_dist=True)
    part = next((tmp_path / "fsdp").glob("*.distcp"))
    part.write_bytes(b"x" * part.stat().st_size)

    with pytest.raises(ModelFileError, match="fsdp cannot be read: ") as caught:
        read_checkpoint(tmp_path / "fsdp")
    assert "CheckpointException" not in str(caught.value)


def test_metadata_do_not_say_how_much_memory_is_taken(tmp_path, weights):
    sharded.save(weights, checkpoint_id=tmp_path / "fsdp", no_dist=True)
    file = tmp_path / "fsdp" / ".metadata"
    # Protocol 2 names the places of what it keeps, which others count.
    content = pickle.dumps(pickle.loads(file.read_bytes()), protocol=2)
    # Two bytes of protocol; then 1 is put at a place of its choice, and taken away.
    huge = b"K\x01r" + (2**30).to_bytes(4, "little") + b"0"
    file.write_bytes(content[:2] + huge + content[2:])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    some = pages * resource.getpagesize() + (1 << 30)

    resource.setrlimit(resource.RLIMIT_AS, (some, limits[1]))
    try:
        found = read_checkpoint(tmp_path / "fsdp").weights
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)

    assert same(found, weights)


class OfPython3110(pickle._Pickler):
    """Pickles members of enumerations as Python 3.11.0 to 3.11.3 do."""

    def reducer_override(self, value):
        return (
            (getattr, (type(value), value.name))
            if isinstance(value, Enum)
            else NotImplemented
        )


@pytest.mark.parametrize("protocol", [2, 4])
def test_metadata_of_another_python_are_read(tmp_path, weights, protocol):
    sharded.save(weights, checkpoint_id=tmp_path / "fsdp", no_dist=True)
    file = tmp_path / "fsdp" / ".metadata"
    metadata = pickle.loads(file.read_bytes())
    with file.open("wb") as out:
        OfPython3110(out, protocol).dump(metadata)
    assert b"getattr" in file.read_bytes()

    assert same(read_checkpoint(tmp_path / "fsdp").weights, weights)


def test_tensor_larger_than_all_files_is_refused(tmp_path, weights):
    sharded.save(weights, checkpoint_id=tmp_path / "fsdp", no_dist=True)
    part = next((tmp_path / "fsdp").glob("*.distcp"))
    part.write_bytes(part.read_bytes()[:8])

    with pytest.raises(
        ModelFileError, match=r"bytes in .*metadata, expected at most 8"
    ):
        read_checkpoint(tmp_path / "fsdp")


def test_our_own_training_folder(tmp_path, tiny_checkpoint):
    folder = tmp_path / "training"
    folder.mkdir()
    (folder / "network.safetensors").write_bytes(tiny_checkpoint.read_bytes())
    (folder / "training.ckpt").write_bytes(b"state")

    read = read_checkpoint(folder)

    assert read.path == folder / "network.safetensors"
    assert same(read.weights, read_checkpoint(tiny_checkpoint).weights)


def test_training_that_has_not_ended(tmp_path):
    (tmp_path / "training.ckpt").write_bytes(b"state")

    with pytest.raises(ModelFileError, match=r"has not ended.*finetune --resume"):
        read_checkpoint(tmp_path)


def test_folder_with_several_or_none(tmp_path, weights):
    with pytest.raises(ModelFileError, match="holds nothing, expected one checkpoint"):
        read_checkpoint(tmp_path)
    for name in ("a.pt", "b.pt"):
        torch.save(weights, tmp_path / name)
    with pytest.raises(ModelFileError, match=r"holds a.pt, b.pt, expected one"):
        read_checkpoint(tmp_path)
