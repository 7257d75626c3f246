"""A stranger's program links in one line, whichever way the stranger asks for flags."""

import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import artefacts
import pytest

PACKAGE = Path(str(resources.files("gwparam")))
pytestmark = pytest.mark.skipif(
    not PACKAGE.is_dir(), reason="gwparam is an editable install: test_editable.py"
)

FORTRAN_HOST = """
program host
    use gwparam, only: gwparam_scheme_t, gwparam_top_down, gwparam_version
    implicit none
    type(gwparam_scheme_t) :: scheme
    integer :: stat
    character(len=200) :: errmsg
    call scheme%load("linear.pt", stat=stat, errmsg=errmsg)
    if (stat /= 0) error stop
    call scheme%load("absent.pt", stat=stat, errmsg=errmsg)
    print "(a)", "version "//gwparam_version()//", then "//trim(errmsg)
end program host
"""

HOST_WITHOUT_STAT = """
program host
    use gwparam, only: gwparam_scheme_t
    implicit none
    type(gwparam_scheme_t) :: scheme
    call scheme%load("absent.pt")
    print "(a)", "went on"
end program host
"""

C_HOST = """
#include <gwparam.h>
#include <stdio.h>
int main(void) {
    char text[256];
    gwparam_scheme *scheme = NULL;
    if (gwparam_scheme_load(&scheme, "linear.pt", NULL) != GWPARAM_OK) return 1;
    gwparam_scheme_free(scheme);
    if (gwparam_scheme_load(&scheme, "absent.pt", NULL) != GWPARAM_ERR_FILE) return 1;
    if (gwparam_last_error(text, sizeof text) != GWPARAM_OK) return 1;
    printf("%s\\n", text);
    return 0;
}
"""

MPI_FORTRAN_HOST = """
program host
    use gwparam, only: gwparam_scheme_t
    use gwparam_mpi, only: gwparam_mpi_load
    use mpi_f08, only: MPI_COMM_WORLD, MPI_Finalize, MPI_Init
    implicit none
    type(gwparam_scheme_t) :: scheme
    integer :: stat
    character(len=200) :: errmsg
    call MPI_Init()
    call gwparam_mpi_load(scheme, "linear.pt", MPI_COMM_WORLD, stat=stat, errmsg=errmsg)
    if (stat /= 0) error stop
    call gwparam_mpi_load(scheme, "absent.pt", MPI_COMM_WORLD, stat=stat, errmsg=errmsg)
    print "(a)", trim(errmsg)
    call MPI_Finalize()
end program host
"""

MPI_C_HOST = """
#include <gwparam_mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
    char text[256];
    gwparam_scheme *scheme = NULL;
    MPI_Init(&argc, &argv);
    if (gwparam_mpi_scheme_load(&scheme, "linear.pt", NULL, MPI_COMM_WORLD)) return 1;
    gwparam_scheme_free(scheme);
    if (!gwparam_mpi_scheme_load(&scheme, "absent.pt", NULL, MPI_COMM_WORLD)) return 1;
    if (gwparam_last_error(text, sizeof text) != GWPARAM_OK) return 1;
    printf("%s\\n", text);
    MPI_Finalize();
    return 0;
}
"""

RESTART_HOST = """
program host
    use gwparam, only: dp, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_t
    use gwparam_restart_file, only: gwparam_restart_exists, gwparam_restart_read, &
        & gwparam_restart_write
    implicit none
    type(gwparam_coupling_settings_t) :: settings
    type(gwparam_coupling_t) :: drag
    real(dp) :: lat(2, 1) = 0.5_dp, lon(2, 1) = reshape([1.0_dp, 2.0_dp], [2, 1])
    real(dp) :: pressure(5) = [1e2_dp, 1e3_dp, 1e4_dp, 5e4_dp, 9e4_dp]
    integer :: stat
    character(len=200) :: errmsg
    call drag%init(settings, pressure, gwparam_top_down, lat, lon)
    call gwparam_restart_write("drag.nc", drag)
    if (.not. gwparam_restart_exists("drag.nc")) error stop
    call gwparam_restart_read("drag.nc", drag)
    call gwparam_restart_read("absent.nc", drag, stat=stat, errmsg=errmsg)
    print "(a)", trim(errmsg)
end program host
"""

