"""Damaged checkpoints raise errors of gwparam, and nothing else.

Corpus: one small network in every format; seed 20240919; 40 mutations a format and
kind, 300 nested containers; about 10 s in all.
"""

import pickle
import random
import warnings

import pytest
import torch
from safetensors.torch import save_file
from torch.distributed import checkpoint as sharded

from gwparam.checkpoints import load_weights, read_checkpoint
from gwparam.errors import GwparamError
from gwparam.networks.wavenet import WaveNet

SEED, TIMES = 20240919, 40


def zipped(folder, weights):
    torch.save({"state_dict": weights, "means": torch.ones(3)}, folder / "net.pt")
    return folder / "net.pt", folder / "net.pt"


def old(folder, weights):
    path = folder / "net.pt"
    torch.save(weights, path, _use_new_zipfile_serialization=False)
    return path, path


def plain(folder, weights):
    path = folder / "net.pkl"
    path.write_bytes(pickle.dumps({key: v.numpy() for key, v in weights.items()}))
    return path, path


def safe(folder, weights):
    path = folder / "net.safetensors"
    save_file(weights, path, {"gwparam_options": '{"a": "b"}', "gwparam": "{}"})
    return path, path


def parts(folder, weights):
    save_file(weights, folder / "model-00001-of-00001.safetensors")
    where = ", ".join(f'"{key}": "model-00001-of-00001.safetensors"' for key in weights)
    index = folder / "model.safetensors.index.json"
    index.write_text(f'{{"weight_map": {{{where}}}}}')
    return index, index


def metadata(folder, weights):
    sharded.save(weights, checkpoint_id=folder / "fsdp", no_dist=True)
    return folder / "fsdp", folder / "fsdp" / ".metadata"


def truncated(draw, content):
    return content[: draw.randrange(len(content))]


def flipped(draw, content):
    damaged = bytearray(content)
    # Where the structure is: most of a file is weights, of which any bits will do.
    end = draw.choice((64, 2048, len(damaged)))
    for _ in range(draw.choice((1, 8, 64))):
        place = draw.randrange(min(end, len(damaged)))
        damaged[-place - 1 if draw.random() < 0.3 else place] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def repeated(draw, content):
    first, second = sorted(draw.randrange(len(content)) for _ in range(2))
    return content[:second] + content[first:]


def read(path):
    """What an export does before it builds a network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load_weights(WaveNet(3, 8, 1, 8, 8), read_checkpoint(path))
        except GwparamError as error:
            return str(error)
    return ""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("write", [zipped, old, plain, safe, parts, metadata])
@pytest.mark.parametrize("damage", [truncated, flipped, repeated])
def test_damaged_file(tmp_path, write, damage):
    path, damaged = write(tmp_path, WaveNet(3, 8, 1, 8, 8).state_dict())
    content = damaged.read_bytes()
    draw = random.Random(f"{SEED} {write.__name__} {damage.__name__}")

    errors = set()
    for _ in range(TIMES):
        # Replaced, not overwritten: the last one is still mapped.
        damaged.unlink()
        damaged.write_bytes(damage(draw, content))
        errors.add(read(path))

    assert errors - {""}


KEYS = ("model", "net", "state_dict", "ema", "optimizer", "module", "n_averaged", "x")


def container(draw, weights, depth=0):
    """Nest parts of a state dict, and other things, under names that scripts use."""
    kind = draw.randrange(8 if depth < 5 else 3)
    if kind == 0:
        return draw.choice((None, 1, "text", [], {}, (1, 2), torch.zeros(()), b"\x00"))
    if kind in (1, 2):
        prefix = draw.choice(("", "module.", "_orig_mod.", "ema_model.", "criterion."))
        keys = draw.sample(list(weights), draw.choice((1, 3, len(weights))))
        return {prefix + key: weights[key] for key in keys}
    keys = draw.sample((*KEYS, 3, (1, "a")), draw.randrange(1, 4))
    return {key: container(draw, weights, depth + 1) for key in keys}


@pytest.mark.filterwarnings("ignore")
def test_things_nested_in_any_way(tmp_path):
    weights = WaveNet(3, 8, 1, 8, 8).state_dict()
    draw = random.Random(SEED)
    outcomes = []
    for i in range(300):
        path = tmp_path / f"{i}.pt"
        torch.save(container(draw, weights), path)
        outcomes.append(read(path))

    assert "" in outcomes
    assert len(set(outcomes)) > 20
