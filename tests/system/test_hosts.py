"""Hosts as other people write them: threads, layouts, forks, traps, compilers."""

import re
import shutil
import subprocess
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hosts import PROJECT, TIMEOUT, environment

from gwparam.export import export_model

# What comes of the lines of layouts.f90 that would have it otherwise, by
# docs/guards.md: empty units are refused, no older network answers after a load that
# failed, and small numbers are degrees where nobody says radians.
OTHERWISE = {
    "empty units": -3,
    "failed second load: old network kept?": -2,
    "lat in radians, no units said (refusal would be good)": 0,
}
# The status that lines have to give; others show that of a later call.
STATUSES = {
    "single column: rank-1 profile": 0,
    "latitudes beyond 90 (refusal would be good)": -8,
    "negative surface pressure (refusal would be good)": -8,
    "1e300 in double for a float32 network (refusal would be good)": -7,
}


@pytest.fixture(scope="module")
def cases(reference_data: Path) -> Path:
    folder = reference_data / "cases" / "hosts"
    if not folder.is_dir():
        pytest.skip(f"hosts absent: {folder}")
    return folder


@pytest.fixture(scope="module")
def folder(cases: Path, reference_data: Path, tmp_path_factory) -> Path:
    """Where the hosts run: the published WaveNet, and the pressures of their levels."""
    path = tmp_path_factory.mktemp("hosts")
    export_model(reference_data / "wavenet" / "network_wst.pkl", path / "wavenet.pt")
    with netCDF4.Dataset(cases.parent / "states" / "base.nc") as file:
        np.savetxt(path / "pref.txt", 100 * file["lev"][:], fmt="%.9e")
    return path


def shell(command: str, folder: Path, timeout: int = TIMEOUT) -> str:
    found = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
    )
    assert found.returncode == 0, f"{command}\n{found.stdout}\n{found.stderr}"
    return found.stdout


def build(
    cases: Path, folder: Path, sources: str, program: str, flags: str = ""
) -> None:
    if shutil.which("gfortran") is None:
        pytest.skip("gfortran absent")
    files = " ".join(str(cases / source) for source in sources.split())
    shell(
        f"gfortran -O1 -ffree-line-length-none {flags} $(gwparam config --fflags) "
        f"{files} $(gwparam config --libs) -o {program}",
        folder,
    )


def layouts(text: str) -> dict[str, tuple[str, int]]:
    """Verdict and status by line, without what the last failure left in the message."""
    lines = re.findall(r"^(ok|DIFFER) +(.*?) stat=(-?\d+)", text, re.MULTILINE)
    assert len(lines) > 30, text
    return {what: (verdict, int(status)) for verdict, what, status in lines}


def check_layouts(text: str) -> None:
    found = layouts(text)
    for what, (verdict, _) in found.items():
        assert verdict == ("DIFFER" if what in OTHERWISE else "ok"), what
    for what, status in {**OTHERWISE, **STATUSES}.items():
        assert found[what][1] == status, what


def test_layouts_of_arrays(cases, folder) -> None:
    build(cases, folder, "layouts.f90", "layouts")
    check_layouts(shell("./layouts wavenet.pt", folder))


def test_threads_that_share_a_scheme_are_refused(cases, folder) -> None:
    """Windows that failed are all that is missing: none is another thread's."""
    build(cases, folder, "h.f90 threads.f90", "threads", "-fopenmp")
    shared = shell("./threads wavenet.pt shared", folder)
    found = re.search(r"differ\s+(\d+) ; failed windows\s+(\d+)", shared)
    assert found, shared
    assert int(found[2]) >= int(found[1])
    private = shell("./threads wavenet.pt private", folder)
    assert re.search(r"differ\s+0 ; failed windows\s+0 ", private), private


def test_a_forked_child_gets_a_status(cases, folder) -> None:
    shell(
        f"gcc -O1 $(gwparam config --cflags) {cases / 'many.c'} "
        "$(gwparam config --libs) -lm -lpthread -o many",
        folder,
    )
    for what in ("forkrun", "fork"):
        text = shell(f"./many wavenet.pt {what}", folder)
        assert re.search(r"child step -12 .*forked after the scheme was loaded", text)
        assert "child ended: status 0" in text
        assert re.search(r"^parent step 0 ", text, re.MULTILINE)


def test_a_host_with_all_traps(cases, folder) -> None:
    build(cases, folder, "h.f90 fpe.f90", "fpe", "-ffpe-trap=invalid,zero,overflow -g")
    text = shell("./fpe wavenet.pt", folder)
    modes = re.findall(r"halting (?:before|after ) +([TF ]+)$", text, re.MULTILINE)
    assert len(modes) == 2
    assert modes[0] == modes[1]
    assert re.search(r"load +0$", text, re.MULTILINE)
    assert re.search(r"step +0 *$", text, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["flang-new-19", "gfortran-11"])
def test_other_compilers_give_the_same(cases, folder, tmp_path, compiler) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} absent")
    native = tmp_path / "native.ini"
    native.write_text(f"[binaries]\nfortran = '{compiler}'\n")
    shell(
        f"meson setup build '{PROJECT}' --native-file {native} --prefix $PWD/installed "
        "--libdir lib -Dmpi=disabled -Dtests=true && meson install -C build --quiet && "
        "meson test -C build 'fortran_*'",
        tmp_path,
        timeout=1800,
    )
    long_lines = "-ffree-line-length-none" if "gfortran" in compiler else ""
    torch = "$(python -c 'import torch; print(torch.__path__[0])')/lib"
    shell(
        f"{compiler} -O1 {long_lines} -I installed/include/gwparam "
        f"{cases / 'layouts.f90'} -L installed/lib -lgwparam_fortran -lgwparam "
        f"-Wl,-rpath,$PWD/installed/lib -Wl,-rpath-link,{torch} "
        f"-Wl,-rpath,{torch} -o layouts",
        tmp_path,
    )
    text = shell(f"{tmp_path / 'layouts'} wavenet.pt", folder)
    check_layouts(text)
    build(cases, folder, "layouts.f90", "layouts")
    assert layouts(text) == layouts(shell("./layouts wavenet.pt", folder))


@pytest.mark.slow
def test_mpich_beside_another_mpi(tmp_path) -> None:
    tools = {tool: f"{tool}.mpich" for tool in ("mpicc", "mpicxx", "mpifort", "mpirun")}
    for tool in tools.values():
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} absent")
    native = tmp_path / "native.ini"
    words = [f"{name} = '{tool}'" for name, tool in tools.items()]
    native.write_text("\n".join(["[binaries]", *words, ""]))
    # Else pkg-config answers first, for the other one.
    (tmp_path / "empty").mkdir()
    shell(
        f"export PKG_CONFIG_LIBDIR=$PWD/empty; meson setup build '{PROJECT}' "
        f"--native-file {native} -Drestart_file=disabled -Dtests=true && "
        "meson compile -C build",
        tmp_path,
        timeout=1800,
    )
    linked = shell("ldd build/fortran_bridge/mpi/libgwparam_mpi.so", tmp_path)
    assert "libmpich" in linked
    for case in ("outside", "again", "file"):
        text = shell(
            f"mpirun.mpich -n 2 build/tests/mpi/load {case} build/tests", tmp_path
        )
        assert len(re.findall(r"rank \d passed", text)) == 2, text
