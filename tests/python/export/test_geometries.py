"""Exports of stencils, images and fluxes, and what keeps one from appearing."""

import json

import numpy as np
import pytest
import torch
from recipes import (
    ann_cnn,
    attention_unet,
    options,
    published,
    recipe,
    write_json,
)
from weight_formula import weights

from gwparam.checkpoints import read_checkpoint
from gwparam.cli import main
from gwparam.contract import read_contract, read_probe
from gwparam.errors import (
    ArgumentError,
    ContractError,
    GwparamError,
    ModelFileError,
    ShapeError,
)
from gwparam.export import export_model
from gwparam.export.fuse import fuse
from gwparam.export.probe import draw_inputs
from gwparam.networks import from_checkpoint
from gwparam.networks.ann_cnn import AnnCnn

NLEV = 4
# Rounding of float64 where sums run in another order, relative to the largest.
TOLERANCE = 1e-12


def checkpoint(folder, kind):
    path = folder / f"{kind}.ckpt"
    if kind == "image":
        return attention_unet(path, 16, 8), {"grid": "16x32"}
    return ann_cnn(path, 19, 8, {"column": 1, "3x3": 3, "5x5": 5}[kind]), {}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["column", "3x3", "5x5", "image"])
def test_artefact_gives_the_answer_of_the_published_network(tmp_path, kind, dtype):
    path, others = checkpoint(tmp_path, kind)
    given = options(tmp_path, NLEV, **others)

    export = export_model(path, tmp_path / "net.pt", dtype=dtype, options=given)

    assert all(promise.kept for promise in export.promises)
    assert not any(promise.warning for promise in export.promises)
    eager = from_checkpoint(read_checkpoint(path), options=given)
    inputs, outputs = read_probe(tmp_path / "net.pt")
    with torch.no_grad():
        answers = eager(*(torch.from_numpy(v).double() for v in inputs.values()))
    tolerance = export.contract.probe.tolerance
    for answer, recorded in zip(answers, outputs.values(), strict=True):
        difference = np.abs(answer.numpy() - recorded).max()
        assert difference < tolerance * np.abs(recorded).max()


@pytest.mark.parametrize(
    ("kind", "columns", "full", "out"),
    [
        ("column", 16, (16, 4), (16, 4)),
        ("3x3", 16, (16, 4, 3, 3), (16, 4)),
        ("5x5", 16, (16, 4, 5, 5), (16, 4)),
        ("image", 512, (4, 16, 32), (4, 16, 32)),
    ],
)
def test_probe_has_the_shapes_of_the_geometry(tmp_path, kind, columns, full, out):
    path, others = checkpoint(tmp_path, kind)

    contract = export_model(
        path, tmp_path / "net.pt", options=options(tmp_path, NLEV, **others)
    ).contract

    inputs, outputs = read_probe(tmp_path / "net.pt")
    assert contract.probe.columns == columns
    assert inputs["eastward_wind"].shape == full
    assert {values.shape for values in outputs.values()} == {out}


def test_promises_of_an_image_do_not_speak_of_batch_mates(tmp_path):
    path, others = checkpoint(tmp_path, "image")

    export = export_model(
        path, tmp_path / "net.pt", options=options(tmp_path, NLEV, **others)
    )

    assert [promise.what for promise in export.promises] == [
        "eval mode",
        "the same call gives the same bits",
        "TorchScript equals eager",
        "every parameter reaches the output",
        "the file reproduces its probe",
        "exported program gives the probe",
    ]


@pytest.mark.parametrize("kind", ["column", "3x3", "5x5"])
def test_artefact_of_columns_takes_a_batch_of_one(tmp_path, kind):
    path, _ = checkpoint(tmp_path, kind)
    export_model(path, tmp_path / "net.pt", options=options(tmp_path, NLEV))
    inputs, outputs = read_probe(tmp_path / "net.pt")

    results = torch.jit.load(tmp_path / "net.pt")(
        *(torch.from_numpy(values[:1]) for values in inputs.values())
    )

    for result, recorded in zip(results, outputs.values(), strict=True):
        assert result.shape == (1, 4)
        close = np.abs(result.detach().numpy() - recorded[:1]).max()
        assert close <= 1e-5 * np.abs(recorded).max()


@pytest.mark.parametrize("kind", ["3x3", "5x5"])
def test_artefact_of_a_stencil_holds_its_convolutions(tmp_path, kind):
    path, _ = checkpoint(tmp_path, kind)
    export_model(path, tmp_path / "net.pt", options=options(tmp_path, NLEV))

    graph = str(torch.jit.load(tmp_path / "net.pt").inlined_graph)

    assert graph.count("aten::conv2d") == (1 if kind == "3x3" else 2)


def test_draw_of_a_stencil_resembles_its_neighbours(tmp_path):
    path, _ = checkpoint(tmp_path, "3x3")
    network = from_checkpoint(read_checkpoint(path), options=options(tmp_path, NLEV))

    latitude, _, _, wind, *_ = (x.numpy() for x in draw_inputs(network, 400, 1))

    assert latitude.shape == (400, 3, 3)
    assert np.abs(latitude).max() <= 90.0
    spread = (wind - wind.mean(axis=(2, 3), keepdims=True)).std()
    assert 0.1 < spread / wind.std() < 0.3


