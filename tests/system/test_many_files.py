"""States in several files, whatever the order of their columns, in every command."""

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from safetensors.torch import load_file

from gwparam.cli import main

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
STATES = SAMPLE / "sample_states.nc"


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    path = tmp_path_factory.mktemp("artefact") / "wavenet.pt"
    checkpoint = SAMPLE / "wavenet_ad99.safetensors"
    assert main(["export", "--ckpt", str(checkpoint), "-o", str(path)]) == 0
    return path


def states():
    with xr.open_dataset(STATES, decode_times=False) as file:
        return file.load()


def flipped(whole):
    """A second file from north to south."""
    first, second = whole.isel(time=[0]), whole.isel(time=[1])
    return {"jan.nc": first, "jul.nc": second.isel(lat=slice(None, None, -1))}


def rolled(whole):
    """A second file that begins at another longitude, counted from -180 to 180."""
    first, second = whole.isel(time=[0]), whole.isel(time=[1])
    degrees = (second.lon.values + 180.0) % 360.0 - 180.0
    second = second.assign_coords(lon=("lon", degrees, second.lon.attrs))
    return {"jan.nc": first, "jul.nc": second.sortby("lon")}


def tiled(whole):
    """Tiles as FMS writes them: rows 1 to 5 and 6 to 32, 3 columns and 5."""
    parts = [(r, c) for r in ((0, 5), (5, 32)) for c in ((0, 3), (3, 8))]
    return {
        f"atmos.nc.{number:04d}": whole.isel(lat=slice(*rows), lon=slice(*columns))
        for number, (rows, columns) in enumerate(parts)
    }


ARRANGEMENTS = [flipped, rolled, tiled]


@pytest.fixture
def arrange(tmp_path):
    """Write states in some files; their paths, the last first."""

    def write(arrangement):
        with xr.set_options(keep_attrs=True):
            files = arrangement(states())
        for name, data in files.items():
            data.to_netcdf(tmp_path / name)
        return [str(tmp_path / name) for name in reversed(files)]

    return write


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_replay_writes_to_the_right_places(
    artefact, arrange, arrangement, tmp_path, capsys
):
    paths = {"one": [str(STATES)], "many": arrange(arrangement)}
    scores = []
    for name, files in paths.items():
        output = ["-o", str(tmp_path / f"{name}.nc"), "--json"]
        assert main(["replay", str(artefact), *files, *output]) == 0
        scores.append(json.loads(capsys.readouterr().out))

    np.testing.assert_equal(scores[0]["variables"], scores[1]["variables"])
    with (
        netCDF4.Dataset(tmp_path / "one.nc") as one,
        netCDF4.Dataset(tmp_path / "many.nc") as many,
    ):
        assert one.variables.keys() == many.variables.keys()
        for name in one.variables:
            np.testing.assert_array_equal(one[name][:], many[name][:], err_msg=name)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_evaluate_scores_as_of_one_file(artefact, arrange, arrangement, tmp_path):
    found = []
    for files in ([str(STATES)], arrange(arrangement)):
        words = ["evaluate", str(artefact), "--truth", *files, "--no-report"]
        assert main([*words, "-o", str(tmp_path / "scores")]) == 0
        with xr.open_dataset(tmp_path / "scores" / "evaluation.nc") as data:
            found.append(data.load())

    # Sums over the columns in another order.
    xr.testing.assert_allclose(*found, rtol=1e-12, atol=1e-20)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_finetune_learns_the_same(arrange, arrangement, tmp_path):
    weights = []
    for number, files in enumerate(([str(STATES)], arrange(arrangement))):
        run = tmp_path / str(number)
        words = ["finetune", "--arch", "wavenet", "--threads", "1", "--epochs", "1"]
        words += ["--batch", "64", "--split", "1:1", "-o", str(run), "--data", *files]
        assert main(words) == 0
        weights.append(load_file(run / "network.safetensors"))

    for name, values in weights[0].items():
        np.testing.assert_array_equal(values, weights[1][name], err_msg=name)


def twice(whole):
    """A time twice in a file."""
    times = np.array([15.0, 15.0])
    return {"a.nc": whole.assign_coords(time=("time", times, whole.time.attrs))}


