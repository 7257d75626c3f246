from pathlib import Path
from types import SimpleNamespace

import pytest

from gwparam.data.dates import Dates
from gwparam.training.report import next_commands, print_found, print_outcome
from gwparam.training.scores import FieldScore, Scores
from gwparam.training.train import SCALING_FILE, Outcome


def split(name, text, times):
    data = SimpleNamespace(
        report=lambda: [("samples", "12 columns")], dates=Dates(("my states.nc",), (3,))
    )
    return SimpleNamespace(name=name, data=data, times=times, report=lambda: text)


@pytest.fixture
def prepared():
    return SimpleNamespace(
        settings=SimpleNamespace(
            output="run",
            data=("a.nc",),
            validation=(),
            test=("t.nc",),
            input_noise=0.0,
            noise_schedule="cosine",
            module=None,
            contract=None,
        ),
        splits=(
            split("training", "2 times", range(2)),
            split("validation", "1 time", range(2, 3)),
        ),
        spec=SimpleNamespace(missing=()),
        loss=SimpleNamespace(describe=lambda: ["mse, weight 1", "drag, weight 0.1"]),
        differences=[],
        loaded=None,
        parameters=lambda: {"all": 1234567, "trained": 4321},
    )


def outcome(prepared, network):
    name = "eastward_tendency_due_to_gravity_wave_drag"
    before = Scores(3.0, (FieldScore(name, "m s-2", -0.25, 0.125, 2e-3),))
    after = Scores(0.5, (FieldScore(name, "m s-2", 0.75, 0.875, 1e-3),))
    ended = "trained for 2 epochs"
    both = ({"validation": before}, {"validation": after})
    return Outcome(prepared, network, ended, *both, True)


def test_what_was_found(prepared, capsys):
    prepared.spec.missing = ("levels", "flux_sign")

    print_found(prepared)

    assert capsys.readouterr().out.splitlines() == [
        "samples      12 columns",
        "training     2 times",
        "validation   1 time",
        "parameters   1 234 567, of which 4 321 are trained",
        "loss         mse, weight 1",
        "loss         drag, weight 0.1",
        "not known    --levels, --flux-sign: scores are of normalised numbers",
    ]


def test_scores_before_and_after(prepared, capsys):
    print_outcome(outcome(prepared, None))

    out = capsys.readouterr().out
    assert "loss 3 before, 0.5 after" in out
    (row,) = (line for line in out.splitlines() if "eastward_tendency [m s-2]" in line)
    numbers = [word for word in row.split() if word[0] in "-0123456789"]
    assert numbers[:4] == ["-0.2500", "0.7500", "0.1250", "0.8750"]
    assert numbers[4:] == ["2.000e-03", "1.000e-03"]
    assert "wrote" not in out
    assert list(next_commands(outcome(prepared, None))) == [
        "gwparam finetune --resume run"
    ]


@pytest.mark.parametrize("scaling", [True, False])
def test_commands_that_come_next(prepared, tmp_path, capsys, scaling):
    prepared.spec.missing = () if scaling else ("scaling",)
    network = Path(tmp_path / "network.safetensors")
    network.write_bytes(bytes(1_500_000))
    recipe = tmp_path / SCALING_FILE
    if scaling:
        recipe.write_text("{}")

    print_outcome(outcome(prepared, network))

    artefact = tmp_path / "network.pt"
    export = "" if scaling else " --scaling ..."
    replay = f" --scaling {recipe}" if scaling else " --scaling ..."
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"wrote {network} (1.50 MB)"
    assert list(next_commands(outcome(prepared, network))) == [
        f"gwparam export --ckpt {network} -o {artefact}{export}",
        f"gwparam replay {artefact} 'my states.nc' --times 2:3{replay}",
    ]


def test_a_network_of_ones_own_is_exported_by_its_module(prepared, tmp_path):
    prepared.settings.module, prepared.settings.contract = "/m.py:Net", "/c.toml"
    network = Path(tmp_path / "network.safetensors")

    export, _ = next_commands(outcome(prepared, network))

    assert export.startswith(
        f"gwparam export --module /m.py:Net --contract /c.toml --ckpt {network} -o "
    )


def test_noise_is_said(prepared, capsys):
    prepared.settings.input_noise = 0.25

    print_found(prepared)

    said = "input noise  0.25 standard deviations of each, cosine"
    assert said in capsys.readouterr().out.splitlines()
