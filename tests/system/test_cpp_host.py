"""The C++ host: blocks of columns in vectors give the bits of the library in Python."""

import subprocess

import hosts
import netCDF4
import numpy as np
import pytest
from host_states import drag_of_columns
from hosts import PROJECT, TIMEOUT

from gwparam.export import export_model

WINDS = ("dudt", "dvdt")


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """The host, built with all checks of the compiler's library."""
    checks = "CXXFLAGS=-O2 -Wall -Wextra -Werror -D_GLIBCXX_ASSERTIONS"
    return hosts.build(
        "cpp_coupling", tmp_path_factory.mktemp("cpp"), "g++", checks, "nc-config"
    )


def run(driver, *words, **variables):
    return subprocess.run(
        [driver, *map(str, words)],
        cwd=driver.parent,
        env=hosts.environment() | variables,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def tendencies(path):
    with netCDF4.Dataset(path) as file:
        assert {file[name].units for name in WINDS} == {"m s-2"}
        return np.stack([np.asarray(file[name][:]) for name in WINDS])


# 7 does not divide the 256 columns: the last block is smaller.
@pytest.mark.parametrize("columns", [7, 256])
def test_drag_has_the_bits_of_the_library(
    driver, sample_artefact, sample_states, tmp_path, columns
):
    path = tmp_path / "tendencies.nc"
    finished = run(driver, sample_artefact, sample_states, path, columns)
    assert finished.returncode == 0, finished.stderr
    assert "2 steps of 256 columns with 40 levels" in finished.stdout
    found = tendencies(path)
    np.testing.assert_array_equal(
        found, drag_of_columns(sample_artefact, sample_states)
    )


def test_states_of_mima_and_the_published_network(driver, reference_data, tmp_path):
    artefact = tmp_path / "wavenet.pt"
    export_model(reference_data / "wavenet" / "network_wst.pkl", artefact)
    states = reference_data / "mima" / "mima_t42l40_ad99.nc"
    path = tmp_path / "tendencies.nc"
    finished = run(driver, artefact, states, path, 1000)
    assert finished.returncode == 0, finished.stderr
    np.testing.assert_array_equal(tendencies(path), drag_of_columns(artefact, states))


def test_a_refusal_is_the_message_drag_of_columns(driver, sample_states, tmp_path):
    finished = run(driver, tmp_path / "absent.pt", sample_states, tmp_path / "out.nc")
    assert finished.returncode == 2
    assert "host: " in finished.stderr
    assert "absent.pt" in finished.stderr


@pytest.mark.parametrize("columns", ["0", "-1", "7x"])
def test_blocks_without_columns_are_refused(
    driver, sample_artefact, sample_states, tmp_path, columns
):
    finished = run(driver, sample_artefact, sample_states, tmp_path / "o.nc", columns)
    assert finished.returncode == 2
    expected = f"host: COLUMNS is {columns}, expected a whole number from 1\n"
    assert finished.stderr == expected


def test_a_file_that_cannot_be_closed_ends_the_run(
    driver, sample_artefact, sample_states, tmp_path
):
    """As on a disk that is full by then."""
    source = tmp_path / "close.c"
    source.write_text("int nc_close(int id) { (void)id; return 28; } // ENOSPC\n")
    library = tmp_path / "close.so"
    subprocess.run(
        ["g++", "-xc", "-shared", "-fPIC", source, "-o", library], check=True
    )
    path = tmp_path / "out.nc"
    finished = run(
        driver, sample_artefact, sample_states, path, LD_PRELOAD=str(library)
    )
    assert finished.returncode == 2
    assert finished.stderr == f"host: {path}: No space left on device\n"


def test_the_class_includes_what_it_uses():
    text = (PROJECT / "examples" / "cpp_coupling" / "gravity_wave_drag.hpp").read_text()
    used = {"std::size_t": "cstddef", "int64_t": "cstdint", "std::map": "map"}
    for word, header in used.items():
        assert word in text
        assert f"#include <{header}>" in text
