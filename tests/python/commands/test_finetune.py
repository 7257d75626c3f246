import pytest

from gwparam.cli import main


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


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("gwparam.commands.finetune._EXTRA", ("no_such_package",))
    assert finetune("--arch", "ann_cnn", "--data", "a.nc", "-o", tmp_path / "run") == 2
    error = capsys.readouterr().err
    assert "no_such_package is not installed" in error
    assert "gwparam[finetune]" in error
