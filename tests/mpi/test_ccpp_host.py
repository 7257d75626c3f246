"""The scheme for the CCPP: its tendencies have the bits of MiMA's drop-in."""

import hosts
import numpy as np
import pytest
from height_networks import write_height_artefact
from hosts import Run


@pytest.fixture(scope="module")
def ccpp_driver(tmp_path_factory):
    """The host, built without MPI."""
    return hosts.build("ccpp_coupling", tmp_path_factory.mktemp("ccpp"), "gfortran")


@pytest.fixture
def run_ccpp(ccpp_driver, tmp_path):
    """Run the host: run_ccpp(states=..., gwparam={...}, top_first=...)."""

    def run_host(*, gwparam, folder=tmp_path, **items) -> Run:
        groups = {"driver_nml": items, "gwparam_nml": gwparam}
        return hosts.run(ccpp_driver, folder, "ccpp_in", groups)

    return run_host


def compare(run, run_ccpp, tmp_path, states, chosen):
    expected = run(
        2,
        folder=tmp_path / "mima",
        states=states,
        pass_surface_pressure=True,
        pass_half_pressure=True,
        gwparam=chosen | {"restart": "off"},
    ).fields()
    assert np.ptp(expected) > 0.0
    for top_first in (True, False):
        finished = run_ccpp(
            folder=tmp_path / f"{top_first}",
            states=states,
            top_first=top_first,
            gwparam=chosen | {"threads": 2},
        )
        np.testing.assert_array_equal(finished.fields(), expected)


@pytest.mark.parametrize(
    "items",
    [
        {"mode": "ml"},
        {"mode": "native"},
        {"mode": "ml", "on_range": "native", "range_sigmas": 2.5},
    ],
)
def test_drag_has_the_bits_of_mimas(
    run, run_ccpp, states, spread_artefact, tmp_path, items
):
    chosen = {"artefact": spread_artefact, **items}
    compare(run, run_ccpp, tmp_path, states, chosen)


def test_states_of_mima_and_the_published_network(
    run, run_ccpp, published, reference_data, tmp_path
):
    states = reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc"
    compare(run, run_ccpp, tmp_path, states, {"mode": "ml", "artefact": published})


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({"mode": "ml", "artefact": "absent.pt"}, "absent.pt"),
        ({"mode": "native", "lag": 1}, "expected lag = 0, record = 0 and restart ="),
        (
            {"mode": "native", "restart": "exact"},
            "and restart = 'off': nothing is kept",
        ),
        ({"mode": "native", "wrong": 1}, "wrong"),
    ],
)
def test_a_refusal_is_an_error_flag_with_its_reason(run_ccpp, states, chosen, reason):
    finished = run_ccpp(states=states, gwparam=chosen)
    assert finished.code == 2
    assert reason in finished.text


def test_heights_over_the_sea_are_not_known(run_ccpp, states, tmp_path):
    artefact = write_height_artefact(tmp_path / "heights.pt")
    finished = run_ccpp(states=states, gwparam={"mode": "ml", "artefact": artefact})
    assert finished.code == 2
    assert "the network sees geopotential_height, over the sea" in finished.text
    assert "init needs surface_altitude" in finished.text


def test_nothing_to_report_is_no_empty_line(run_ccpp, states):
    finished = run_ccpp(states=states, gwparam={"mode": "native"})
    assert finished.code == 0, finished.text
    assert "" not in finished.text.splitlines()