def overlapping(whole):
    """Two files that have a time in common."""
    return {"a.nc": whole, "b.nc": whole.isel(time=[1])}


def interleaved(whole):
    """A file whose time lies between those of another."""
    between = whole.isel(time=[0])
    return {
        "a.nc": whole,
        "b.nc": between.assign_coords(time=("time", [40.0], whole.time.attrs)),
    }


@pytest.mark.parametrize(
    ("arrangement", "time"),
    [
        (twice, "0001-01-16 00:00:00"),
        (overlapping, "0001-07-17 00:00:00"),
        (interleaved, "0001-02-10 00:00:00"),
    ],
)
@pytest.mark.parametrize("command", ["replay", "evaluate", "finetune"])
def test_every_time_counts_once(
    artefact, arrange, arrangement, time, command, tmp_path, capsys
):
    files = arrange(arrangement)
    words = {
        "replay": [str(artefact), *files],
        "evaluate": [str(artefact), "--truth", *files, "-o", str(tmp_path / "out")],
        "finetune": [
            "--arch",
            "wavenet",
            "-o",
            str(tmp_path / "out"),
            "--data",
            *files,
        ],
    }

    assert main([command, *words[command]]) == 2

    said = capsys.readouterr().err
    assert time in said
    assert "expected every time once" in said
    assert all(path in said for path in files)


@pytest.mark.parametrize("command", ["replay", "evaluate", "finetune"])
def test_other_columns_are_refused_by_name(
    artefact, arrange, command, tmp_path, capsys
):
    def moved(whole):
        first, second = whole.isel(time=[0]), whole.isel(time=[1])
        return {"a.nc": first, "b.nc": second.assign_coords(lon=second.lon + 1.0)}

    files = arrange(moved)
    words = {
        "replay": [str(artefact), *files],
        "evaluate": [str(artefact), "--truth", *files, "-o", str(tmp_path / "out")],
        "finetune": [
            "--arch",
            "wavenet",
            "-o",
            str(tmp_path / "out"),
            "--data",
            *files,
        ],
    }

    assert main([command, *words[command]]) == 2

    said = capsys.readouterr().err
    assert f"{files[0]} has another grid than {files[1]}: " in said
    assert "longitude 1 to 316 along lon (8), expected" in said


@pytest.mark.parametrize(("factor", "agrees"), [(1.0, True), (3.0, False)])
def test_states_unlike_those_of_training_are_told(
    artefact, tmp_path, capsys, factor, agrees
):
    path = tmp_path / "states.nc"
    with xr.set_options(keep_attrs=True):
        states().assign(u=states().u * factor).to_netcdf(path)

    folder = tmp_path / "out"
    assert main(["replay", str(artefact), str(path), "--json"]) == 0
    replayed = capsys.readouterr()
    said = [replayed.err]
    words = ["evaluate", str(artefact), "--truth", str(path), "--no-report"]
    assert main([*words, "-o", str(folder)]) == 0
    said.append(capsys.readouterr().err)

    known = json.loads((folder / "evaluation.json").read_text())["training_range"]
    found = [json.loads(replayed.out)["training_range"], known["wavenet"]]
    assert found[0] == found[1]
    assert found[0]["agrees"] is agrees
    for text in said:
        assert ("eastward_wind: mean" in text) is not agrees


@pytest.mark.parametrize(("factor", "agrees"), [(1.0, True), (3.0, False)])
def test_samples_unlike_those_of_the_pretrained_network_are_told(
    tmp_path, capsys, factor, agrees
):
    path, run = tmp_path / "states.nc", tmp_path / "run"
    with xr.set_options(keep_attrs=True):
        states().assign(u=states().u * factor).to_netcdf(path)
    pretrained = str(SAMPLE / "wavenet_ad99.safetensors")
    words = ["finetune", "--arch", "wavenet", "--pretrained", pretrained]
    words += ["--threads", "1", "--epochs", "1", "--batch", "64", "--split", "1:1"]

    assert main([*words, "-o", str(run), "--data", str(path)]) == 0

    said = capsys.readouterr().err
    found = json.loads((run / "scores.json").read_text())["training_range"]
    assert found["agrees"] is agrees
    assert ("those that the pre-trained network was trained on" in said) is not agrees
    assert ("eastward_wind: mean" in said) is not agrees
