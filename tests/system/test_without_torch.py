"""A library built without torch runs a column network, with no torch within reach."""

import os
import re
import subprocess

import netCDF4
import numpy as np
import pytest
from hosts import PROJECT, TIMEOUT, environment
from recipes import attention_unet, options

from gwparam.export import export_model

# A step on the columns of state.bin, float32: pressures of the levels, wind (column,
# level) twice, surface pressure, latitude. What it gives goes into drag.bin.
HOST = """
program host
    use, intrinsic :: iso_fortran_env, only: real32
    use gwparam, only: gwparam_scheme_t, gwparam_top_down
    implicit none
    integer, parameter :: nlev = 40
    type(gwparam_scheme_t) :: scheme
    character(len=400) :: path, count, message
    real(real32), allocatable :: pressure(:), u(:, :), v(:, :), ps(:), lat(:)
    integer :: stat, unit, columns
    call get_command_argument(1, path)
    call get_command_argument(2, count)
    read (count, *) columns
    allocate (pressure(nlev), u(columns, nlev), v(columns, nlev))
    allocate (ps(columns), lat(columns))
    message = ""
    call scheme%load(trim(path), stat=stat, errmsg=message)
    if (stat == 0) then
        open (newunit=unit, file="state.bin", access="stream", status="old")
        read (unit) pressure, u, v, ps, lat
        close (unit)
        call scheme%set_levels(real(pressure, kind(1.0d0)), gwparam_top_down)
        call scheme%put("eastward_wind", u)
        call scheme%put("northward_wind", v)
        call scheme%put("surface_air_pressure", ps)
        call scheme%put("latitude", lat)
        call scheme%run(stat, message)
        call scheme%get("tendency_of_eastward_wind_due_to_gravity_wave_drag", u)
        call scheme%get("tendency_of_northward_wind_due_to_gravity_wave_drag", v)
        open (newunit=unit, file="drag.bin", access="stream", status="replace")
        write (unit) u, v
        close (unit)
    end if
    write (*, "(i0, 1x, a)") stat, trim(message)
end program host
"""
COLUMNS = 256  # of one time of the sample


def done(command, folder, timeout=TIMEOUT, **environment):
    """Run a command, which has to succeed; what it printed."""
    run = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        **environment,
    )
    assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"
    return run.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory, sample_states):
    """One host twice: `alone` without torch, `usual` with the package's library."""
    folder = tmp_path_factory.mktemp("alone")
    prefix = folder / "installed"
    (folder / "host.f90").write_text(HOST)
    gfortran = "gfortran -ffree-line-length-none host.f90 -o"
    for command in (
        f"meson setup build {PROJECT} --prefix {prefix} --libdir lib -Dtorch=disabled "
        "-Dmpi=disabled -Drestart_file=disabled",
        "meson install -C build --quiet",
        f"{gfortran} alone -I{prefix}/include/gwparam -L{prefix}/lib "
        f"-lgwparam_fortran -lgwparam -Wl,-rpath,{prefix}/lib",
        f"{gfortran} usual $(gwparam config --fflags) $(gwparam config --libs)",
    ):
        done(command, folder, timeout=1800, env=environment())
    with netCDF4.Dataset(sample_states) as file:
        file.set_auto_mask(False)
        latitude = np.repeat(file["lat"][:], len(file["lon"]))
        winds = [file[name][0].reshape(len(file["lev"]), -1) for name in "uv"]
        state = [100 * file["lev"][:], *winds, file["ps"][0], latitude]
    (folder / "state.bin").write_bytes(
        b"".join(np.asarray(part, "f4").tobytes() for part in state)
    )
    return folder


def step(folder, artefact, host="alone", variables=None):
    """Status and message of a step, and its drag; the environment names nothing."""
    (folder / "drag.bin").unlink(missing_ok=True)
    text = done(f"exec ./{host} {artefact} {COLUMNS}", folder, env=variables or {})
    status, _, message = text.strip().partition(" ")
    return int(status), message


def drag(folder):
    return np.fromfile(folder / "drag.bin", "f4")


@pytest.mark.slow
def test_no_torch_and_no_python_is_linked(folder):
    for name in ("alone", "installed/lib/libgwparam.so"):
        linked = done(f"ldd {name}", folder)
        assert "libstdc++" in linked
        assert not re.search(r"torch|libc10|python|not found", linked), linked
    assert not list((folder / "installed").rglob("*torch*"))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_gives_the_bits_of_the_usual_library(folder, dtype):
    path = folder / f"{dtype}.pt"
    sample = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
    export_model(sample, path, dtype=dtype)
    assert step(folder, path, "usual", os.environ) == (0, "")
    usual = drag(folder)
    assert step(folder, path) == (0, "")
    assert usual.size == 2 * 40 * COLUMNS
    assert np.abs(usual).max() > 1e-5  # [m s-2]
    assert drag(folder).tobytes() == usual.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_wavenet_as_published_gives_the_bits_of_its_probe(
    reference_data, folder, dtype
):
    path = folder / f"published_{dtype}.pt"
    export_model(reference_data / "wavenet" / "network_wst.pkl", path, dtype=dtype)
    assert step(folder, path) == (0, "")  # the load compares the bits of the probe


@pytest.mark.slow
def test_a_network_of_the_globe_is_refused_with_the_reason(folder):
    checkpoint = attention_unet(folder / "unet.ckpt", 16, 8)
    path = folder / "unet.pt"
    export_model(checkpoint, path, options=options(folder, 4, grid="16x32"))
    status, message = step(folder, path)
    assert status == -3
    assert "needs libtorch" in message
    assert "libgwparam_torch.so: cannot open shared object file" in message
    assert not (folder / "drag.bin").exists()
