"""The editable install for developers: a checkout that Python can use as it is."""

from pathlib import Path

import pytest
from environments import SMALL_BUILD, copied_checkout, environment_without, run

# As docs/install.md has it, but small. Built in the folder that `make` has, where a
# cache of the compiler knows the paths.
SETTINGS = [f"-Csetup-args=-D{part}=disabled" for part in SMALL_BUILD]
HOST = """
program host
    use gwparam, only: gwparam_version
    print "(a)", "linked with "//gwparam_version()
end program host
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def programs(checkout: Path) -> Path:
    """Programs of an environment with an editable install of the checkout."""
    programs = environment_without(["gwparam"], checkout / ".venv")
    words = ["install", "-q", "--no-build-isolation", "--no-deps", "--no-index"]
    run([programs / "pip", *words, *SETTINGS, "-Cbuild-dir=build", "-e", "."], checkout)
    return programs


@pytest.mark.slow
def test_python_in_the_checkout_has_the_compiled_parts(
    checkout: Path, programs: Path
) -> None:
    code = (
        "import gwparam, gwparam.native; from gwparam.shared_library import "
        "shared_library; shared_library(); print(gwparam.__file__)"
    )
    said = run([programs / "python", "-c", code], checkout)
    assert said == f"{checkout}/gwparam/__init__.py\n"


@pytest.mark.slow
def test_a_change_of_python_needs_no_command(checkout: Path, programs: Path) -> None:
    with (checkout / "gwparam" / "constants.py").open("a") as file:
        file.write("CHANGED = 17\n")
    code = "from gwparam.constants import CHANGED; print(CHANGED)"
    said = run([programs / "python", "-c", code], checkout)
    assert said == "17\n"


@pytest.mark.slow
def test_pytest_runs_as_a_module(checkout: Path, programs: Path) -> None:
    words = ["-m", "pytest", "-q", "tests/python/test_gwparam.py"]
    said = run([programs / "python", *words], checkout)
    assert "3 passed" in said


@pytest.mark.slow
def test_a_fortran_host_links(checkout: Path, programs: Path, tmp_path: Path) -> None:
    (tmp_path / "host.f90").write_text(HOST)
    flags = [
        run([programs / "gwparam", "config", option], tmp_path)
        for option in ("--fflags", "--libs")
    ]
    compiler = ["gfortran", *flags[0].split(), "host.f90", *flags[1].split()]
    run([*compiler, "-o", "host"], tmp_path)
    assert run([tmp_path / "host"], tmp_path).startswith("linked with 0.")
