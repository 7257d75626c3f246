import pytest

import gwparam
from gwparam.cli import main
from gwparam.errors import ArgumentError

COMMANDS = (
    "export",
    "inspect",
    "finetune",
    "networks",
    "replay",
    "evaluate",
    "make-states",
    "train-emulator",
    "config",
)


def text_of(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    return capsys.readouterr().out


def test_help_lists_every_command(capsys):
    text = text_of(capsys, "--help")

    for command in COMMANDS:
        assert f"\n    {command}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_teaches_by_example(capsys, command):
    text = text_of(capsys, command, "--help")

    assert f"gwparam {command} " in text.partition("examples:")[2]


def test_no_command_prints_the_usage(capsys):
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: gwparam")


def test_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["fly"])

    assert caught.value.code == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{gwparam.__version__}\n"


def test_error_names_the_options_that_the_command_has(capsys, monkeypatch):
    def fail(args):
        raise ArgumentError("grid and mask ratio", settings=("mask_ratio", "nothing"))

    monkeypatch.setattr("gwparam.commands.export.run", fail)

    status = main(["export", "--ckpt", "net.pt", "-o", "out.pt"])

    assert status == 2
    assert capsys.readouterr().err == (
        "gwparam: error: grid and mask ratio (--mask-ratio)\n"
    )
