"""The wheel of `make wheel`: small, whole, and enough for Python and Fortran."""

import email
import json
import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from environments import environment_without, run
from hosts import PROJECT
from python_host import STEP

MEGABYTE = 1e6
TORCH = ["torch", "functorch", "torchgen"]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (PROJECT / ".git").exists():
        pytest.skip("an sdist is made of a commit, and this is no checkout")
    folder = tmp_path_factory.mktemp("dist")
    run([PROJECT / "tools" / "make_wheel.sh", folder], PROJECT)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("gwparam-*.whl")
    return path


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of an environment without torch that has the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    programs = environment_without(["gwparam", *TORCH], folder)
    run([programs / "pip", "install", "-q", "--no-deps", "--no-index", wheel], folder)
    return programs


def alone(programs: Path, *words: str | Path, status: int = 0) -> str:
    """Run a program that finds no others: no compiler, and nothing of Debian's."""
    done = subprocess.run(
        [programs / words[0], *words[1:]],
        cwd=programs,
        env={"PATH": str(programs), "HOME": str(programs)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == status, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout if status == 0 else done.stderr


@pytest.mark.slow
def test_wheel_is_small_and_for_many_systems(wheel: Path) -> None:
    assert re.fullmatch(r"gwparam-.*-manylinux_2_\d+_\w+\.whl", wheel.name)
    assert wheel.stat().st_size < 10 * MEGABYTE


@pytest.mark.slow
def test_wheel_has_what_hosts_need_and_nothing_of_torch_mpi_or_netcdf(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for name in (
        *("lib/libgwparam.so", "lib/libgwparam_fortran.so", "lib/pkgconfig/gwparam.pc"),
        *("include/gwparam.h", "include/fortran/gwparam_coupling.mod"),
        "lib/cmake/gwparam/gwparam-config.cmake",
    ):
        assert f"gwparam/{name}" in names
    libraries = {Path(name).name for name in names if ".so" in name}
    own = {"libgwparam.so", "libgwparam_fortran.so", "libgwparam_qbo.so"}
    assert own < libraries
    brought = {re.split(r"[-.]", name)[0] for name in libraries - own}
    assert brought <= {"_extension", "libgfortran", "libquadmath"}


@pytest.mark.slow
def test_metadata_name_the_extras_and_no_torch_beside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    assert {"torch", "finetune", "zarr"} <= set(metadata.get_all("Provides-Extra", []))
    torch = [n for n in metadata.get_all("Requires-Dist", []) if n.startswith("torch")]
    assert torch
    assert all("extra ==" in requirement for requirement in torch)


@pytest.mark.slow
def test_sdist_has_the_sources_and_nothing_that_was_built(dist: Path) -> None:
    (path,) = dist.glob("gwparam-*.tar.gz")
    with tarfile.open(path) as archive:
        names = {n.partition("/")[2] for n in archive.getnames()}
    assert {"meson.build", "LICENSE", "fortran_bridge/include/gwparam.h"} <= names
    assert not [n for n in names if n.endswith((".so", ".o", ".pyc"))]


@pytest.mark.slow
def test_python_needs_no_torch_and_no_compiler(
    programs: Path, sample_artefact: Path, sample_states: Path
) -> None:
    assert "eastward_wind" in alone(programs, "gwparam", "inspect", sample_artefact)
    words = ["bench", sample_artefact, "--columns=8", "--rounds=1", "--json"]
    rows = json.loads(alone(programs, "gwparam", *words))["times"]
    assert {row["what"] for row in rows} == {"library", "native"}
    drag = alone(programs, "python", "-c", STEP, sample_artefact, sample_states)
    assert 1e-6 < float(drag) < 1e-2  # [m s-2]


@pytest.mark.slow
def test_what_needs_torch_says_so(
    programs: Path, sample_artefact: Path, sample_states: Path
) -> None:
    said = alone(
        programs, "gwparam", "replay", sample_artefact, sample_states, status=2
    )
    assert said == "gwparam: error: needs torch: pip install 'gwparam[torch]'\n"


@pytest.mark.slow
def test_ten_lines_of_fortran_link_in_every_way(
    programs: Path, sample_artefact: Path
) -> None:
    script = PROJECT / "tools" / "try_linking.sh"
    said = run([script, "gwparam", sample_artefact], programs, programs).splitlines()
    ways = ["with_gwparam_config", "with_pkg_config", "with_cmake", "with_meson"]
    assert [line.split(":")[0] for line in said] == ways
    absent = [line for line in said if "not tried" in line]
    assert len(absent) < len(said)
    assert all(
        re.search(r"gwparam 0\.\S+: loaded$", s) for s in said if s not in absent
    )


@pytest.mark.slow
def test_a_host_and_the_library_share_the_run_time_of_fortran(
    programs: Path, tmp_path: Path
) -> None:
    """The wheel's own serves Python; in a host, units and files are of one."""
    (tmp_path / "host.f90").write_text(
        "program host\nuse gwparam\nprint *, gwparam_version()\nend program host\n"
    )
    flags = '$("$0" config --fflags) host.f90 $("$0" config --libs) -o host'
    run(["sh", "-c", f"gfortran {flags}", programs / "gwparam"], tmp_path)
    done = subprocess.run(
        [tmp_path / "host"],
        env=os.environ | {"LD_DEBUG": "bindings", "LD_BIND_NOW": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    bound = re.findall(r"libgwparam_fortran\.so .* to (\S+) .*_gfortran_", done.stderr)
    assert bound
    assert not [path for path in bound if "gwparam.libs" in path]
