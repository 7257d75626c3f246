import os
from importlib import resources
from pathlib import Path

import pytest
from answers import answer

import gwparam
from gwparam.cli import main


@pytest.fixture
def installed():
    package = resources.files("gwparam")
    if not isinstance(package, Path):
        pytest.skip("gwparam is an editable install")
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


@pytest.fixture
def editable(tmp_path, monkeypatch):
    """An editable install: files are where they were built, in folders of their own."""
    places = {
        "lib/libgwparam.so": "src/libgwparam.so",
        "lib/libgwparam_fortran.so": "fortran/libgwparam_fortran.so",
        "lib/pkgconfig/gwparam.pc": "linking/gwparam.pc",
        "lib/cmake/gwparam/gwparam-config.cmake": "linking/gwparam-config.cmake",
        "include/gwparam.h": "include/gwparam.h",
        "include/fortran/gwparam.mod": "fortran/gwparam.mod",
    }
    for place in places.values():
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()

    class Package:
        def joinpath(self, *names):
            return tmp_path / places.get("/".join(names), "absent")

    monkeypatch.setattr(resources, "files", lambda _: Package())
    return tmp_path


def test_config_of_an_editable_install_names_where_files_were_built(capsys, editable):
    assert main(["config", "--fflags", "--cflags", "--libs"]) == 0

    assert capsys.readouterr().out.split() == [
        f"-I{editable}/fortran",
        f"-I{editable}/include",
        f"-L{editable}/fortran",
        f"-L{editable}/src",
        f"-Wl,-rpath,{editable}/fortran",
        f"-Wl,-rpath,{editable}/src",
        "-lgwparam_fortran",
        "-lgwparam",
    ]


@pytest.mark.usefixtures("editable")
@pytest.mark.parametrize("option", ["--cmake-dir", "--pkg-config-dir"])
def test_config_of_an_editable_install_has_no_package_files(capsys, option):
    assert main(["config", option]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "gwparam is an editable install, which has no files" in captured.err


@pytest.mark.usefixtures("library_alone")
def test_config_without_fortran_has_no_flags_for_it(capsys):
    assert main(["config", "--fflags"]) == 2

    expected = "gwparam.mod is absent, expected gwparam built with Fortran"
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "file"),
    [("--cmake-dir", "gwparam-config.cmake"), ("--pkg-config-dir", "gwparam.pc")],
)
@pytest.mark.usefixtures("installed")
def test_config_names_the_folder_of_a_package_file(capsys, option, file):
    assert main(["config", option]) == 0

    folder = capsys.readouterr().out.strip()
    assert os.path.isfile(os.path.join(folder, file))


def test_config_without_installed_library(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)

    assert main(["config", "--libs"]) == 2
    assert (
        "libgwparam.so is absent, expected gwparam installed" in capsys.readouterr().err
    )


def test_config_without_option_names_them(capsys):
    assert main(["config"]) == 2
    assert "nothing is asked, expected some of --fflags" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--mpi", "--restart-file"])
def test_config_takes_the_parts_of_a_host_for_its_flags_too(capsys, option):
    assert main(["config", "--fflags"]) == 0
    alone = capsys.readouterr().out

    assert main(["config", "--fflags", option]) == 0
    assert capsys.readouterr().out == alone


@pytest.mark.usefixtures("library_alone")
def test_config_answers_a_program():
    status, flags = answer("config", "--version", "--libs")

    assert status == 0
    assert list(flags) == ["version", "libs"]
    assert flags["version"] == gwparam.__version__
    assert flags["libs"].endswith("-lgwparam")
