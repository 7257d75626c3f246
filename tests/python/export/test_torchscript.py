import hashlib
import math
from datetime import datetime

import pytest
import torch
import xarray as xr

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import read_contract, read_probe
from gwparam.errors import (
    ArgumentError,
    ContractError,
    ModelFileError,
    ShapeError,
)
from gwparam.export import export_model
from gwparam.networks import from_checkpoint


@pytest.fixture
def published(reference_data):
    return reference_data / "wavenet" / "network_wst.pkl"


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_float64_artefact_reproduces_the_published_network(
    published, reference_data, tmp_path
):
    path = tmp_path / "wavenet.pt"
    export_model(published, path, dtype="float64")
    with xr.open_dataset(reference_data / "wavenet" / "io.nc") as data:
        wind, psfc, lat, gwd = (
            torch.tensor(data[name].values) for name in ("wind", "psfc", "lat", "gwd")
        )

    eastward, northward = torch.jit.load(path)(wind, wind, psfc, lat)

    assert (eastward - gwd).abs().max() < 1e-12 * gwd.abs().max()
    assert (northward - gwd).abs().max() < 1e-12 * gwd.abs().max()


def test_dead_level_of_the_published_network_is_reported(published, tmp_path):
    export = export_model(published, tmp_path / "wavenet.pt")

    (warned,) = [promise for promise in export.promises if promise.warning]
    assert "4 of 174 tensors are dead" in warned.measured
    assert warned.warning.endswith(
        "branches.39.0.weight, branches.39.0.bias, "
        "branches.39.2.weight, branches.39.2.bias"
    )


def test_every_promise_is_reported_as_kept(tiny_checkpoint, tmp_path):
    export = export_model(tiny_checkpoint, tmp_path / "tiny.pt")

    assert [promise.what for promise in export.promises] == [
        "eval mode",
        "the same call gives the same bits",
        "batch-mates do not matter",
        "TorchScript equals eager",
        "column program equals the network",
        "every parameter reaches the output",
        "the file reproduces its probe",
        "exported program gives the probe",
    ]
    assert all(promise.kept for promise in export.promises)
    assert not any(promise.warning for promise in export.promises)


def test_contract_says_where_the_network_comes_from(tiny_checkpoint, tmp_path):
    export = export_model(tiny_checkpoint, tmp_path / "tiny.pt")

    contract = read_contract(tmp_path / "tiny.pt")
    assert contract == export.contract
    assert contract.source.architecture == "wavenet"
    assert contract.source.checkpoint == "tiny.safetensors"
    digest = hashlib.sha256(tiny_checkpoint.read_bytes()).hexdigest()
    assert contract.source.sha256 == digest
    assert contract.torch_version == torch.__version__
    assert datetime.fromisoformat(contract.created).utcoffset().total_seconds() == 0


def test_contract_takes_the_description_of_the_checkpoint(tiny_checkpoint, tmp_path):
    contract = export_model(tiny_checkpoint, tmp_path / "tiny.pt").contract

    description = read_checkpoint(tiny_checkpoint).description
    for key in ("name", "citation", "vertical", "training_range", "limits"):
        assert getattr(contract, key) == getattr(description, key)


def test_options_overrule_the_checkpoint(tiny_checkpoint, tmp_path):
    contract = export_model(
        tiny_checkpoint, tmp_path / "tiny.pt", max_tendency=0.02, name="mine"
    ).contract

    assert contract.name == "mine"
    assert [limit.maximum_magnitude for limit in contract.limits] == [0.02, 0.02]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)]
)
def test_precision_goes_through_contract_probe_and_graph(
    tiny_checkpoint, tmp_path, dtype, tolerance
):
    path = tmp_path / "tiny.pt"
    contract = export_model(tiny_checkpoint, path, dtype=dtype).contract

    inputs, outputs = read_probe(path)
    assert contract.probe.tolerance == tolerance
    assert {f.dtype for f in (*contract.inputs, *contract.outputs)} == {dtype}
    assert {str(values.dtype) for values in (inputs | outputs).values()} == {dtype}
    network = torch.jit.load(path)
    assert {p.dtype for p in network.parameters()} == {getattr(torch, dtype)}


def test_probe_is_the_answer_of_the_published_network(tiny_checkpoint, tiny_artefact):
    network = from_checkpoint(read_checkpoint(tiny_checkpoint))
    inputs, outputs = read_probe(tiny_artefact)

    with torch.no_grad():
        answers = network(*(torch.from_numpy(values) for values in inputs.values()))

    for answer, recorded in zip(answers, outputs.values(), strict=True):
        reference = torch.from_numpy(recorded)
        assert (answer - reference).abs().max() < 1e-13 * reference.abs().max()


def test_artefact_does_not_depend_on_its_name(tiny_artefact):
    import zipfile

    with zipfile.ZipFile(tiny_artefact) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}

    assert folders == {"artefact"}


def test_folder_that_is_absent(tiny_checkpoint, tmp_path):
    with pytest.raises(
        ModelFileError, match=r"cannot write .*none/tiny\.pt: no folder"
    ):
        export_model(tiny_checkpoint, tmp_path / "none" / "tiny.pt")


def test_folder_in_place_of_a_file(tiny_checkpoint, tmp_path):
    (tmp_path / "tiny.pt").mkdir()

    with pytest.raises(
        ModelFileError, match=r"cannot write .*tiny\.pt: it is a folder"
    ):
        export_model(tiny_checkpoint, tmp_path / "tiny.pt")


def test_truncated_checkpoint_writes_nothing(tiny_checkpoint, tmp_path):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(tiny_checkpoint.read_bytes()[:-1])

    with pytest.raises(ModelFileError, match=r"cut\.safetensors"):
        export_model(cut, tmp_path / "tiny.pt")

    assert files(tmp_path) == ["cut.safetensors"]


def test_checkpoint_of_another_architecture(reference_data, tmp_path):
    path = reference_data / "ann_cnn" / "ann_cnn_1x1_tiny_safe.pt"

    with pytest.raises(
        ArgumentError, match="architecture is cam, expected wavenet, ann_cnn, "
    ):
        export_model(path, tmp_path / "net.pt", architecture="cam")
    with pytest.raises(ShapeError, match=r"shared\.1\.weight is missing"):
        export_model(path, tmp_path / "net.pt", architecture="wavenet")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "dtype",
            "float16",
            "dtype is float16, expected float32, float64 or bfloat16",
        ),
        ("max_tendency", 0.0, "max_tendency is 0.0, expected more than 0"),
        ("max_tendency", -1.0, "max_tendency is -1.0, expected more than 0"),
        ("max_tendency", math.nan, "max_tendency is nan, expected more than 0"),
    ],
)
def test_option_out_of_range(tiny_checkpoint, tmp_path, option, value, message):
    with pytest.raises(ArgumentError) as caught:
        export_model(tiny_checkpoint, tmp_path / "tiny.pt", **{option: value})

    assert str(caught.value) == message


def test_artefact_without_contract_is_refused(tiny_checkpoint, tmp_path):
    path = tmp_path / "bare.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), path)

    with pytest.raises(ContractError, match="it was not written by gwparam export"):
        read_contract(path)
