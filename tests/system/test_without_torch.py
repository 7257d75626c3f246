"""A library built without torch runs a column network, with no torch within reach."""

import re
import subprocess

import artefacts
import pytest
from hosts import PROJECT, TIMEOUT

from gwparam.export import export_model

HOST = """
program host
    use gwparam, only: gwparam_scheme_t
    implicit none
    type(gwparam_scheme_t) :: scheme
    character(len=400) :: path, message
    integer :: stat
    call get_command_argument(1, path)
    message = ""
    call scheme%load(trim(path), stat=stat, errmsg=message)
    write (*, "(i0, 1x, a)") stat, trim(message)
end program host
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    prefix = folder / "installed"
    commands = [
        f"meson setup build {PROJECT} --prefix {prefix} --libdir lib -Dtorch=disabled "
        "-Dmpi=disabled -Drestart_file=disabled",
        "meson install -C build --quiet",
        f"gfortran host.f90 -o host -I{prefix}/include/gwparam -L{prefix}/lib "
        f"-lgwparam_fortran -lgwparam -Wl,-rpath,{prefix}/lib",
    ]
    (folder / "host.f90").write_text(HOST)
    for command in commands:
        done = subprocess.run(
            command.split(), cwd=folder, capture_output=True, text=True, timeout=1800
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def load(folder, artefact):
    """Load an artefact in a host whose environment names nothing."""
    text = subprocess.run(
        ["./host", str(artefact)],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    ).stdout
    status, _, message = text.strip().partition(" ")
    return int(status), message


@pytest.mark.slow
def test_no_torch_and_no_python_is_linked(folder):
    for name in ("host", "installed/lib/libgwparam.so"):
        linked = subprocess.run(
            ["ldd", name], cwd=folder, capture_output=True, text=True, check=True
        ).stdout
        assert "libstdc++" in linked
        assert not re.search(r"torch|c10|python|not found", linked), linked
    assert not list((folder / "installed").rglob("*torch*"))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_wavenet_gives_the_bits_of_its_probe(reference_data, folder, dtype):
    path = folder / f"{dtype}.pt"
    export_model(reference_data / "wavenet" / "network_wst.pkl", path, dtype=dtype)
    assert load(folder, path) == (0, "")  # which compares the bits of the probe


@pytest.mark.slow
def test_what_needs_torch_is_refused_with_the_reason(folder):
    artefacts.write_all(folder / "artefacts")
    status, message = load(folder, folder / "artefacts" / "linear.pt")
    assert status == -3
    assert "needs libtorch" in message
    assert "libgwparam_torch.so: cannot open shared object file" in message
