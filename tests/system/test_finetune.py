"""Training from the command line, on the miniature of the published files."""

import csv
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import recipes
import torch
from answers import answer
from safetensors.torch import load_file

from gwparam.cli import main
from gwparam.contract import read_contract

BIN = Path(sys.executable).parent
SAMPLE = Path(__file__).parents[2] / "examples" / "sample" / "sample_states.nc"
PRITHVI = [
    *("--arch", "prithvi_gw", "--drop-path", "0", "--batch", "2"),
    *(f"--size={size}" for size in ("hidden=2", "embed=16", "heads=2")),
    *(f"--size={size}" for size in ("mask_unit=4x8", "encoder_pairs=1")),
    "--size=decoder_pairs=1",
]
ANN = ["--arch", "ann_cnn", "--dropout", "0", "--batch", "16", "--size=hdim=32"]
# A kill can come at any step.
EVERY_STEP = ["--checkpoint-minutes", "1e-6"]
# Rounding of the mean of two halves in float32, over the few steps of these trainings,
# of weights of order 0.1 to 1.
SHARED_TOLERANCE = 2e-5


@pytest.fixture(autouse=True)
def _threads():
    """Leave the threads of this process as they were."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def mini(reference_data):
    """Arguments that train on the miniature of a published layout."""
    folder = reference_data / "dataset"
    one, two = sorted((folder / "prithvi_mini").glob("*.nc"))
    (cells,) = (folder / "nonlocal_mini").glob("*.nc")
    return {
        "prithvi_mini": [*PRITHVI, "--data", str(one), "--validation", str(two)],
        "nonlocal_mini": [*ANN, "--data", str(cells), "--split", "1:1"],
    }


def command(*arguments: object) -> list[str]:
    return [str(BIN / "gwparam"), "finetune", "--threads", "1", *map(str, arguments)]


def finetune(*arguments: object) -> int:
    return main(["finetune", "--threads", "1", *map(str, arguments)])


def environment() -> dict[str, str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"OMP_NUM_THREADS": "1", "PATH": path}


def run_command(arguments: list[str], **others) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, capture_output=True, text=True, env=environment(), **others
    )


def network(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "network.safetensors")


def interrupt(folder: Path, arguments: list[str], number: signal.Signals) -> int:
    """Start a training, send it a signal in the middle, and give its exit status."""
    with subprocess.Popen(
        command(*arguments, "-o", folder, *EVERY_STEP),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        deadline = time.monotonic() + 120
        while len(log(folder)) < 2 and time.monotonic() < deadline:
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.01)
        process.send_signal(number)
        return process.wait(60)


def log(folder: Path) -> list[dict[str, str]]:
    path = folder / "log.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["prithvi_mini", "nonlocal_mini"])
def test_training_goes_on_bit_for_bit_after_a_kill(mini, tmp_path, name) -> None:
    arguments = [*mini[name], "--epochs", "40", "--seed", "3"]
    assert finetune(*arguments, "-o", tmp_path / "whole") == 0
    killed = tmp_path / "killed"
    assert interrupt(killed, arguments, signal.SIGKILL) == -signal.SIGKILL
    done = len(log(killed))
    assert 2 <= done < 40

    assert finetune("--resume", killed) == 0

    expected, found = network(tmp_path / "whole"), network(killed)
    assert set(found) == set(expected)
    for key, value in expected.items():
        assert torch.equal(found[key], value), key
    ends = [row for row in log(killed) if row["validation_loss"]]
    assert [int(row["epoch"]) for row in ends] == list(range(1, 41))


def test_dropout_goes_on_bit_for_bit_after_sigterm(mini, tmp_path) -> None:
    arguments = [*mini["nonlocal_mini"], "--dropout", "0.3", "--epochs", "40"]
    assert finetune(*arguments, "-o", tmp_path / "whole") == 0
    stopped = tmp_path / "stopped"
    assert interrupt(stopped, arguments, signal.SIGTERM) == 3
    assert not (stopped / "network.safetensors").exists()

    assert finetune("--resume", stopped) == 0

    found = network(stopped)
    for key, value in network(tmp_path / "whole").items():
        assert torch.equal(found[key], value), key


@pytest.mark.parametrize(
    ("name", "strategy"),
    [("nonlocal_mini", "ddp"), ("prithvi_mini", "ddp"), ("prithvi_mini", "fsdp")],
)
def test_two_processes_give_the_weights_of_one(mini, tmp_path, name, strategy) -> None:
    arguments = [*mini[name], "--epochs", "4"]
    assert finetune(*arguments, "-o", tmp_path / "one") == 0
    launch = [str(BIN / "torchrun"), "--standalone", "--nproc-per-node", "2"]
    two = command(*arguments, "--strategy", strategy, "-o", tmp_path / "two")

    ran = run_command([*launch, "--no-python", *two], timeout=300)

    assert ran.returncode == 0, ran.stderr
    expected, found = network(tmp_path / "one"), network(tmp_path / "two")
    assert set(found) == set(expected)
    compared = 0
    for key, value in expected.items():
        # What a batch normalisation subtracts again has no gradient but rounding,
        # which Adam makes steps of.
        if name == "prithvi_mini" and _cancels(key):
            continue
        difference = (found[key].double() - value.double()).abs().max()
        assert difference <= SHARED_TOLERANCE, key
        compared += 1
    assert compared > 10
    losses, shared = (
        [float(row["loss"]) for row in log(tmp_path / run) if row["validation_loss"]]
        for run in ("one", "two")
    )
    np.testing.assert_allclose(shared, losses, rtol=SHARED_TOLERANCE)


def _cancels(key: str) -> bool:
    """Whether a tensor is a bias before a batch normalisation, or its mean there."""
    convolution = key.endswith((".0.bias", ".3.bias")) and "coder." in key
    return (convolution and "lgl_block" not in key) or key.endswith("running_mean")


def test_trained_fluxes_go_into_export_and_replay_without_options(
    reference_data, tmp_path, capsys
) -> None:
    (data,) = (reference_data / "dataset" / "nonlocal_fewlev").glob("1x1_*.nc")
    options = recipes.options(tmp_path, 4)
    flags = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    folder = tmp_path / "run"
    split = ["--split", "1:1", "--name", "trained here"]
    assert finetune(*ANN, "--data", data, *split, *flags, "-o", folder) == 0
    out = capsys.readouterr().out
    export, replay = (
        shlex.split(line)[1:] for line in out.partition("next: ")[2].splitlines()
    )

    assert main(export) == 0
    status, replayed = answer(*replay, "--times", "1:2")
    assert status == 0

    contract = read_contract(folder / "network.pt")
    assert contract.name == "trained here"
    ranges = {r.name: r for r in contract.training_range}
    with netCDF4.Dataset(data) as file:
        u = np.asarray(file["features"][0, 3:7], dtype=np.float64)
    wind = recipes.recipe(4)["variables"]["eastward_wind"]
    mean, deviation = (
        np.asarray(wind[key])[:, None, None] for key in ("mean", "standard_deviation")
    )
    physical = (u * deviation + mean).reshape(4, -1)
    found = ranges["eastward_wind"]
    np.testing.assert_allclose(found.mean, physical.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.maximum, physical.max(axis=1), rtol=1e-12)
    assert all(limit.maximum_magnitude != 0.01 for limit in contract.limits)
    trained = json.loads((folder / "scores.json").read_text())
    _check_scores(trained["validation"], replayed)


def _check_scores(trained: dict, replayed: dict) -> None:
    """What training says is what the compiled library gives for the same state."""
    after = {field["name"]: field["r2"] for field in trained["after"]["fields"]}
    assert set(after) == set(recipes.FLUXES)
    for name, r2 in after.items():
        variable = next(v for v in replayed["variables"] if v["name"] == name)
        # Fluxes of both differ by 1e-5 of the largest at most.
        assert variable["globe"]["reference"]["r2"] == pytest.approx(r2, abs=1e-4)


@pytest.mark.parametrize("freeze", ["backbone", "lora"])
def test_a_foundation_model_is_kept_and_the_result_exported(
    reference_data, tmp_path, freeze
) -> None:
    folder = reference_data / "dataset" / "prithvi_fewlev"
    (data,) = folder.glob("*.nc")
    # The tiny reference network as the pre-trained one.
    pretrained = reference_data / "prithvi_gw" / "tiny_state_dict_ddp.pt"
    variables = _prithvi_recipe(4)
    scaling = recipes.write_json(tmp_path / "scaling.json", variables)
    levels = recipes.write_json(tmp_path / "levels.json", recipes.levels(4))
    run = tmp_path / "run"

    status = finetune(
        *("--arch", "prithvi_gw", "--pretrained", pretrained, "--freeze", freeze),
        *("--data", data, "--split", "1:1", "--epochs", 2, "--batch", 1, "-o", run),
        *("--size", "heads=4", "--size", "mask_unit=4x8", "--mask-ratio", "0.5"),
        *("--gradient-checkpointing", "--schedule", "cosine", "--loss", "mse"),
        *("--loss", "drag=1e-9", "--scaling", scaling, "--levels", levels),
        *("--flux-quantity", "omega", "--flux-sign", "1", "--learning-rate", "1e-3"),
    )

    assert status == 0
    before = torch.load(pretrained, weights_only=True)
    after = network(run)
    assert {f"weights.{k.removeprefix('module.')}" for k in before} == set(after)
    block = "model.encoder.lgl_block.transformers.1.attention.1.qkv_layer.weight"
    same = torch.equal(after[f"weights.{block}"], before[f"module.{block}"])
    assert same == (freeze == "backbone")
    first = "encoder.encoder1.0.weight"
    assert not torch.equal(after[f"weights.{first}"], before[f"module.{first}"])
    artefact = run / "network.pt"
    exported = main(
        ["export", "--ckpt", str(run / "network.safetensors"), "-o", str(artefact)]
    )
    assert exported == 0
    geometry = read_contract(artefact).geometry
    with netCDF4.Dataset(data) as file:
        np.testing.assert_allclose(geometry.latitude, file["lat"][:])


def _prithvi_recipe(nlev: int) -> dict:
    variables = recipes.recipe(nlev)["variables"]
    del variables["air_potential_temperature"]
    pressure = np.geomspace(1e2, 9.5e4, nlev)
    variables |= {
        "air_temperature": recipes.linear("K", 250.0, 6.0),
        "air_pressure": recipes.linear(
            "Pa", pressure.tolist(), (0.1 * pressure).tolist()
        ),
        "air_potential_temperature_predicted": recipes.linear("K", 400.0, 20.0),
    }
    return {"scaling_version": 1, "variables": variables}


@pytest.mark.parametrize("name", ["wavenet", "filtered_spectrum"])
def test_networks_of_drag_learn_and_are_replayed(tmp_path, name) -> None:
    """On the embedded sample: January to learn from, July to be judged by."""
    run, artefact = tmp_path / "run", tmp_path / "network.pt"
    data = ["--data", SAMPLE, "--split", "1:1", "--batch", "64", "--epochs", "20"]
    assert finetune("--arch", name, *data, "-o", run) == 0
    told = json.loads((run / "scores.json").read_text())["validation"]
    # A network that knows nothing gives the mean, whose R2 is 0.
    assert all(field["r2"] > 0.0 for field in told["after"]["fields"])

    checkpoint = run / "network.safetensors"
    assert main(["export", "--ckpt", str(checkpoint), "-o", str(artefact)]) == 0
    status, replayed = answer("replay", artefact, SAMPLE, "--times", "1:2")
    assert status == 0

    variables = replayed["variables"]
    found = [v["globe"]["reference"]["r2"] for v in variables]
    expected = [field["r2"] for field in told["after"]["fields"]]
    assert found == pytest.approx(expected, abs=1e-4)
    ranges = {r.name: r for r in read_contract(artefact).training_range}
    with netCDF4.Dataset(SAMPLE) as file:
        north = np.asarray(file["v"][0], dtype=np.float64)
    np.testing.assert_allclose(
        ranges["northward_wind"].maximum, north.max(axis=(1, 2)), rtol=1e-6
    )


@pytest.mark.slow
def test_the_published_wavenet_adapts_to_a_host(
    reference_data, tmp_path, capsys
) -> None:
    """The numbers that the project promises, on the state that nothing else saw."""
    states = reference_data / "mima" / "mima_t42l40_ad99.nc"
    pretrained = reference_data / "wavenet" / "network_wst.pkl"
    run = tmp_path / "run"

    status = main(
        [
            *("finetune", "--threads", "1", "--arch", "wavenet"),
            *("--pretrained", str(pretrained)),
            *("--data", str(states), "-o", str(run)),
        ]
    )

    assert status == 0
    out = capsys.readouterr().out
    told = json.loads((run / "scores.json").read_text())["test"]
    before, after = (
        [field["r2"] for field in told[when]["fields"]] for when in ("before", "after")
    )
    for value in before + after:
        assert f"{value:.4f}" in out
    assert before == pytest.approx([-0.28, 0.40], abs=5e-3)
    assert after[0] >= 0.96
    assert after[1] >= 0.945
    artefact = run / "network.pt"
    network_file = run / "network.safetensors"
    assert main(["export", "--ckpt", str(network_file), "-o", str(artefact)]) == 0
    status, replayed = answer("replay", artefact, states, "--times", "7:8")
    assert status == 0
    variables = replayed["variables"]
    found = [v["globe"]["reference"]["r2"] for v in variables]
    assert found == pytest.approx(after, abs=1e-4)


def test_a_finished_run_is_not_written_over(mini, tmp_path, capsys) -> None:
    arguments = [*mini["nonlocal_mini"], "--epochs", "1", "-o", tmp_path / "run"]
    assert finetune(*arguments) == 0
    assert finetune(*arguments) == 2
    assert "of another training, expected a new folder" in capsys.readouterr().err


def test_other_samples_are_no_way_to_go_on(reference_data, tmp_path, capsys) -> None:
    (source,) = (reference_data / "dataset" / "nonlocal_fewlev").glob("1x1_*.nc")
    data, run = tmp_path / "data.nc", tmp_path / "run"
    data.write_bytes(source.read_bytes())
    arguments = [*ANN, "--data", data, "--split", "1:1", "-o", run]
    assert finetune(*arguments, "--epochs", "1") == 0
    with netCDF4.Dataset(data, "a") as file:
        file["features"][0, 3, 2, 1] += 1.0

    assert finetune("--resume", run) == 2
    assert (
        "the files of training hold something else than when this"
        in capsys.readouterr().err
    )


def test_samples_stay_as_they_are_with_fewer_bits(tmp_path) -> None:
    """Temperatures and pressures keep their digits; only products lose some."""
    scores = {}
    for precision in ("float32", "bfloat16"):
        run = tmp_path / precision
        data = ["--data", SAMPLE, "--split", "1:1", "--batch", "64", "--epochs", "20"]
        arguments = [*data, "--precision", precision, "-o", run]
        assert finetune("--arch", "filtered_spectrum", *arguments) == 0
        told = json.loads((run / "scores.json").read_text())["validation"]
        scores[precision] = [field["r2"] for field in told["after"]["fields"]]
    # With temperatures rounded to 1 K, stability is noise, and nothing is learned.
    assert scores["bfloat16"] == pytest.approx(scores["float32"], abs=0.1)


def test_tokens_can_be_hidden_with_fewer_bits(mini, tmp_path) -> None:
    fewer = ["--mask-ratio", "0.5", "--precision", "bfloat16", "--epochs", "1"]
    assert finetune(*mini["prithvi_mini"], *fewer, "-o", tmp_path / "run") == 0


def test_gradient_that_is_not_finite_is_told_as_a_loss(mini, tmp_path, capsys) -> None:
    arguments = [*mini["nonlocal_mini"], "--epochs", "200", "-o", tmp_path / "run"]
    rate = ["--learning-rate", "1e12", "--schedule", "constant", "--clip-norm", "1e30"]
    assert finetune(*arguments, *rate) == 2
    assert "expected a finite one" in capsys.readouterr().err


def test_validation_on_another_grid_is_refused(reference_data, tmp_path, capsys):
    (source,) = (reference_data / "dataset" / "nonlocal_fewlev").glob("1x1_*.nc")
    other = tmp_path / "other.nc"
    other.write_bytes(source.read_bytes())
    with netCDF4.Dataset(other, "a") as file:
        file["lat"][:] = file["lat"][::-1]
        file["features"][:] = 2.0 * file["features"][:]
    files = ["--data", source, "--validation", other]
    assert finetune(*ANN, *files, "-o", tmp_path / "run") == 2
    assert f"{other} has another grid than {source}" in capsys.readouterr().err


def test_what_is_wrong_is_found_before_all_samples_are_read(
    mini, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(
        "gwparam.training.train._take_statistics", lambda *_: pytest.fail("read")
    )
    run = ["-o", tmp_path / "run"]
    for wrong, message in (
        (["--freeze", "all-but-head"], "there are no weights to keep"),
        (
            ["--mask-ratio", "0.5"],
            "mask_ratio is 0.5, expected none: ann_cnn has no tokens to mask",
        ),
        (["--gradient-checkpointing"], "ann_cnn has no transformer blocks (--grad"),
    ):
        assert finetune(*mini["nonlocal_mini"], *wrong, *run) == 2
        assert message in capsys.readouterr().err


def test_values_that_are_not_finite_are_found_before_training(
    reference_data, tmp_path, capsys
) -> None:
    (source,) = (reference_data / "dataset" / "nonlocal_fewlev").glob("1x1_*.nc")
    data = tmp_path / "data.nc"
    data.write_bytes(source.read_bytes())
    with netCDF4.Dataset(data, "a") as file:
        file["output"][0, 5, 3, 2] = np.nan

    status = finetune(*ANN, "--data", data, "--split", "1:1", "-o", tmp_path / "run")

    assert status == 2
    error = capsys.readouterr().err
    assert f"output in {data} at time 0 is nan at odim 5, lat 3, lon 2" in error
    assert not (tmp_path / "run").exists()


def test_a_loss_of_drag_asks_for_what_it_needs(mini, tmp_path, capsys) -> None:
    arguments = [*mini["nonlocal_mini"], "--loss", "drag", "-o", tmp_path / "run"]
    assert finetune(*arguments) == 2
    error = capsys.readouterr().err
    for flag in ("--levels", "--scaling", "--flux-quantity"):
        assert flag in error


def test_the_same_file_is_not_for_validation_too(mini, tmp_path, capsys) -> None:
    data = mini["nonlocal_mini"][mini["nonlocal_mini"].index("--data") + 1]
    arguments = [*ANN, "--data", data, "--validation", data, "-o", tmp_path / "run"]
    assert finetune(*arguments) == 2
    assert "is for validation and" in capsys.readouterr().err


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_checkpoint(
    mini, tmp_path, capsys
) -> None:
    run = tmp_path / "run"
    arguments = [*mini["nonlocal_mini"], "--epochs", "200", *EVERY_STEP, "-o", run]
    rate = ["--learning-rate", "1e12", "--schedule", "constant", "--clip-norm", "0"]

    assert finetune(*arguments, *rate) == 2

    assert "expected a finite one" in capsys.readouterr().err
    kept = torch.load(run / "training.ckpt", weights_only=True)
    assert all(bool(value.isfinite().all()) for value in kept["network"].values())


def test_a_full_disk_is_a_warning_and_keeps_the_last_checkpoint(mini, tmp_path) -> None:
    run = tmp_path / "run"
    arguments = mini["nonlocal_mini"]
    short = [*arguments, "--epochs", "1", "-o", run]
    assert finetune(*short) == 0
    size = (run / "training.ckpt").stat().st_size

    def limit() -> None:
        # No file may become as large as a checkpoint: writes fail, as on a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    long = command(*arguments, "--epochs", "2", "-o", tmp_path / "full")
    ran = run_command(long, preexec_fn=limit, timeout=120)

    assert "warning: cannot write" in ran.stderr
    assert "the last checkpoint stays as it was" in ran.stderr
    assert not list((tmp_path / "full").glob("*.part"))


def test_too_little_memory_is_said(mini, tmp_path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))

    wide = command(*mini["nonlocal_mini"], "--size=hdim=12000", "-o", tmp_path / "run")
    ran = run_command(wide, preexec_fn=limit, timeout=120)

    assert ran.returncode == 2
    assert "error: out of memory" in ran.stderr
    assert "(--batch, --precision, --gradient-checkpointing)" in ran.stderr
