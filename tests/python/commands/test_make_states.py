from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gwparam.cli import main
from gwparam.commands.make_states import add_parser
from gwparam.synthetic.states import CELLS, NLAT, NLON, draw_states
from gwparam.synthetic.teacher import TEACHERS


def _make(*arguments: object) -> int:
    return main(["make-states", "--teacher=ad99", *map(str, arguments)])


def test_states_are_those_of_their_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "states.nc"
    assert _make("-o", path, "--columns", CELLS + 1, "--seed=4") == 0
    assert f"wrote {path} ({2 * CELLS} columns, " in capsys.readouterr().out
    expected = list(draw_states(2 * CELLS, 4))
    with xr.open_dataset(path) as states:
        assert states["u"].dims == ("time", "lev", "lat", "lon")
        assert states.sizes["time"] == 2
        wind = states["u"].values.reshape(2, 40, CELLS)
    for time, columns in enumerate(expected):
        assert np.array_equal(wind[time].T, columns.eastward_wind.astype(np.float32))


def test_states_are_read_by_the_commands_that_follow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states, artefact, run = (tmp_path / n for n in ("states.nc", "mine.pt", "run"))
    small = [f"--size={s}" for s in ("trunk_width=8", "trunk_depth=1", "neck_width=8")]
    assert _make("-o", states, "--columns", 3 * CELLS) == 0

    def call(*arguments: object) -> None:
        assert main([*map(str, arguments)]) == 0, arguments

    train = ("finetune", "--arch=wavenet", "--epochs=1", "--threads=1", *small)
    call(*train, "--data", states, "-o", run)
    call("export", "--ckpt", run / "network.safetensors", "-o", artefact)
    call("replay", artefact, states, "-o", tmp_path / "predicted.nc", "--brief")
    capsys.readouterr()
    call("evaluate", artefact, "--truth", states, "-o", tmp_path / "of", "--no-report")
    assert "Drag over the globe, 40 levels together, 3 samples" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--columns=0"], "columns is 0, expected at least 1"),
        (["--columns=1", "--seed=-1"], "seed is -1, expected at least 0"),
    ],
)
def test_bad_arguments_end_with_status_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _make("-o", tmp_path / "states.nc", *arguments) == 2
    assert message in capsys.readouterr().err


def test_output_in_a_folder_that_is_absent_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "absent" / "states.nc"
    assert _make("-o", path, "--columns=1") == 2
    assert f"cannot write {path}: no folder" in capsys.readouterr().err


def test_help_tells_teachers_and_grid(capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    subparsers = argparse.ArgumentParser().add_subparsers()
    add_parser(subparsers)
    parser = subparsers.choices["make-states"]
    choices = next(a.choices for a in parser._actions if a.dest == "teacher")
    assert set(choices or ()) == set(TEACHERS)
    text = " ".join(parser.format_help().split())
    assert f"{NLAT} latitudes and {NLON} longitudes" in text
    assert f"a multiple of {CELLS}" in text


def _run(*arguments: object) -> int:
    return main(["make-states", "--from=qbo", *map(str, arguments)])


def test_the_testbed_gives_states_that_replay_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states, artefact = tmp_path / "qbo.nc", tmp_path / "net.pt"
    assert _run("-o", states, "--months=1", "--skip-years=0", "--columns=3") == 0
    assert f"wrote {states} (30 times of 3 columns, " in capsys.readouterr().out
    module = tmp_path / "net.py"
    module.write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.layer = torch.nn.Linear(75, 73)\n"
        "    def forward(self, u, f, w):\n"
        "        rest = torch.stack((1e3 * f, 0.1 * w), 1)\n"
        "        return 1e-6 * self.layer(torch.cat((0.1 * u, rest), 1))\n"
    )
    contract = tmp_path / "net.toml"
    contract.write_text(
        'name = "net"\nnlev = 73\norder = "bottom_up"\n[inputs]\n'
        'eastward_wind = { units = "m s-1" }\n'
        'source_flux = { units = "Pa", levels = "surface" }\n'
        'spectral_width = { units = "m s-1", levels = "surface" }\n'
        "[outputs]\ntendency_of_eastward_wind_due_to_gravity_wave_drag = "
        '{ units = "m s-2", limit = 0.01 }\n'
    )
    export = ["export", f"--module={module}:Net", "--contract", contract]
    export += ["--example", states, "-o", artefact]
    assert main([*map(str, export)]) == 0
    assert main(["replay", str(artefact), str(states), "--brief"]) == 0
    assert "tendency_of_eastward_wind" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the length of the run is missing, expected years or months"),
        (["--months=0"], "months is 0, expected at least 1"),
        (["--years=1", "--step-hours=7"], "step_hours is 7, expected 1, 2, 3"),
        (["--years=1", "--columns=0"], "columns is 0, expected at least 1"),
    ],
)
def test_bad_arguments_of_the_testbed_end_with_status_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run("-o", tmp_path / "states.nc", *arguments) == 2
    assert message in capsys.readouterr().err


def test_what_is_of_the_testbed_has_no_effect_with_a_teacher(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "states.nc"
    assert _make("-o", path, "--columns=1", "--years=1") == 2
    assert "--years has no effect without --from qbo" in capsys.readouterr().err
    assert _make("-o", path) == 2
    assert "columns is missing" in capsys.readouterr().err
