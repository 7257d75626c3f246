"""The drop-in as Isca calls it: windows counted on the globe, MiMA's bits."""

import hosts
import numpy as np
import pytest
from flux_networks import write_flux_artefact
from hosts import REFERENCE_SETTINGS, Run

DRAG = ("gwfcng_x", "gwfcng_y")
NETWORK_DRAG = ("gwfu_ml", "gwfv_ml")
EVERYWHERE_TROPICAL = {"phi0n": 92.0, "dphin": 91.0, "phi0s": -92.0, "dphis": -91.0}


@pytest.fixture(scope="module")
def isca_driver(tmp_path_factory):
    """The host, built as its README says."""
    return hosts.build("isca_coupling", tmp_path_factory.mktemp("isca"), "mpifort")


@pytest.fixture
def run_isca(isca_driver, tmp_path):
    """Run the host: run_isca(ranks, states=..., gwparam={...}, cg_drag={...}, ...)."""

    def run_host(
        ranks, *, gwparam, cg_drag=None, folder=tmp_path / "isca", **items
    ) -> Run:
        groups = {
            "driver_nml": items,
            "cg_drag_nml": REFERENCE_SETTINGS | (cg_drag or {}),
            "gwparam_nml": gwparam | {"restart": "off"},
        }
        return hosts.run(isca_driver, folder, "input.nml", groups, ranks=ranks)

    return run_host


@pytest.mark.parametrize("ranks", [1, 4])
@pytest.mark.parametrize("mode", ["ml", "shadow"])
def test_drag_and_diagnostics_have_the_bits_of_mimas(
    run, run_isca, states, artefact, tmp_path, mode, ranks
):
    chosen = {"mode": mode, "artefact": artefact, "restart": "off"}
    items = {"states": states, "diagnostics": NETWORK_DRAG, "gwparam": chosen}
    expected = run(2, folder=tmp_path / "mima", **items).fields(DRAG + NETWORK_DRAG)
    assert np.ptp(expected) > 0.0
    found = run_isca(ranks, **items).fields(DRAG + NETWORK_DRAG)
    np.testing.assert_array_equal(found, expected)


def test_states_of_mima_and_the_published_network(
    run, run_isca, published, reference_data, tmp_path
):
    states = reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc"
    chosen = {"mode": "ml", "artefact": published, "restart": "off"}
    items = {"states": states, "gwparam": chosen}
    expected = run(2, folder=tmp_path / "mima", **items).fields()
    np.testing.assert_array_equal(run_isca(2, **items).fields(), expected)


@pytest.mark.parametrize("kind", ["stencil", "column"])
def test_fluxes_of_neighbours_have_the_bits_of_mimas(
    run, run_isca, states, tmp_path, kind
):
    artefact = write_flux_artefact(tmp_path / "flux.pt", kind)
    chosen = {"mode": "ml", "artefact": artefact, "restart": "off"}
    items = {"states": states, "pass_half_pressure": True, "gwparam": chosen}
    expected = run(1, folder=tmp_path / "mima", **items).fields()
    assert np.ptp(expected) > 0.0
    np.testing.assert_array_equal(run_isca(4, **items).fields(), expected)


def test_the_tropics_can_reach_to_the_poles_as_in_isca(run, run_isca, states, tmp_path):
    """Then what is said of the extratropics does not matter."""
    chosen = {"mode": "native"}
    uniform = run(
        2, folder=tmp_path / "mima", states=states, gwparam={"restart": "off"}
    ).fields()
    other = {"Bt_0": 0.001, "cw": 20.0, "flag": 1, "Bt_nh": 0.002}
    changed = run_isca(
        2, states=states, gwparam=chosen, cg_drag=other, folder=tmp_path / "changed"
    )
    assert np.ptp(changed.fields() - uniform) > 0.0
    tropical = run_isca(
        2, states=states, gwparam=chosen, cg_drag=other | EVERYWHERE_TROPICAL
    )
    # The stress is computed by another formula, with another rounding.
    atol = 1e-12 * np.abs(uniform).max()
    np.testing.assert_allclose(tropical.fields(), uniform, rtol=0.0, atol=atol)
