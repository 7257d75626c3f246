"""The drop-in as Isca calls it: windows counted on the globe, MiMA's bits."""

import subprocess

import hosts
import numpy as np
import pytest
from flux_networks import write_flux_artefact
from hosts import REFERENCE_SETTINGS, TIMEOUT, Run, record
from ranks import OUTLIVES_RANKS

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
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "input.nml").write_text(
            record("driver_nml", items)
            + record("cg_drag_nml", REFERENCE_SETTINGS | (cg_drag or {}))
            + record("gwparam_nml", gwparam | {"restart": "off"})
        )
        done = subprocess.run(
            ["mpirun", "--oversubscribe", "-n", str(ranks), isca_driver],
            cwd=folder,
            env=hosts.environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            **OUTLIVES_RANKS,
        )
        return Run(folder, done.returncode, done.stdout + done.stderr)

    return run_host


def fields(finished, names=DRAG):
    assert finished.code == 0, finished.text
    return np.stack([finished.field(name) for name in names])


@pytest.mark.parametrize("ranks", [1, 4])
@pytest.mark.parametrize("mode", ["ml", "shadow"])
def test_drag_and_diagnostics_have_the_bits_of_mimas(
    run, run_isca, states, artefact, tmp_path, mode, ranks
):
    chosen = {"mode": mode, "artefact": artefact, "restart": "off"}
    items = {"states": states, "diagnostics": NETWORK_DRAG, "gwparam": chosen}
    expected = fields(run(2, folder=tmp_path / "mima", **items), DRAG + NETWORK_DRAG)
    assert np.ptp(expected) > 0.0
    found = fields(run_isca(ranks, **items), DRAG + NETWORK_DRAG)
    np.testing.assert_array_equal(found, expected)


def test_states_of_mima_and_the_published_network(
    run, run_isca, published, reference_data, tmp_path
):
    states = reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc"
    chosen = {"mode": "ml", "artefact": published, "restart": "off"}
    items = {"states": states, "gwparam": chosen}
    expected = fields(run(2, folder=tmp_path / "mima", **items))
    np.testing.assert_array_equal(fields(run_isca(2, **items)), expected)


@pytest.mark.parametrize("kind", ["stencil", "column"])
def test_fluxes_of_neighbours_have_the_bits_of_mimas(
    run, run_isca, states, tmp_path, kind
):
    artefact = write_flux_artefact(tmp_path / "flux.pt", kind)
    chosen = {"mode": "ml", "artefact": artefact, "restart": "off"}
    items = {"states": states, "pass_half_pressure": True, "gwparam": chosen}
    expected = fields(run(1, folder=tmp_path / "mima", **items))
    assert np.ptp(expected) > 0.0
    np.testing.assert_array_equal(fields(run_isca(4, **items)), expected)


def test_the_tropics_can_reach_to_the_poles_as_in_isca(run, run_isca, states, tmp_path):
    """Then what is said of the extratropics does not matter."""
    chosen = {"mode": "native"}
    uniform = fields(
        run(2, folder=tmp_path / "mima", states=states, gwparam={"restart": "off"})
    )
    other = {"Bt_0": 0.001, "cw": 20.0, "flag": 1, "Bt_nh": 0.002}
    changed = run_isca(
        2, states=states, gwparam=chosen, cg_drag=other, folder=tmp_path / "changed"
    )
    assert np.ptp(fields(changed) - uniform) > 0.0
    tropical = run_isca(
        2, states=states, gwparam=chosen, cg_drag=other | EVERYWHERE_TROPICAL
    )
    # The stress is computed by another formula, with another rounding.
    atol = 1e-12 * np.abs(uniform).max()
    np.testing.assert_allclose(fields(tropical), uniform, rtol=0.0, atol=atol)
