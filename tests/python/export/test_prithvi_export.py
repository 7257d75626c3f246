import pytest
import torch
import xarray as xr
from prithvi_small import GRID, checkpoint, options, recipe
from recipes import linear, write_json

from gwparam import load_scheme
from gwparam.checkpoints import read_checkpoint
from gwparam.cli import main
from gwparam.contract import Mask, read_contract, read_probe
from gwparam.errors import ArgumentError
from gwparam.export import export_model
from gwparam.export.precision import run_published
from gwparam.export.probe import draw_inputs
from gwparam.networks import base, from_checkpoint

# As data/prithvi_gw/README.md suggests for float32.
FIXTURE_TOLERANCE = 3e-4
# Weights in float64 and float32: computed in float32, relative to the largest output.
DTYPES = {torch.float64: 3e-5, torch.float32: 3e-5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("prithvi")


@pytest.fixture(scope="module")
def alive(folder):
    return checkpoint(folder / "alive.pt")


@pytest.fixture(scope="module")
def dead(folder):
    return checkpoint(folder / "dead.pt", dead=True)


def export(path, folder, **arguments):
    others = arguments.pop("others", {})
    return export_model(
        path, folder / "net.pt", options=options(folder, **others), **arguments
    )


def promise(export, what):
    return next(p for p in export.promises if p.what == what)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_promise_of_the_artefact_is_kept(alive, folder, dtype):
    made = export(alive, folder, dtype=dtype)

    assert [p.what for p in made.promises] == [
        "eval mode",
        "the same call gives the same bits",
        "TorchScript equals eager",
        "every parameter reaches the output",
        "the file reproduces its probe",
        "exported program gives the probe",
    ]
    contract = read_contract(made.path)
    assert contract == made.contract
    assert contract.geometry.kind == "global"
    assert contract.image_shape == GRID
    assert contract.compute_dtype is None
    assert contract.source.architecture == "prithvi_gw"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_artefact_reproduces_expected_prithvi_fewlev(reference_data, tmp_path, dtype):
    dataset = reference_data / "dataset"
    (training,) = (dataset / "prithvi_fewlev").glob("*.nc")
    # The training fields are normalised already.
    usual = recipe()["variables"]
    same = {name: linear(value["units"], 0.0, 1.0) for name, value in usual.items()}
    scaling = {"scaling_version": 1, "variables": same}
    given = {
        "grid": str(training),
        "levels": str(write_json(tmp_path / "host.json", {"kind": "host", "nlev": 4})),
        "scaling": str(write_json(tmp_path / "same.json", scaling)),
        "flux_quantity": "omega",
        "flux_sign": "1",
    }
    ckpt = reference_data / "prithvi_gw" / "tiny_state_dict_ddp.pt"

    made = export_model(ckpt, tmp_path / "net.pt", dtype=dtype, options=given)

    network = torch.jit.load(made.path)
    with (
        xr.open_dataset(training, decode_times=False) as data,
        xr.open_dataset(dataset / "expected_prithvi_fewlev.nc") as known,
    ):
        names = ("eastward_wind", "northward_wind", "air_temperature", "air_pressure")
        for i in range(data.sizes["time"]):
            blocks = data["features"][i, 3:].values.astype(dtype).reshape(4, 4, 16, 32)
            fields = dict(zip(names, map(torch.from_numpy, blocks), strict=True))
            with torch.no_grad():
                result = network(*(fields[f.name] for f in made.contract.inputs))
            expected = torch.from_numpy(known["prediction64"][i].values)
            # The fixture's sines and cosines are rounded to float32 in either case.
            assert (torch.cat(result) - expected).abs().max() < FIXTURE_TOLERANCE


def test_weights_that_never_matter_are_explained(alive, folder):
    checked = promise(export(alive, folder), "every parameter reaches the output")

    assert checked.measured.startswith("3 of ")
    assert checked.warning == (
        "these parameters never reach the output: "
        "model.input_time_embedding.weight: this time is 0, as published; "
        "model.lead_time_embedding.weight: this time is 0, as published; "
        "model.mask_token: no token is hidden"
    )


def test_mask_is_frozen_into_the_artefact(alive, folder):
    half = {"mask_ratio": "0.5", "mask_seed": "3"}
    made = export(alive, folder, others=half, dtype="float64")

    inputs, outputs = read_probe(made.path)
    tensors = [torch.from_numpy(values) for values in inputs.values()]
    torch.manual_seed(99)
    result = torch.jit.load(made.path)(*tensors)
    for values, recorded in zip(result, outputs.values(), strict=True):
        assert torch.equal(values, torch.from_numpy(recorded))
    checked = promise(made, "every parameter reaches the output")
    assert "mask_token" not in checked.warning


def test_bfloat16_weights_keep_float32_fields(alive, folder, capsys):
    single = export(alive, folder).path.stat().st_size

    made = export(alive, folder, dtype="bfloat16")

    contract = read_contract(made.path)
    assert contract.compute_dtype == "bfloat16"
    assert {f.dtype for f in (*contract.inputs, *contract.outputs)} == {"float32"}
    inputs, outputs = read_probe(made.path)
    assert {v.dtype.name for v in (inputs | outputs).values()} == {"float32"}
    network = torch.jit.load(made.path)
    assert {p.dtype for p in network.parameters()} == {torch.bfloat16}
    scaling = [b for name, b in network.named_buffers() if "normalise" in name]
    assert {b.dtype for b in scaling} == {torch.float32}
    assert made.path.stat().st_size < single


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_large_network_keeps_the_same_promises(alive, folder, monkeypatch, dtype):
    usual = export(alive, folder, dtype=dtype)
    inputs, outputs = read_probe(usual.path)

    monkeypatch.setattr(base, "LARGE", 0)
    made = export(alive, folder, dtype=dtype)

    assert [p.kept for p in made.promises] == [True] * 5
    assert made.promises[3].warning == usual.promises[3].warning
    again, answers = read_probe(made.path)
    for name, values in (inputs | outputs).items():
        assert ((again | answers)[name] == values).all()


def test_large_network_is_compared_in_float32(alive, folder, monkeypatch):
    network = from_checkpoint(read_checkpoint(alive), options=options(folder))
    columns = draw_inputs(network, 1, 1)
    reference = run_published(network, columns)
    single = [field.float() for field in columns]

    monkeypatch.setattr(base, "LARGE", 0)
    results = {dtype: run_published(network.to(dtype), single) for dtype in DTYPES}

    for dtype, result in results.items():
        assert {field.dtype for field in result} == {torch.float32}
        for value, exact in zip(result, reference, strict=True):
            worst = (value - exact).abs().max() / exact.abs().max()
            assert worst < DTYPES[dtype]


def test_bfloat16_is_refused_where_a_network_does_not_know_it(
    tiny_checkpoint, tmp_path
):
    with pytest.raises(ArgumentError) as caught:
        export_model(tiny_checkpoint, tmp_path / "net.pt", dtype="bfloat16")

    assert str(caught.value) == (
        "dtype is bfloat16, expected float32 or float64 for wavenet"
    )
    assert list(tmp_path.iterdir()) == []


def test_dead_backbone_is_said_in_plain_words(dead, folder):
    checked = promise(export(dead, folder), "every parameter reaches the output")

    assert checked.warning.startswith(
        "these parameters never reach the output: model.*"
    )
    assert checked.warning.endswith(
        "model.output_scalers is all zero, so the foundation model adds nothing and "
        "the network is a plain convolutional one; the option drop_dead_backbone "
        "leaves it out"
    )


def test_dead_backbone_is_dropped_and_the_result_verified_equal(dead, folder):
    whole = export(dead, folder, dtype="float64")
    size = whole.path.stat().st_size
    _, reference = read_probe(whole.path)

    made = export(dead, folder, dtype="float64", others={"drop_dead_backbone": True})

    assert promise(made, "TorchScript equals eager").kept
    assert "the artefact leaves it out" in made.promises[3].warning
    _, outputs = read_probe(made.path)
    for name, values in outputs.items():
        assert (values == reference[name]).all()
    assert made.path.stat().st_size < 0.6 * size
    names = [name for name, _ in torch.jit.load(made.path).named_parameters()]
    assert not any(".model." in name for name in names)


def test_living_backbone_is_not_dropped_and_no_file_appears(alive, tmp_path):
    with pytest.raises(ArgumentError, match="expected none in a backbone to drop"):
        export(alive, tmp_path, others={"drop_dead_backbone": True})

    assert not (tmp_path / "net.pt").exists()


def test_inspect_says_what_it_computes_in(alive, folder, capsys):
    made = export(alive, folder, dtype="bfloat16")

    assert main(["inspect", str(made.path)]) == 0

    assert "computes in   bfloat16" in capsys.readouterr().out


def test_lead_time_and_mask_are_in_the_contract_and_the_library_takes_them(
    alive, folder
):
    told = {"lead_time": "6", "mask_seed": "3", "mask_ratio": "0.5"}

    made = export(alive, folder, others=told)

    contract = read_contract(made.path)
    assert contract.lead_time == 21600.0
    assert contract.mask == Mask(0.5, 3)
    with load_scheme(made.path):
        pass
    assert export(alive, folder).contract.lead_time == 0.0
