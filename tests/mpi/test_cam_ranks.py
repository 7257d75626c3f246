"""The CAM-like host on several ranks: neighbours lie in chunks of other processes."""

import shutil

import hosts
import numpy as np
import pytest
from flux_networks import GEOMETRIES, write_flux_artefact
from hosts import FORTRAN_CHECKS, Run


@pytest.fixture(scope="module")
def driver_of_ranks(tmp_path_factory):
    """The host, built with MPI."""
    folder = tmp_path_factory.mktemp("cam_ranks")
    return hosts.build(
        "cam_coupling", folder, "mpifort", FORTRAN_CHECKS, "nf-config", "MPI=1"
    )


@pytest.fixture
def run_ranks(driver_of_ranks, tmp_path):
    """Run the host: run_ranks(ranks, threads, states=..., gwparam={...}, ...)."""

    def run_host(ranks, threads=1, *, folder=None, gwparam, **items) -> Run:
        folder = folder or tmp_path / f"{ranks} {threads}"
        groups = {"driver_nml": items, "gwparam_nml": gwparam}
        return hosts.run(
            driver_of_ranks, folder, "atm_in", groups, ranks=ranks, threads=threads
        )

    return run_host


@pytest.mark.parametrize("kind", GEOMETRIES)
def test_drag_has_the_bits_of_the_host_for_mima(run, run_ranks, states, tmp_path, kind):
    artefact = write_flux_artefact(tmp_path / "flux.pt", kind)
    # The last bits of a global network depend on its threads.
    chosen = {"mode": "ml", "artefact": artefact, "restart": "off", "threads": 1}
    items = {"states": states, "gwparam": chosen}
    passed = {"pass_surface_pressure": True, "pass_half_pressure": True}
    expected = run(2, folder=tmp_path / "mima", **passed, **items).fields()
    assert np.ptp(expected) > 0.0
    # 13 chunks of 10 columns, the last with fewer; 3 of 50.
    found = [
        run_ranks(ranks, threads, columns=columns, **items).fields()
        for ranks, threads, columns in ((1, 2, 128), (2, 2, 10), (4, 1, 50))
    ]
    if kind == "global":
        # MiMA's columns are midway between edges, which rounds: other weights.
        atol = 1e-13 * np.abs(expected).max()
        np.testing.assert_allclose(found[0], expected, rtol=0.0, atol=atol)
        expected = found[0]
    for one in found:
        np.testing.assert_array_equal(one, expected)


def test_a_run_goes_on_with_other_ranks_and_chunks(run_ranks, states, tmp_path):
    artefact = write_flux_artefact(tmp_path / "flux.pt", "stencil")
    chosen = {"mode": "ml", "artefact": artefact, "restart_file": "gw_drag.r.nc"}
    items = {"states": states, "interval": 4800, "gwparam": chosen}
    through = run_ranks(2, folder=tmp_path / "through", steps=10, **items)
    first = run_ranks(3, folder=tmp_path / "first", steps=5, columns=7, **items)
    folder = tmp_path / "second"
    folder.mkdir()
    for part in range(3):
        shutil.copy(tmp_path / "first" / f"gw_drag.r.nc.{part:04}", folder)
    second = run_ranks(2, folder=folder, steps=5, first_step=6, columns=16, **items)
    parts = np.concatenate([first.fields(), second.fields()], axis=1)
    np.testing.assert_array_equal(parts, through.fields())
    assert np.ptp(second.fields()[:, 0]) > 0.0


def test_a_failure_on_one_rank_ends_the_run(run_ranks, states, tmp_path):
    chosen = {"mode": "ml", "artefact": tmp_path / "absent.pt", "restart": "off"}
    finished = run_ranks(2, states=states, gwparam=chosen)
    assert finished.code == 2
    assert "absent.pt" in finished.text
