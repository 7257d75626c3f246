"""Networks with fluxes, own levels or the whole globe in the stand-in host."""

import re

import netCDF4
import numpy as np
import pytest
from artefacts import DUDT, DVDT, LAT, PS, U, V
from flux_networks import (
    GEOMETRIES,
    write_flux_artefact,
)
from recipes import attention_unet, options

import gwparam
from gwparam.export import export_model

DRAG = ("gwfcng_x", "gwfcng_y")


@pytest.fixture(scope="module")
def flux_artefact(tmp_path_factory):
    """Artefact of a geometry."""

    def write(kind, maximum_magnitude=1.0):
        path = tmp_path_factory.mktemp(kind) / "flux.pt"
        return write_flux_artefact(path, kind, maximum_magnitude)

    return write


def ml(artefact, **items):
    return {"mode": "ml", "artefact": artefact, "restart": "off", **items}


def drag_of(finished):
    assert finished.code == 0, finished.text
    return np.stack([finished.field(name) for name in DRAG])


def imbalance(finished):
    """What the run says of the momentum budget, of the worse of u and v."""
    (found,) = re.findall(
        r"momentum budget of a column: closed to +(\S+) of the largest flux",
        finished.text,
    )
    return float(found)


def library_drag(artefact, path):
    """Drag of the library driven from Python, (component, time, level, lat, lon)."""
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        state = {name: np.asarray(file[name][:], float) for name in file.variables}
    ps = state["ps"]
    lat, lon = np.meshgrid(state["lat"], state["lon"], indexing="ij")
    fields = {
        U: np.moveaxis(state["u"], 1, -1),
        V: np.moveaxis(state["v"], 1, -1),
        "air_temperature": np.moveaxis(state["temp"], 1, -1),
        PS: ps,
        LAT: np.broadcast_to(lat, ps.shape),
        "air_pressure": ps[..., None] * state["sigma_full"],
        "air_pressure_at_half_levels": ps[..., None] * state["bk"] + state["pk"],
    }
    drag = np.empty((2, *state["u"].shape))
    with gwparam.load_scheme(artefact) as scheme:
        scheme.set_levels(101325.0 * state["sigma_full"])
        scheme.set_columns(lat, lon)
        wanted = {field.name for field in scheme.contract.inputs}
        wanted |= {name for name in fields if name.startswith("air_pressure")}
        for t in range(len(ps)):
            outputs = scheme.predict({name: fields[name][t] for name in wanted})
            for i, name in enumerate((DUDT, DVDT)):
                drag[i, t] = np.moveaxis(outputs[name], -1, 0)
    return drag


def assert_equal_to_rounding(found, expected):
    """The driver and the drop-in convert latitudes, which rounds."""
    for one, other in zip(found, expected, strict=True):
        assert np.ptp(other) > 0.0
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13 * np.abs(other).max())


@pytest.mark.parametrize("kind", GEOMETRIES)
def test_drag_is_that_of_the_library_and_closes_the_budget(
    run, states, flux_artefact, kind
):
    path = flux_artefact(kind)
    finished = run(states=states, pass_half_pressure=True, gwparam=ml(path))
    assert_equal_to_rounding(drag_of(finished), library_drag(path, states))
    assert imbalance(finished) < 1e-12


def test_attention_unet_drives_the_host(run, states, tmp_path):
    nlev = 12
    checkpoint = attention_unet(tmp_path / "unet.ckpt", 3 * nlev, 2 * nlev)
    given = options(tmp_path, nlev, grid="16x32", features="uvtheta")
    export = export_model(
        checkpoint, tmp_path / "unet.pt", dtype="float64", options=given
    )
    assert all(promise.kept for promise in export.promises)
    items = {"states": states, "pass_half_pressure": True}
    finished = run(gwparam=ml(tmp_path / "unet.pt"), **items)
    assert_equal_to_rounding(
        drag_of(finished), library_drag(tmp_path / "unet.pt", states)
    )
    assert imbalance(finished) < 1e-12


