import json
import math
from pathlib import Path

import pytest
from qbo_rollouts import write_module, write_run
from training_files import state_set, written

from gwparam.cli import main
from gwparam.contract import read_contract


def finetune(*arguments):
    return main(["finetune", *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--arch is missing; only --resume FOLDER, which"),
        (
            ["--arch", "unet", "--data", "a.nc", "-o", "run"],
            "filtered_spectrum (--arch)\n",
        ),
        (
            ["--arch", "ann_cnn", "--data", "absent.nc", "-o", "run"],
            "absent.nc: no such file",
        ),
        (
            ["--arch", "ann_cnn", "--data", "a.nc", "-o", "run", "--device", "tpu"],
            "device is tpu, expected auto, cpu, cuda or cuda:N (--device)\n",
        ),
        (
            ["--arch", "ann_cnn", "--data", "a.nc", "-o", "run", "--device", "cuda:99"],
            "device cuda:99 is absent, torch finds",
        ),
        (
            ["--module", "m.py:Net", "--data", "a.nc", "-o", "run"],
            "--contract is missing; only --resume FOLDER",
        ),
        (
            ["--arch", "ann_cnn", "--contract", "c", "--data", "a.nc", "-o", "run"],
            "--contract has no effect without --module",
        ),
        (
            [
                "--module",
                "m.py:Net",
                "--contract",
                "c",
                "--arch",
                "own",
                "--data",
                "a.nc",
                "-o",
                "run",
            ],
            "--arch has no effect with --module",
        ),
        (
            ["--module", "m.py:Net", "--contract", "c", "--data", "a.nc", "-o", "run"],
            "m.py: no such file",
        ),
        (
            [
                "--arch",
                "ann_cnn",
                "--noise-schedule",
                "linear",
                "--data",
                "a.nc",
                "-o",
                "run",
            ],
            "--noise-schedule has no effect without --input-noise",
        ),
        (
            ["--arch", "ann_cnn", "--rollout", "24", "--data", "a.nc", "-o", "run"],
            "--rollout has no effect without --module",
        ),
        (["--resume", "nowhere"], "cannot go on with nowhere"),
        (
            ["--resume", "run", "--epochs", "3"],
            "settings it began with, expected no --epochs beside --resume",
        ),
        (
            ["--arch", "ann_cnn", "--data", "a.nc", "-o", "no/such/run"],
            "cannot make no/such/run: no folder no/such",
        ),
    ],
)
def test_wrong_arguments_are_named(
    tmp_path, monkeypatch, capsys, arguments, message
) -> None:
    monkeypatch.chdir(tmp_path)
    assert finetune(*arguments) == 2
    assert message in capsys.readouterr().err


MODULE = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(5, 5)

    def forward(self, u):
        return 1e-4 * self.layer(0.03 * u)
"""
CONTRACT = """
name = "wind to drag"
nlev = 5
[inputs]
eastward_wind = { units = "m s-1" }
[outputs]
tendency_of_eastward_wind_due_to_gravity_wave_drag = { units = "m s-2", limit = 0.01 }
"""


def test_a_network_of_ones_own_is_trained_resumed_and_exported(
    tmp_path, monkeypatch, capsys
) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "mine.toml").write_text(CONTRACT)
    data = written(tmp_path, state_set(8))
    monkeypatch.chdir(tmp_path)
    own = ["--module", "mine.py:Net", "--contract", "mine.toml"]
    words = [*own, "--data", data, "--epochs", 4, "--batch", 7, "--threads", 1]
    words += ["--device", "cpu", "--split", "6:1:1", "--learning-rate", 0.01]

    # Another folder, later: the settings name files by whole paths.
    assert finetune(*words, "-o", "run") == 0
    assert "mine.py:Net --contract" in capsys.readouterr().out
    monkeypatch.chdir("/")
    assert finetune("--resume", tmp_path / "run") == 0
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MODULE + "# other\n")
    assert finetune("--resume", "run") == 2
    message = "the files of module and contract hold something else than when"
    assert message in capsys.readouterr().err

    weights = Path("run/network.safetensors")
    assert main(["export", *own, "--ckpt", str(weights), "-o", "mine.pt"]) == 0
    contract = read_contract("mine.pt")
    # What training saw, which the contract does not say.
    assert contract.training_range[0].minimum[0] > -math.inf
    assert contract.training_dates[0].first == "2010-01-01"
    scores = json.loads(Path("run/scores.json").read_text())["validation"]
    assert scores["after"]["loss"] < scores["before"]["loss"]


def test_a_network_drives_the_testbed_in_training(tmp_path, capsys) -> None:
    module, contract = write_module(tmp_path)
    words = ["--module", module, "--contract", contract, "--epochs", 2]
    words += ["--data", write_run(tmp_path, months=3), "--rollout", 48, "--batch", 16]
    words += ["--threads", 1, "--device", "cpu", "-o", tmp_path / "run"]
    assert finetune(*words) == 0
    assert "eastward_wind after 48 h" in capsys.readouterr().out
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["settings"]["rollout"] == 48
    assert finetune(*words[:-1], tmp_path / "other", "--rollout", 30) == 2
    assert "rollout is 30, expected a multiple of 24 hours" in capsys.readouterr().err


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("gwparam.commands.finetune._EXTRA", ("no_such_package",))
    assert finetune("--arch", "ann_cnn", "--data", "a.nc", "-o", tmp_path / "run") == 2
    error = capsys.readouterr().err
    assert "no_such_package is not installed" in error
    assert "gwparam[finetune]" in error