RESTART_CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(stranger Fortran)
find_package(gwparam REQUIRED)
add_executable(restart_host restart_host.f90)
target_link_libraries(restart_host gwparam::restart_file)
"""

MPI_CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(stranger C Fortran)
find_package(MPI REQUIRED)
find_package(gwparam 0.1 REQUIRED)
add_executable(c_host mpi_host.c)
target_link_libraries(c_host gwparam::mpi MPI::MPI_C)
add_executable(fortran_host mpi_host.f90)
target_link_libraries(fortran_host gwparam::mpi_fortran MPI::MPI_Fortran)
"""

CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(stranger C Fortran)
find_package(gwparam 0.1 REQUIRED)
add_executable(c_host host.c)
target_link_libraries(c_host gwparam::gwparam)
add_executable(fortran_host host.f90)
target_link_libraries(fortran_host gwparam::fortran)
"""


needs_netcdf = pytest.mark.skipif(
    not (PACKAGE / "lib" / "libgwparam_restart_file.so").is_file(),
    reason="gwparam is installed without netCDF for Fortran",
)
needs_mpi = pytest.mark.skipif(
    not (PACKAGE / "lib" / "libgwparam_mpi.so").is_file(),
    reason="gwparam is installed without MPI",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "host.f90").write_text(FORTRAN_HOST)
    (tmp_path / "host.c").write_text(C_HOST)
    (tmp_path / "mpi_host.f90").write_text(MPI_FORTRAN_HOST)
    (tmp_path / "restart_host.f90").write_text(RESTART_HOST)
    (tmp_path / "mpi_host.c").write_text(MPI_C_HOST)
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    artefacts.write(tmp_path / "linear.pt", artefacts.Linear(), artefacts.contract())
    return tmp_path


def call(folder: Path, command: str, **environment: str) -> str:
    result = subprocess.run(
        command,
        cwd=folder,
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_fortran_host_links_with_gwparam_config(folder: Path) -> None:
    call(
        folder,
        "gfortran $(gwparam config --fflags) host.f90 $(gwparam config --libs) -o host",
    )
    assert "cannot open absent.pt: No such file" in call(folder, "./host")


def test_fortran_host_without_stat_stops_with_the_message(folder: Path) -> None:
    (folder / "host.f90").write_text(HOST_WITHOUT_STAT)
    call(
        folder,
        "gfortran $(gwparam config --fflags) host.f90 $(gwparam config --libs) -o host",
    )
    result = subprocess.run(["./host"], cwd=folder, capture_output=True, text=True)
    assert result.returncode != 0
    assert "cannot open absent.pt: No such file" in result.stderr
    assert "went on" not in result.stdout


def test_host_refuses_a_library_of_another_series(folder: Path) -> None:
    (folder / "other.c").write_text(
        "#include <string.h>\n#include <stdint.h>\n"
        "int gwparam_version(char *text, int64_t capacity) {\n"
        '    strncpy(text, "7.1.0", capacity);\n    return 0;\n}\n'
    )
    call(folder, "gcc -shared -fPIC other.c -o other.so")
    (folder / "host.f90").write_text(HOST_WITHOUT_STAT)
    call(
        folder,
        "gfortran $(gwparam config --fflags) host.f90 $(gwparam config --libs) -o host",
    )
    result = subprocess.run(
        ["./host"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "LD_PRELOAD": str(folder / "other.so")},
    )
    assert result.returncode != 0
    expected = "libgwparam is version 7.1.0, the host was compiled for 0.1"
    assert expected in result.stderr


def test_c_host_links_with_gwparam_config(folder: Path) -> None:
    call(
        folder, "gcc $(gwparam config --cflags) host.c $(gwparam config --libs) -o host"
    )
    assert "cannot open absent.pt" in call(folder, "./host")


def test_hosts_link_with_pkg_config(folder: Path) -> None:
    path = str(PACKAGE / "lib" / "pkgconfig")
    flags = "$(pkg-config --cflags --libs gwparam)"
    call(folder, f"gfortran host.f90 {flags} -o f_host", PKG_CONFIG_PATH=path)
    call(folder, f"gcc host.c {flags} -o c_host", PKG_CONFIG_PATH=path)
    assert "cannot open absent.pt" in call(folder, "./f_host")
    assert "cannot open absent.pt" in call(folder, "./c_host")


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_hosts_link_with_cmake(folder: Path) -> None:
    call(folder, f"cmake -S . -B build -DCMAKE_PREFIX_PATH={PACKAGE}")
    call(folder, "cmake --build build")
    assert "cannot open absent.pt" in call(folder, "build/c_host")
    assert "cannot open absent.pt" in call(folder, "build/fortran_host")


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
@pytest.mark.parametrize(
    ("asked", "found"),
    [("0.1", True), ("0.1.0", True), ("0", True), ("0.1.99", False), ("0.2", False)],
)
def test_cmake_takes_the_series_asked_for(
    folder: Path, asked: str, found: bool
) -> None:
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(stranger C)\n"
        f"find_package(gwparam {asked})\nmessage(STATUS found:${{gwparam_FOUND}})\n"
    )
    said = call(folder, f"cmake -S . -B build -DCMAKE_PREFIX_PATH={PACKAGE}")
    assert f"found:{int(found)}" in said


@needs_mpi
def test_hosts_of_several_ranks_link_with_gwparam_config(folder: Path) -> None:
    flags = "$(gwparam config --fflags --mpi --libs)"
    call(folder, f"mpifort mpi_host.f90 {flags} -o f_host")
    flags = "$(gwparam config --cflags --mpi --libs)"
    call(folder, f"mpicc mpi_host.c {flags} -o c_host")
    assert "cannot open absent.pt" in call(folder, "./f_host")
    assert "cannot open absent.pt" in call(folder, "./c_host")


@needs_mpi
def test_hosts_of_several_ranks_link_with_pkg_config(folder: Path) -> None:
    path = str(PACKAGE / "lib" / "pkgconfig")
    flags = "$(pkg-config --cflags --libs gwparam_mpi)"
    call(folder, f"mpifort mpi_host.f90 {flags} -o f_host", PKG_CONFIG_PATH=path)
    call(folder, f"mpicc mpi_host.c {flags} -o c_host", PKG_CONFIG_PATH=path)
    assert "cannot open absent.pt" in call(folder, "./f_host")
    assert "cannot open absent.pt" in call(folder, "./c_host")


@needs_mpi
@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_hosts_of_several_ranks_link_with_cmake(folder: Path) -> None:
    (folder / "CMakeLists.txt").write_text(MPI_CMAKE)
    call(folder, f"cmake -S . -B build -DCMAKE_PREFIX_PATH={PACKAGE}")
    call(folder, "cmake --build build")
    assert "cannot open absent.pt" in call(folder, "build/c_host")
    assert "cannot open absent.pt" in call(folder, "build/fortran_host")


@needs_netcdf
def test_hosts_with_restart_files_link_with_gwparam_config(folder: Path) -> None:
    flags = "$(gwparam config --fflags --restart-file --libs)"
    call(folder, f"gfortran restart_host.f90 {flags} -o host")
    assert "there is no restart file absent.nc.0000" in call(folder, "./host")


@needs_netcdf
def test_hosts_with_restart_files_link_with_pkg_config(folder: Path) -> None:
    path = str(PACKAGE / "lib" / "pkgconfig")
    flags = "$(pkg-config --cflags --libs gwparam_restart_file)"
    call(folder, f"gfortran restart_host.f90 {flags} -o host", PKG_CONFIG_PATH=path)
    assert "there is no restart file absent.nc.0000" in call(folder, "./host")


@needs_netcdf
@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_hosts_with_restart_files_link_with_cmake(folder: Path) -> None:
    (folder / "CMakeLists.txt").write_text(RESTART_CMAKE)
    call(folder, f"cmake -S . -B build -DCMAKE_PREFIX_PATH={PACKAGE}")
    call(folder, "cmake --build build")
    assert "there is no restart file absent.nc.0000" in call(
        folder, "build/restart_host"
    )


def test_the_core_needs_neither_netcdf_nor_mpi() -> None:
    library = PACKAGE / "lib" / "libgwparam_fortran.so"
    needed = call(library.parent, f"readelf -d {library}")
    assert "libgwparam.so" in needed
    assert "netcdf" not in needed
    assert "libmpi" not in needed
