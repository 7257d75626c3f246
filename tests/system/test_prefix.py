"""What `meson install` puts under a prefix, for hosts of a computing centre."""

import re
from pathlib import Path

import pytest
from environments import SMALL_BUILD, copied_checkout, run
from hosts import PROJECT


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied_checkout(tmp_path_factory.mktemp("centre"))
    parts = [f"-D{part}=disabled" for part in SMALL_BUILD]
    words = ["build", "--prefix", folder / "prefix", "--libdir=lib"]
    run(["meson", "setup", *words, *parts], folder)
    run(["meson", "install", "-C", "build", "--quiet"], folder)
    # Hosts find it where it is, not where it was meant to be.
    return (folder / "prefix").rename(folder / "moved")


@pytest.mark.slow
def test_ten_lines_of_fortran_link_in_every_way(
    prefix: Path, sample_artefact: Path
) -> None:
    script = PROJECT / "tools" / "try_linking.sh"
    said = run([script, prefix, sample_artefact], prefix).splitlines()
    ways = ["with_pkg_config", "with_cmake", "with_meson"]
    assert [line.split(":")[0] for line in said] == ways
    tried = [line for line in said if "not tried" not in line]
    assert tried
    assert all(re.search(r"gwparam 0\.\S+: loaded$", line) for line in tried)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["libgwparam", "libgwparam_fortran"])
def test_library_has_the_number_of_its_abi(prefix: Path, name: str) -> None:
    dynamic = run(["readelf", "-d", prefix / "lib" / f"{name}.so"], prefix)
    (soname,) = re.findall(r"Library soname: \[(.*)\]", dynamic)
    assert re.fullmatch(rf"{name}\.so\.\d+", soname)
    assert (prefix / "lib" / soname).is_file()


@pytest.mark.slow
def test_no_python_and_nothing_of_this_machine_is_installed(prefix: Path) -> None:
    files = [path for path in prefix.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix in (".py", ".cdef")]
    for path in files:
        if path.suffix in (".pc", ".cmake"):
            assert str(prefix.parent) not in path.read_text()
