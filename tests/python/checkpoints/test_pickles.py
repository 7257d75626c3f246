import argparse
import datetime
import pickle
import sys
import types
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch
from torch import nn

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ModelFileError
from gwparam.networks.wavenet import WaveNet


@pytest.fixture
def weights():
    return WaveNet(3, 8, 1, 8, 8).state_dict()


@pytest.mark.parametrize(
    "harmless",
    [
        np.bool_(True),
        np.str_("note"),
        np.float16(1.0),
        np.datetime64("2001-01-01"),
        np.array(["a", "b"]),
        np.array([True]),
        np.zeros(2, dtype=[("a", "f4"), ("b", "i8")]),
        np.zeros(3, dtype=">f8"),
        argparse.Namespace(lr=0.1, path=Path("x")),
        PurePosixPath("/data"),
        datetime.datetime(2001, 1, 1),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_holds_no_code_is_read(tmp_path, weights, harmless, zipped):
    path = tmp_path / "net.pt"
    content = {"state_dict": weights, "beside": harmless}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)

    assert list(read_checkpoint(path).weights) == list(weights)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_plain_pickle_only_if_allowed(tmp_path, weights, protocol):
    path = tmp_path / "net.pkl"
    path.write_bytes(pickle.dumps({"model": dict(weights)}, protocol=protocol))

    with pytest.raises(ModelFileError, match="is a plain pickle") as caught:
        read_checkpoint(path)
    assert caught.value.settings == ("allow_pickle",)
    found = read_checkpoint(path, allow_pickle=True).weights
    assert all(torch.equal(found[key], weights[key]) for key in weights)


def test_whole_module_is_read_where_its_class_is_there(tmp_path, weights):
    network = WaveNet(3, 8, 1, 8, 8)
    path = tmp_path / "net.pt"
    torch.save(network, path)

    with pytest.raises(
        ModelFileError, match=r"asks for .*WaveNet and could run anything"
    ):
        read_checkpoint(path)
    assert list(read_checkpoint(path, allow_pickle=True).weights) == list(weights)


@pytest.mark.parametrize("absent", ["class", "module"])
@pytest.mark.parametrize("plain", [True, False])
def test_whole_module_without_its_class_says_what_is_missing(
    tmp_path, monkeypatch, absent, plain
):
    theirs = types.ModuleType("their_networks")
    theirs.Net = type("Net", (nn.Linear,), {"__module__": "their_networks"})
    monkeypatch.setitem(sys.modules, "their_networks", theirs)
    path = tmp_path / "net.pkl"
    if plain:
        path.write_bytes(pickle.dumps(theirs.Net(2, 2)))
    else:
        torch.save(theirs.Net(2, 2), path)
    if absent == "class":
        del theirs.Net
    else:
        monkeypatch.delitem(sys.modules, "their_networks")

    with pytest.raises(ModelFileError) as caught:
        read_checkpoint(path, allow_pickle=True)

    what = "their_networks.Net" if absent == "class" else "the module their_networks"
    assert f"asks for {what}, which is not here" in str(caught.value)


def test_another_zip_archive_is_named(tmp_path):
    np.savez(tmp_path / "net.npz", a=np.ones(2), b=np.ones(2))

    with pytest.raises(ModelFileError) as caught:
        read_checkpoint(tmp_path / "net.npz")

    assert str(caught.value) == (
        f"{tmp_path / 'net.npz'} is a zip archive with a.npy, b.npy, expected one of "
        "torch.save"
    )