def test_draw_of_an_image_is_smooth(tmp_path):
    path, others = checkpoint(tmp_path, "image")
    given = options(tmp_path, NLEV, **others)
    network = from_checkpoint(read_checkpoint(path), options=given)

    wind = draw_inputs(network, 1, 1)[0].numpy()

    assert wind.shape == (NLEV, 16, 32)
    for axis in (1, 2):
        assert np.diff(wind, axis=axis).std() < 0.5 * wind.std()


@pytest.mark.parametrize("kind", ["column", "3x3", "5x5", "image"])
def test_fused_network_keeps_its_answer(tmp_path, kind):
    path, others = checkpoint(tmp_path, kind)
    given = options(tmp_path, NLEV, **others)
    network = from_checkpoint(read_checkpoint(path), options=given)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    drawn = draw_inputs(network, 50, 1)

    with torch.no_grad():
        for fused, own in zip(fuse(network)(*drawn), network(*drawn), strict=True):
            assert (fused - own).abs().max() < TOLERANCE * own.abs().max()

    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key])


def test_normalisations_of_an_image_are_folded_away(tmp_path):
    path, others = checkpoint(tmp_path, "image")
    given = options(tmp_path, NLEV, **others)

    fused = fuse(from_checkpoint(read_checkpoint(path), options=given))

    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in fused.modules())


def test_dead_parameters_of_a_stencil_are_named(tmp_path):
    state = weights(AnnCnn(19, 8, stencil=3), 1.5)
    state["output.weight"][:, 3] = 0.0
    state["layer6.weight"][:] = 0.0
    path = published(tmp_path / "dead.ckpt", state)

    export = export_model(path, tmp_path / "net.pt", options=options(tmp_path, NLEV))

    (warned,) = [promise for promise in export.promises if promise.warning]
    assert "conv1.weight, conv1.bias, layer1.weight" in warned.warning


def test_largest_tendency_can_be_said(tmp_path):
    path, _ = checkpoint(tmp_path, "column")

    contract = export_model(
        path,
        tmp_path / "net.pt",
        max_tendency=0.02,
        options=options(tmp_path, NLEV, outside="taper"),
    ).contract

    assert {limit.maximum_magnitude for limit in contract.limits} == {0.02}
    assert contract.vertical.outside == "taper"


WRONG = {
    "checkpoint of other sizes": (ShapeError, {}, "layer2.weight has shape (76, 70)"),
    "scaling without a flux": (
        ContractError,
        {"scaling": "{folder}/short.json"},
        "no ",
    ),
    "no scaling file": (ModelFileError, {"scaling": "{folder}/none.json"}, "No such"),
    "no flux sign": (ArgumentError, {"flux_sign": None}, "expected flux_sign 1|-1"),
    "no levels": (ArgumentError, {"levels": None}, "expected levels FILE"),
    "unknown architecture": (ArgumentError, {}, "architecture is cam, expected"),
    "option of another network": (ArgumentError, {"grid": "16x32"}, "no option of"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_refused_export_leaves_the_older_artefact_and_nothing_else(tmp_path, wrong):
    error, others, message = WRONG[wrong]
    path, _ = checkpoint(tmp_path, "column")
    if wrong == "checkpoint of other sizes":
        state = weights(AnnCnn(19, 8), 1.5)
        state["layer2.weight"] = state["layer2.weight"][:, :70].clone()
        published(path, state)
    short = recipe(NLEV)
    short["variables"].popitem()
    write_json(tmp_path / "short.json", short)
    others = {k: v and v.format(folder=tmp_path) for k, v in others.items()}
    given = options(tmp_path, NLEV, **others)
    folder = tmp_path / "artefacts"
    folder.mkdir()
    (folder / "net.pt").write_text("older")

    with pytest.raises(error) as caught:
        export_model(
            path,
            folder / "net.pt",
            architecture="cam" if wrong == "unknown architecture" else None,
            options=given,
        )

    assert isinstance(caught.value, GwparamError)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [entry.name for entry in folder.iterdir()] == ["net.pt"]
    assert (folder / "net.pt").read_text() == "older"


def test_command_line_hands_every_option_on(capsys, tmp_path):
    path = ann_cnn(tmp_path / "net.ckpt", 15, 4)
    given = options(
        tmp_path,
        NLEV,
        features="uvtheta",
        output_levels="0:2",
        outside="taper",
        temperature="air_potential_temperature",
        flux_sign="-1",
    )
    flags = [
        word
        for name, value in given.items()
        for word in ("--" + name.replace("_", "-"), value)
    ]

    target = str(tmp_path / "net.pt")
    assert main(["export", "--ckpt", str(path), "-o", target, *flags]) == 0
    capsys.readouterr()
    assert main(["inspect", target, "--json"]) == 0

    contract = json.loads(capsys.readouterr().out)
    assert contract["inputs"][-1]["name"] == "air_potential_temperature"
    assert contract["vertical"]["outside"] == "taper"
    assert [flux["sign"] for flux in contract["flux"]] == [-1, -1]
    assert [flux["given_levels"] for flux in contract["flux"]] == [[0, 2], [0, 2]]
    assert read_contract(target).geometry.kind == "column"


def test_inspect_tells_geometry_levels_and_flux(capsys, tmp_path):
    path, others = checkpoint(tmp_path, "image")
    target = tmp_path / "net.pt"
    export_model(path, target, options=options(tmp_path, NLEV, **others))

    assert main(["inspect", str(target)]) == 0

    text = capsys.readouterr().out
    assert "attention_unet, global on 16 x 32 cells" in text
    assert "4 of its own, top first; 100 to 95000 Pa; no drag beyond them" in text
    assert "eastward_momentum_flux_in_pressure_coordinates is u'omega'" in text
