"""Training files of another normalisation than that of the network's recipe."""

import json

import numpy as np
import pytest
import recipes
import torch
import xarray as xr
from answers import answer

from gwparam.checkpoints import save_checkpoint
from gwparam.cli import main
from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.scaling_recipe import NAMED

NAME = "era5-gw-2024"
NLEV, NLAT, NLON, NTIME = 6, 8, 16, 10
WINDS = {"eastward_wind": (6.4, 22.0), "northward_wind": (0.02, 9.8)}


def published():
    return json.loads(NAMED[NAME].read_text())["variables"]


def with_winds_over(deviations):
    """The published normalisation, but for winds over this many deviations."""
    variables = published()
    for name in WINDS:
        variables[name]["standard_deviation"] *= deviations / 3.0
    return variables


def physical():
    """Fields as (time, level, lat, lon); winds grow upward, together as in training."""
    random = np.random.default_rng(5)
    shape = (NTIME, NLEV, NLAT, NLON)
    level = np.arange(NLEV)[:, None, None]
    fields = {}
    for name, (mean, deviation) in WINDS.items():
        values = random.normal(size=shape) * 1.5 ** (-level)
        values = (values - values.mean()) / values.std()
        fields[name] = mean + deviation * values
    theta = np.geomspace(900.0, 290.0, NLEV)[:, None, None]
    fields["air_potential_temperature"] = theta + random.normal(0.0, 3.0, shape)
    fields["upward_air_velocity"] = random.normal(0.0, 0.01, shape)
    for name in recipes.FLUXES:
        fields[name] = random.normal(0.0, 0.005, shape)
    return fields


def normalised(values, how):
    if how["transform"] == "cube_root":
        values = np.cbrt((values - how["offset"]) / how["scale"])
    return (values - how["mean"]) / how["standard_deviation"]


def file(path, variables):
    """Write a training file in a normalisation."""
    fields = {k: normalised(v, variables[k]) for k, v in physical().items()}
    lat, lon = np.linspace(-78.75, 78.75, NLAT), np.arange(NLON) * 360.0 / NLON
    place = np.broadcast_arrays(lat[:, None] / 90.0, lon / 360.0, 0.1)
    place = np.broadcast_to(np.stack(place), (NTIME, 3, NLAT, NLON))
    *seen, east, north = fields.values()
    dims = ("lat", "lon")
    data = {
        "features": (("time", "idim", *dims), np.concatenate((place, *seen), axis=1)),
        "output": (("time", "odim", *dims), np.concatenate((east, north), axis=1)),
    }
    time = ("time", np.arange(NTIME), {"units": "hours since 2010-01-01"})
    xr.Dataset(data, {"time": time, "lat": lat, "lon": lon}).to_netcdf(path)
    return path


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Options of an export, as words."""
    levels = tmp_path_factory.mktemp("levels") / "levels.json"
    recipes.write_json(levels, recipes.levels(NLEV))
    return ["--scaling", NAME, "--vertical-velocity", "w", "--levels", str(levels),
            "--flux-quantity", "omega", "--flux-sign", "1"]  # fmt: skip


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    torch.manual_seed(2)
    path = tmp_path_factory.mktemp("network") / "ann.safetensors"
    network = AnnCnn(3 + 4 * NLEV, 2 * NLEV, hdim=8, depth=2)
    save_checkpoint(path, network.state_dict())
    return path


@pytest.fixture(scope="module")
def artefact(checkpoint, known):
    path = checkpoint.with_suffix(".pt")
    options = [*known, "--max-tendency", "1e9", "-o", str(path)]
    assert main(["export", "--ckpt", str(checkpoint), *options]) == 0
    return path


def run(command, data, artefact, folder, known):
    """Run a command on a training file."""
    scaling, to = ("--scaling", NAME), ("-o", folder / "out")
    words = [artefact, data, *scaling]
    if command == "evaluate":
        words = [artefact, "--truth", data, *scaling, *to, "--no-report"]
    elif command == "finetune":
        pretrained = artefact.with_suffix(".safetensors")
        words = ["--arch", "ann_cnn", "--pretrained", pretrained, "--data", data, *to,
                 "--epochs", "1", "--size", "hdim=8", "--size", "depth=2",
                 *known]  # fmt: skip
    status, found = answer(command, *words)
    assert status == 0, found


COMMANDS = ["replay", "evaluate", "finetune"]


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_said_of_the_published_normalisation(
    command, artefact, known, tmp_path, capsys
):
    data = file(tmp_path / "data.nc", published())

    run(command, data, artefact, tmp_path, known)

    assert "normalisation" not in capsys.readouterr().err


@pytest.mark.parametrize("deviations", [1.0, 9.0])
@pytest.mark.parametrize("command", COMMANDS)
def test_another_normalisation_of_winds_is_said(
    command, deviations, artefact, known, tmp_path, capsys
):
    data = file(tmp_path / "data.nc", with_winds_over(deviations))

    run(command, data, artefact, tmp_path, known)

    lines = [n for n in capsys.readouterr().err.splitlines() if "normalisation" in n]
    assert len(lines) == len(WINDS)
    for line, name in zip(lines, WINDS, strict=True):
        assert name in line
        assert f"spread {3.0 / deviations:.2g} times that of training" in line


@pytest.mark.parametrize("command", ["replay", "evaluate"])
def test_another_normalisation_of_temperature_is_refused(
    command, artefact, known, tmp_path, capsys
):
    variables = published()
    variables["air_potential_temperature"] |= {"mean": 450.0, "standard_deviation": 200}
    data = file(tmp_path / "data.nc", variables)
    truth = ["--truth"] if command == "evaluate" else []
    to = ["-o", str(tmp_path / "out")] if truth else []

    status = main([command, str(artefact), *truth, str(data), *to, "--scaling", NAME])

    assert status == 2
    assert "expected at least 50 K" in capsys.readouterr().err


def test_a_recipe_that_says_nothing_of_training_is_said(
    checkpoint, known, tmp_path, capsys
):
    variables = published()
    for name in WINDS:
        del variables[name]["training"]
    recipe = recipes.write_json(
        tmp_path / "recipe.json", {"scaling_version": 1, "variables": variables}
    )
    data, path = file(tmp_path / "data.nc", variables), str(tmp_path / "ann.pt")
    options = [*known, "--scaling", str(recipe), "--max-tendency", "1e9", "-o", path]
    assert main(["export", "--ckpt", str(checkpoint), *options]) == 0
    capsys.readouterr()

    assert main(["replay", path, str(data), "--scaling", str(recipe)]) == 0

    assert "does not say what they were like in training" in capsys.readouterr().out
