import json
from pathlib import Path

import pytest
import safetensors
import xarray as xr

from gwparam.checkpoints import read_checkpoint
from gwparam.cli import main
from gwparam.commands.train_emulator import add_parser
from gwparam.networks import recognise
from gwparam.synthetic.teacher import TEACHERS

SAMPLE = Path(__file__).parents[3] / "examples" / "sample" / "sample_states.nc"
QUICK = ["--columns=64", "--epochs=1", "--batch=32", "--threads=1"]


def _train(*arguments: object) -> int:
    return main(["train-emulator", "--teacher=ad99", *map(str, arguments)])


def _training(path: Path) -> dict[str, object]:
    with safetensors.safe_open(path, framework="pt") as file:
        training: dict[str, object] = json.loads(file.metadata()["gwparam"])["training"]
    return training


def test_training_on_made_columns_writes_a_scored_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wavenet.safetensors"
    status = _train("-o", path, "--score-on", SAMPLE, "--name", "short", *QUICK)
    assert status == 0
    checkpoint = read_checkpoint(path)
    assert recognise(checkpoint) == "wavenet"
    assert checkpoint.description is not None
    assert checkpoint.description.name == "short"
    training = _training(path)
    assert training["columns"] == 64
    assert training["scored_on"] == "sample_states.nc"
    out = capsys.readouterr().out
    assert "score on sample_states.nc" in out
    assert str(path) in out


def test_training_on_states_holds_out_the_last_time(tmp_path: Path) -> None:
    path = tmp_path / "wavenet.safetensors"
    assert _train("-o", path, "--states", SAMPLE, *QUICK) == 0
    training = _training(path)
    assert training["learned_from"] == "sample_states.nc"
    assert training["columns"] == 256
    assert training["scored_on"] == "the last time of sample_states.nc"


def test_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.safetensors", "b.safetensors")]
    for path in paths:
        assert _train("-o", path, "--score-on", SAMPLE, "--seed=4", *QUICK) == 0
    tensors = [read_checkpoint(path).weights for path in paths]
    for key, value in tensors[0].items():
        assert value.equal(tensors[1][key]), key


def test_states_of_one_time_need_files_to_score_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states = tmp_path / "one.nc"
    with xr.open_dataset(SAMPLE, decode_times=False) as sample:
        sample.isel(time=[0]).to_netcdf(states)
    status = _train("-o", tmp_path / "w.safetensors", "--states", states, *QUICK)
    assert status == 2
    assert "one.nc has one time, expected two or more" in capsys.readouterr().err


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


def test_output_in_a_folder_that_is_absent_is_refused_before_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train("-o", tmp_path / "absent" / "w.safetensors") == 2
    assert "cannot write" in capsys.readouterr().err


def test_every_teacher_can_be_chosen() -> None:
    import argparse

    subparsers = argparse.ArgumentParser().add_subparsers()
    add_parser(subparsers)
    actions = subparsers.choices["train-emulator"]._actions
    choices = next(a.choices for a in actions if a.dest == "teacher")
    assert set(choices or ()) == set(TEACHERS)
