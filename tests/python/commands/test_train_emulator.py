import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import torch
import xarray as xr

from gwparam.checkpoints import read_checkpoint
from gwparam.cli import main
from gwparam.commands import train_emulator
from gwparam.evaluate.metrics import Moments
from gwparam.networks import recognise
from gwparam.networks.wavenet import WaveNetDrag
from gwparam.synthetic.columns import read_columns
from gwparam.synthetic.teacher import alexander_dunkerton

BIN = Path(sys.executable).parent
SAMPLE = Path(__file__).parents[3] / "examples" / "sample" / "sample_states.nc"
QUICK = ["--epochs=1", "--batch=32", "--threads=1"]
FEW = ["--columns=64", *QUICK]
SINGLE = 1e-4  # of a score: the training computes in single precision


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold out few columns, and leave the threads of this process as they were."""
    monkeypatch.setattr(train_emulator, "HELD_OUT_COLUMNS", 800)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def _train(*arguments: object) -> int:
    return main(["train-emulator", "--teacher=ad99", *map(str, arguments)])


def _training(path: Path) -> dict[str, Any]:
    with safetensors.safe_open(path, framework="pt") as file:
        training: dict[str, Any] = json.loads(file.metadata()["gwparam"])["training"]
    return training


def _times(path: Path, *times: int) -> Path:
    """Write some times of the sample, of a wind that differs from one to the next."""
    with xr.open_dataset(SAMPLE, decode_times=False) as sample:
        states = sample.isel(time=[t % 2 for t in times]).drop_vars("time")
        factor = xr.DataArray(1.0 - 0.1 * np.arange(len(times)), dims="time")
        states["u"] = (states["u"] * factor).astype("f4").assign_attrs(sample.u.attrs)
        states.to_netcdf(path)
    return path


def _r2(path: Path, states: Path, time: int) -> list[float]:
    """Score a network on one time of a file, by its teacher's drag."""
    columns = list(read_columns([states]))[time]
    network = WaveNetDrag.from_checkpoint(read_checkpoint(path)).eval()
    inputs = (
        columns.eastward_wind,
        columns.northward_wind,
        columns.surface_pressure,
        columns.latitude,
    )
    with torch.inference_mode():
        drag = network(*(torch.tensor(np.array(i)) for i in inputs))
    pairs = zip(drag, alexander_dunkerton(columns), strict=True)
    return [float(Moments.of(p.numpy(), t).pool().r2) for p, t in pairs]


def test_training_on_made_columns_writes_a_scored_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wavenet.safetensors"
    status = _train("-o", path, "--score-on", SAMPLE, "--name", "short", *FEW)
    assert status == 0
    checkpoint = read_checkpoint(path)
    assert recognise(checkpoint) == "wavenet"
    assert checkpoint.description is not None
    assert checkpoint.description.name == "short"
    training = _training(path)
    assert training["columns"] == 800
    assert training["learned_from"] == "800 columns of the climatology, seed 0"
    assert training["scored_on"] == "sample_states.nc"
    out = capsys.readouterr().out
    assert "test: 2 times" in out
    assert "scored on sample_states.nc" in out
    assert f"wrote {path}" in out
    assert list(tmp_path.iterdir()) == [path]


def test_training_learns(tmp_path: Path) -> None:
    path = tmp_path / "wavenet.safetensors"
    options = ["--columns=4000", "--epochs=2", "--batch=64", "--threads=1"]
    assert _train("-o", path, *options) == 0
    training = _training(path)
    assert training["scored_on"] == "800 columns of the climatology, seed 1"
    assert training["score"][0]["name"].startswith("tendency_of_eastward_wind")
    assert training["score"][0]["r2"] > 0.5
    seen = read_checkpoint(path).description.training_range  # type: ignore[union-attr]
    assert seen[0].name == "eastward_wind"
    assert 0.0 < seen[0].maximum[0] < 200.0


@pytest.mark.parametrize("times", [2, 3, 4])
def test_training_on_states_holds_out_the_last_times(
    tmp_path: Path, times: int
) -> None:
    path, states = tmp_path / "wavenet.safetensors", tmp_path / "run.nc"
    _times(states, *range(times))
    assert _train("-o", path, "--states", states, *QUICK) == 0
    training = _training(path)
    assert training["learned_from"] == "run.nc"
    # Of two times nothing is left for a validation beside the score.
    assert training["columns"] == 256 * max(times - 2, 1)
    assert training["scored_on"] == "the last time of run.nc"
    stated = [score["r2"] for score in training["score"]]
    assert stated == pytest.approx(_r2(path, states, -1), abs=SINGLE)
    assert stated != pytest.approx(_r2(path, states, 0), abs=SINGLE)


def test_states_that_are_scored_on_are_no_states_to_learn_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wavenet.safetensors"
    states = _times(tmp_path / "run.nc", 0, 1)
    assert _train("-o", path, "--states", states, "--score-on", states, *QUICK) == 2
    assert "holds a sample that" in capsys.readouterr().err
    assert not path.with_name(f"{path.name}.training").exists()


def test_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.safetensors", "b.safetensors")]
    for path in paths:
        assert _train("-o", path, "--score-on", SAMPLE, "--seed=4", *FEW) == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_states_of_one_time_need_files_to_score_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, states = tmp_path / "w.safetensors", _times(tmp_path / "one.nc", 1)
    assert _train("-o", path, "--states", states, *QUICK) == 2
    assert "one.nc has one time, expected two or more" in capsys.readouterr().err

    other = _times(tmp_path / "other.nc", 0)
    assert _train("-o", path, "--states", states, "--score-on", other, *QUICK) == 0

    stated = [score["r2"] for score in _training(path)["score"]]
    assert stated == pytest.approx(_r2(path, other, 0), abs=SINGLE)


def test_training_that_was_asked_to_stop_can_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wavenet.safetensors"
    few = ["--states", str(SAMPLE), "--batch=64", "--epochs=15", "--threads=1"]
    arguments = ["-o", str(path), *few]
    run = tmp_path / "wavenet.safetensors.training" / "run"
    with subprocess.Popen(
        [BIN / "gwparam", "train-emulator", "--teacher=ad99", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        deadline = time.monotonic() + 120
        while not (run / "training.ckpt").exists() and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert f"gwparam finetune --resume {run}" in out
    assert not path.exists()

    assert _train(*arguments) == 2
    assert "a training that did not end" in capsys.readouterr().err
    assert main(["finetune", "--resume", str(run)]) == 0
    assert recognise(read_checkpoint(run / "network.safetensors")) == "wavenet"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--columns=0"], "columns is 0, expected at least 1"),
        (["--threads=0"], "threads is 0, expected at least 1"),
        (["--epochs=0"], "epochs is 0, expected more than 0"),
        (["--score-on", "absent.nc"], "cannot read absent.nc"),
    ],
)
def test_bad_arguments_end_with_status_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _train("-o", tmp_path / "w.safetensors", *arguments) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_output_in_a_folder_that_is_absent_is_refused_before_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train("-o", tmp_path / "absent" / "w.safetensors") == 2
    assert "cannot write" in capsys.readouterr().err
