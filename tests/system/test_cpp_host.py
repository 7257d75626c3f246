"""The C++ host: blocks of columns in vectors give the bits of the library in Python."""

import subprocess

import hosts
import netCDF4
import numpy as np
import pytest
from hosts import TIMEOUT

import gwparam
from gwparam.export import export_model
from gwparam.library import Scheme

REFERENCE_SURFACE_PRESSURE = 101325.0
WINDS = {"dudt": "eastward", "dvdt": "northward"}


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """The host, built with all checks of the compiler's library."""
    checks = "CXXFLAGS=-O2 -Wall -Wextra -Werror -D_GLIBCXX_ASSERTIONS"
    return hosts.build(
        "cpp_coupling", tmp_path_factory.mktemp("cpp"), "g++", checks, "nc-config"
    )


def run(driver, *words):
    return subprocess.run(
        [driver, *map(str, words)],
        cwd=driver.parent,
        env=hosts.environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def tendencies(path):
    with netCDF4.Dataset(path) as file:
        assert {file[name].units for name in WINDS} == {"m s-2"}
        return np.stack([np.asarray(file[name][:]) for name in WINDS])


def of_the_library(artefact, states):
    """Tendencies (wind, time, column, level) by ``gwparam.load_scheme``."""
    with netCDF4.Dataset(states) as file, gwparam.load_scheme(artefact) as scheme:
        sigma, lat = (
            np.asarray(file[name][:], float) for name in ("sigma_full", "lat")
        )
        scheme.set_levels(REFERENCE_SURFACE_PRESSURE * sigma)
        return np.stack(
            [predict(scheme, file, lat, time) for time in range(file["u"].shape[0])],
            axis=1,
        )


def predict(scheme: Scheme, file: netCDF4.Dataset, lat, time):
    ps = np.asarray(file["ps"][time], float)
    result = scheme.predict(
        {
            "eastward_wind": np.moveaxis(np.asarray(file["u"][time], float), 0, -1),
            "northward_wind": np.moveaxis(np.asarray(file["v"][time], float), 0, -1),
            "surface_air_pressure": ps,
            "latitude": np.broadcast_to(lat[:, None], ps.shape),
        }
    )
    drag = [
        result[f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"]
        for wind in WINDS.values()
    ]
    return np.stack(drag).reshape(2, ps.size, -1)


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
    assert np.ptp(found) > 0.0
    np.testing.assert_array_equal(found, of_the_library(sample_artefact, sample_states))


def test_states_of_mima_and_the_published_network(driver, reference_data, tmp_path):
    artefact = tmp_path / "wavenet.pt"
    export_model(reference_data / "wavenet" / "network_wst.pkl", artefact)
    states = reference_data / "mima" / "mima_t42l40_ad99.nc"
    path = tmp_path / "tendencies.nc"
    finished = run(driver, artefact, states, path, 1000)
    assert finished.returncode == 0, finished.stderr
    np.testing.assert_array_equal(tendencies(path), of_the_library(artefact, states))


def test_a_refusal_is_the_message_of_the_library(driver, sample_states, tmp_path):
    finished = run(driver, tmp_path / "absent.pt", sample_states, tmp_path / "out.nc")
    assert finished.returncode == 2
    assert "host: " in finished.stderr
    assert "absent.pt" in finished.stderr
