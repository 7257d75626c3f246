"""What ranks of FSDP write by ``torch.save``: all of a tensor, or a part of it."""

import subprocess
import sys

import pytest
import torch

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ModelFileError

WHOLE = torch.arange(12.0).reshape(4, 3)

# One process that believes to be the first of several; no messages are sent.
RANK = """
import sys
import torch
import torch.distributed as distributed
from torch.distributed._shard.sharded_tensor import Shard as Piece, ShardedTensor
from torch.distributed._shard.sharded_tensor.metadata import ShardedTensorMetadata
from torch.distributed._shard.metadata import ShardMetadata
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard
from torch.testing._internal.distributed.fake_pg import FakeStore

kind, ranks, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
distributed.init_process_group("fake", rank=0, world_size=ranks, store=FakeStore())
mesh = init_device_mesh("cpu", (ranks,))
whole = torch.arange(12.0).reshape(4, 3)
part = whole.chunk(ranks)[0].clone()
if kind == "sharded":
    pieces = [
        ShardMetadata([4 // ranks * n, 0], list(part.shape), f"rank:{n}/cpu")
        for n in range(ranks)
    ]
    known = ShardedTensorMetadata(pieces, whole.shape)
    made = ShardedTensor._init_from_local_shards_and_global_metadata(
        [Piece(part, pieces[0])], known
    )
else:
    placement = {"shard": Shard(0), "partial": Partial(), "copy": Replicate()}[kind]
    local = part if kind == "shard" else whole
    made = DTensor.from_local(local, mesh, [placement], run_check=False)
torch.save({"model": {"linear.weight": made, "linear.bias": torch.ones(4)}}, path)
"""


@pytest.fixture
def saved(tmp_path):
    """A checkpoint that the first of so many ranks has saved."""

    def save(kind, ranks):
        path = tmp_path / "rank.pt"
        words = [sys.executable, "-P", "-c", RANK, kind, str(ranks), str(path)]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
        return path

    return save


@pytest.mark.parametrize(("kind", "ranks"), [("shard", 1), ("copy", 2)])
def test_all_of_a_tensor_is_read(saved, kind, ranks):
    weights = read_checkpoint(saved(kind, ranks)).weights

    assert {type(value) for value in weights.values()} == {torch.Tensor}
    assert torch.equal(weights["linear.weight"], WHOLE)
    assert torch.equal(weights["linear.bias"], torch.ones(4))


@pytest.mark.parametrize(("kind", "shape"), [("shard", "2, 3"), ("partial", "4, 3")])
def test_a_part_of_a_tensor_is_refused_by_name(saved, kind, shape):
    message = rf"model.linear.weight is one rank's part \({shape}\) of a DTensor \(4, 3"

    with pytest.raises(ModelFileError, match=message):
        read_checkpoint(saved(kind, 2))


@pytest.mark.parametrize("allow_pickle", [False, True])
@pytest.mark.parametrize("ranks", [1, 2])
def test_sharded_tensors_are_refused_by_name(saved, ranks, allow_pickle):
    with pytest.raises(ModelFileError, match="ShardedTensor"):
        read_checkpoint(saved("sharded", ranks), allow_pickle=allow_pickle)


def test_another_kind_of_tensor_is_refused_by_name(tmp_path):
    path = tmp_path / "kind.pt"
    torch.save({"weight": Scaled(torch.ones(3))}, path)

    with pytest.raises(ModelFileError, match="weight is a Scaled, expected a plain"):
        read_checkpoint(path, allow_pickle=True)


class Scaled(torch.Tensor):
    """As quantised tensors are: their numbers are not their values."""