def test_columns_with_fluxes_give_the_same_bits_on_every_layout(
    run, states, flux_artefact, tmp_path
):
    items = {
        "states": states,
        "pass_half_pressure": True,
        "gwparam": ml(flux_artefact("column")),
    }
    whole = drag_of(run(folder=tmp_path / "whole", **items))
    for ranks, windows in ((1, (2, 4)), (4, (2, 2))):
        folder = tmp_path / f"{ranks}"
        parts = run(ranks, folder=folder, windows=windows, **items)
        np.testing.assert_array_equal(drag_of(parts), whole)


def test_surface_pressure_is_the_lowest_half_level(
    run, write_states, flux_artefact, tmp_path
):
    """On hybrid levels too, where it does not follow from full levels."""
    write_states(tmp_path / "hybrid.nc", hybrid=True)
    items = {"states": tmp_path / "hybrid.nc", "gwparam": ml(flux_artefact("column"))}
    finished = run(pass_half_pressure=True, folder=tmp_path / "half", **items)
    both = run(
        pass_half_pressure=True,
        pass_surface_pressure=True,
        folder=tmp_path / "both",
        **items,
    )
    assert imbalance(finished) < 1e-12
    np.testing.assert_allclose(drag_of(finished), drag_of(both), rtol=1e-12)


def test_columns_that_a_guard_catches_do_not_count_in_the_budget(
    run, states, flux_artefact, tmp_path
):
    def guarded(folder, artefact):
        return run(
            states=states,
            folder=tmp_path / folder,
            pass_half_pressure=True,
            gwparam=ml(artefact, on_limit="native"),
        )

    network = drag_of(guarded("high", flux_artefact("column")))
    limit = float(np.median(np.abs(network).max(axis=(0, 2))))
    finished = guarded("low", flux_artefact("column", limit))
    kept = np.all(drag_of(finished) == network, axis=(0, 2))
    assert kept.any()
    assert not kept.all()
    assert imbalance(finished) < 1e-12


def assert_refused(finished, message):
    assert finished.code == 2, finished.text
    assert f"FATAL from PE 0: {message}" in finished.text


@pytest.mark.parametrize("kind", GEOMETRIES)
def test_missing_half_level_pressure_is_asked_for(run, states, flux_artefact, kind):
    assert_refused(
        run(states=states, gwparam=ml(flux_artefact(kind))),
        "cg_drag_calc: cg_drag_calc needs its argument phalf: the pressure at half "
        "levels",
    )


@pytest.mark.parametrize("kind", ["stencil", "global"])
def test_neighbours_on_other_ranks_are_found(
    run, states, flux_artefact, tmp_path, kind
):
    items = {
        "states": states,
        "pass_half_pressure": True,
        "gwparam": ml(flux_artefact(kind)),
    }
    whole = drag_of(run(folder=tmp_path / "whole", **items))
    for ranks in (2, 4):
        parts = run(ranks, folder=tmp_path / f"{ranks}", **items)
        np.testing.assert_array_equal(drag_of(parts), whole)


def test_a_lag_gives_the_drag_of_the_recomputation_before(
    run, states, flux_artefact, tmp_path
):
    artefact = flux_artefact("global")
    items = {"states": states, "pass_half_pressure": True, "steps": 3}
    at_once = drag_of(
        run(2, folder=tmp_path / "at_once", gwparam=ml(artefact), **items)
    )
    finished = run(2, folder=tmp_path / "late", gwparam=ml(artefact, lag=1), **items)
    late = drag_of(finished)
    np.testing.assert_array_equal(late[:, 0], at_once[:, 0])
    np.testing.assert_array_equal(late[:, 1:], at_once[:, :-1])
    assert re.search(r"hidden behind the host: +\d+\.\d %", finished.text)


def test_neighbours_are_not_looked_for_in_other_windows(run, states, flux_artefact):
    assert_refused(
        run(
            states=states,
            windows=(2, 4),
            pass_half_pressure=True,
            gwparam=ml(flux_artefact("global")),
        ),
        "cg_drag_calc: the network sees more than single columns (global), or lag = 1, "
        "so the window must hold all columns of the rank: it has 16, expected 128",
    )
