import json
import os
import re
import subprocess
import sys
from importlib import resources

import pytest
import torch

import gwparam
from gwparam.cli import main
from gwparam.contract import Contract
from gwparam.errors import ArgumentError

COMMANDS = (
    "export",
    "inspect",
    "networks",
    "replay",
    "evaluate",
    "make-states",
    "train-emulator",
    "config",
)


def run_python(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout


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


def test_package_and_inspect_do_not_import_torch(tiny_artefact):
    code = (
        "import sys, gwparam; from gwparam.cli import main; gwparam.__version__; "
        f"main(['inspect', {str(tiny_artefact)!r}]); print('torch' in sys.modules)"
    )

    assert run_python(code).endswith("False\n")


def test_export_prints_every_promise(capsys, tiny_checkpoint, tmp_path):
    path = tmp_path / "tiny.pt"

    assert main(["export", "--ckpt", str(tiny_checkpoint), "-o", str(path)]) == 0

    text = capsys.readouterr().out
    assert "tiny WaveNet: wavenet of tiny.safetensors, 5 levels, float32\n" in text
    assert text.count("\nkept ") == 6
    assert "TorchScript equals eager            largest difference " in text
    assert f"wrote {path} (" in text


def test_export_warns_of_a_dead_level(capsys, reference_data, tmp_path):
    published = reference_data / "wavenet" / "network_wst.pkl"
    arguments = ["--ckpt", str(published), "--arch", "wavenet", "--dtype", "float64"]

    assert main(["export", *arguments, "-o", str(tmp_path / "wavenet.pt")]) == 0

    text = capsys.readouterr().out
    assert "WARNING  every parameter reaches the output  4 of 174 tensors" in text
    assert "branches.39.0.weight, branches.39.0.bias, branches.39.2.weight" in text


def test_export_hands_every_option_on(capsys, tiny_checkpoint, tmp_path):
    path = tmp_path / "tiny.pt"
    options = ["--dtype", "float64", "--max-tendency", "0.5", "--name", "mine"]

    assert (
        main(["export", "--ckpt", str(tiny_checkpoint), "-o", str(path), *options]) == 0
    )
    capsys.readouterr()
    assert main(["inspect", str(path), "--json"]) == 0

    contract = json.loads(capsys.readouterr().out)
    assert contract["name"] == "mine"
    assert contract["inputs"][0]["dtype"] == "float64"
    assert contract["limits"][0]["maximum_magnitude"] == 0.5


def test_export_and_inspect_say_what_reduced_products_change(
    capsys, tiny_checkpoint, tmp_path
):
    path = tmp_path / "tiny.pt"
    arguments = ["--ckpt", str(tiny_checkpoint), "-o", str(path)]

    assert main(["export", *arguments, "--reduced-tolerance", "0.25"]) == 0
    exported = capsys.readouterr().out
    assert main(["inspect", str(path)]) == 0
    inspected = capsys.readouterr().out

    assert re.search(r"kept +products in bfloat16 stay close +largest diff", exported)
    assert "within 1e-05 of the largest output; within 0.25 with prod" in inspected


class Innocent:
    """A class that no allow-list knows."""


def test_export_refuses_an_unsafe_pickle_in_one_line(capsys, tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    path = folder / "net.ckpt"
    torch.save({"weights": {"a": torch.zeros(2)}, "loss": Innocent()}, path)

    status = main(["export", "--ckpt", str(path), "-o", str(tmp_path / "net.pt")])

    message = capsys.readouterr().err
    assert status == 2
    assert message.startswith(f"gwparam: error: {path} is a pickle that asks for ")
    assert message.endswith("expected tensors only (--allow-pickle)\n")
    assert message.count("\n") == 1
    assert list(tmp_path.iterdir()) == [folder]


def test_error_names_the_options_that_the_command_has(capsys, monkeypatch):
    def fail(args):
        raise ArgumentError("grid and mask ratio", settings=("mask_ratio", "nothing"))

    monkeypatch.setattr("gwparam.commands.export.run", fail)

    status = main(["export", "--ckpt", "net.pt", "-o", "out.pt"])

    assert status == 2
    assert capsys.readouterr().err == (
        "gwparam: error: grid and mask ratio (--mask-ratio)\n"
    )


def test_export_asks_for_what_is_not_known(capsys, reference_data, tmp_path):
    path = reference_data / "ann_cnn" / "ann_cnn_3x3_tiny_published_format.pt"

    status = main(["export", "--ckpt", str(path), "-o", str(tmp_path / "net.pt")])

    assert status == 2
    assert capsys.readouterr().err == (
        "gwparam: error: the vertical grid of ANN-CNN 3x3 is not known, "
        "expected levels FILE (--levels)\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_inspect_tells_people_what_the_network_needs(capsys, tiny_artefact):
    assert main(["inspect", str(tiny_artefact)]) == 0

    text = capsys.readouterr().out
    assert "5 of the host's own, top first; nominal pressure 1000 to 90000 Pa" in text
    for name in (
        "surface_air_pressure",
        "tendency_of_northward_wind_due_to_gravity_wave_drag",
    ):
        assert name in text


def test_inspect_json_is_the_contract(capsys, tiny_artefact):
    assert main(["inspect", str(tiny_artefact), "--json"]) == 0

    assert Contract.from_json(capsys.readouterr().out).vertical.nlev == 5


def test_inspect_of_something_else(capsys, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("a grand day out")

    assert main(["inspect", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"gwparam: error: {path} is not a complete archive: File is not a zip file\n"
    )


@pytest.fixture
def installed():
    package = resources.files("gwparam")
    if not (package / "lib" / "libgwparam.so").is_file():
        pytest.skip("gwparam is not installed")
    return package


def test_config_names_folders_that_exist(capsys, installed):
    assert main(["config", "--fflags", "--cflags", "--libs"]) == 0

    fflags, cflags, folder, rpath, *libraries = capsys.readouterr().out.split()
    assert fflags == f"-I{installed}/include/fortran"
    assert (installed / "include" / "fortran" / "gwparam.mod").is_file()
    assert cflags == f"-I{installed}/include"
    assert (installed / "include" / "gwparam.h").is_file()
    assert folder == f"-L{installed}/lib"
    assert rpath == f"-Wl,-rpath,{installed}/lib"
    assert libraries == ["-lgwparam_fortran", "-lgwparam"]


def test_config_names_the_libraries_of_several_ranks_first(capsys, installed):
    if not (installed / "lib" / "libgwparam_mpi.so").is_file():
        pytest.skip("gwparam is installed without MPI")
    assert main(["config", "--mpi", "--libs"]) == 0

    libraries = capsys.readouterr().out.split()[2:]
    assert libraries == [
        "-lgwparam_mpi_fortran",
        "-lgwparam_mpi",
        "-lgwparam_fortran",
        "-lgwparam",
    ]
    assert (installed / "include" / "gwparam_mpi.h").is_file()
    assert (installed / "include" / "fortran" / "gwparam_mpi.mod").is_file()


@pytest.fixture
def library_alone(tmp_path, monkeypatch):
    """An installation without Fortran and without MPI."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libgwparam.so").touch()
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    return tmp_path


def test_config_names_no_library_that_was_not_built(capsys, library_alone):
    assert main(["config", "--libs"]) == 0
    assert capsys.readouterr().out.split()[2:] == ["-lgwparam"]


@pytest.mark.parametrize(
    ("option", "library", "part"),
    [
        ("--mpi", "libgwparam_mpi.so", "MPI"),
        ("--restart-file", "libgwparam_restart_file.so", "netCDF for Fortran"),
    ],
)
def test_config_says_what_was_not_built(capsys, library_alone, option, library, part):
    assert main(["config", option, "--libs"]) == 2
    expected = f"{library} is absent, expected gwparam built with {part}"
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "file"),
    [("--cmake-dir", "gwparam-config.cmake"), ("--pkg-config-dir", "gwparam.pc")],
)
def test_config_names_the_folder_of_a_package_file(capsys, installed, option, file):
    assert main(["config", option]) == 0

    folder = capsys.readouterr().out.strip()
    assert os.path.isfile(os.path.join(folder, file))


def test_config_without_installed_library(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)

    assert main(["config", "--libs"]) == 2
    assert "libgwparam.so is absent, expected an installed" in capsys.readouterr().err


def test_config_without_option_prints_the_usage(capsys):
    assert main(["config"]) == 2
    assert "--fflags" in capsys.readouterr().out
