"""The term for jcm: jitted, in both of its layouts, it gives the library's bits."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from height_networks import SCALE, write_height_artefact
from hosts import PROJECT, change_contract

import gwparam

pytest.importorskip("jcm")

DRAG = "tendency_of_{}_wind_due_to_gravity_wave_drag"


@pytest.fixture(scope="module")
def term_module():
    """The example as a module."""
    sys.path.insert(0, str(PROJECT / "examples" / "python_coupling"))
    import jcm_term

    yield jcm_term
    sys.path.pop(0)


@pytest.fixture(scope="module")
def coords():
    """T21 with the 47 hybrid levels of ECHAM."""
    from jcm.physics.echam.echam_levels import get_echam_levels
    from jcm.utils import get_coords

    return get_coords(get_echam_levels(47), spectral_truncation=21)


@pytest.fixture(scope="module")
def artefact(sample_artefact, tmp_path_factory):
    """The network of the sample, on its 40 pressures in any atmosphere."""

    def change(contract):
        old = contract["vertical"]
        contract["vertical"] = {
            "kind": "pressure",
            "order": old["order"],
            "nlev": old["nlev"],
            "pressure": old["nominal_pressure"],
            "outside": "zero",
        }

    path = tmp_path_factory.mktemp("pressure") / "pressure.pt"
    return change_contract(sample_artefact, path, change)


@pytest.fixture(scope="module")
def state(coords):
    """Fields (level, longitude, latitude), each column and level another."""
    from jcm.physics_interface import PhysicsState

    nlev, nlon, nlat = coords.nodal_shape
    k, i, j = np.meshgrid(*map(np.arange, (nlev, nlon, nlat)), indexing="ij")
    u = 30.0 * np.sin(0.3 * k + 0.02 * i) + 0.5 * j
    fields = {
        "u_wind": u,
        "v_wind": 8.0 * np.cos(0.1 * k * i) - 0.1 * j,
        "temperature": 210.0 + 1.8 * k + 0.05 * j,
        "specific_humidity": 0.0 * u,
        "geopotential": 9.8 * 7e3 * (nlev - k),
        "normalized_surface_pressure": 1.0 - 1e-3 * (i + 2 * j)[0],
    }
    return PhysicsState(**{n: np.asarray(f, np.float32) for n, f in fields.items()})


def by_the_library(artefact, coords, state):
    """The same with numpy alone, (level, longitude, latitude)."""
    from jcm import constants

    a = np.asarray(coords.vertical.a_boundaries, float)
    b = np.asarray(coords.vertical.b_boundaries, float)
    ps = np.asarray(state.normalized_surface_pressure * constants.p0, float)
    half = a + b * ps[..., None]
    lat = np.rad2deg(np.asarray(coords.horizontal.latitudes, float))
    fields = {
        "eastward_wind": np.moveaxis(state.u_wind, 0, -1),
        "northward_wind": np.moveaxis(state.v_wind, 0, -1),
        "surface_air_pressure": ps,
        "latitude": np.broadcast_to(lat, ps.shape),
        "air_pressure": 0.5 * (half[..., 1:] + half[..., :-1]),
        "air_pressure_at_half_levels": half,
    }
    reference = a + b * 101325.0
    with gwparam.load_scheme(artefact) as scheme:
        scheme.set_levels(0.5 * (reference[1:] + reference[:-1]))
        drag = scheme.predict(fields)
    return [
        np.moveaxis(drag[DRAG.format(wind)], -1, 0).astype(np.float32)
        for wind in ("eastward", "northward")
    ]


@pytest.mark.parametrize("side_by_side", [False, True])
def test_drag_has_the_bits_of_the_library(
    term_module, artefact, coords, state, side_by_side
):
    import jax

    _, nlon, nlat = coords.nodal_shape
    given = state
    if side_by_side:
        given = jax.tree.map(lambda f: f.reshape(*f.shape[:-2], nlon * nlat), state)
    term = term_module.GravityWaveDrag(str(artefact))
    term.cache_coords(coords)
    terrain = SimpleNamespace(orog=np.zeros((nlon, nlat), np.float32))
    tendency, diagnostics = jax.jit(lambda s: term(s, {}, None, terrain))(given)
    expected = by_the_library(artefact, coords, state)
    for found, wanted in zip((tendency.u_wind, tendency.v_wind), expected, strict=True):
        assert np.ptp(wanted) > 0.0
        assert found.shape == given.u_wind.shape
        np.testing.assert_array_equal(np.asarray(found).reshape(wanted.shape), wanted)
    assert not np.any(tendency.temperature)
    np.testing.assert_array_equal(diagnostics["gwparam_dudt"], tendency.u_wind)


def test_other_levels_are_refused(term_module, sample_artefact, coords):
    """The network of the sample itself is for MiMA's 40 levels."""
    term = term_module.GravityWaveDrag(str(sample_artefact))
    with pytest.raises(gwparam.errors.ShapeError, match="47"):
        term.cache_coords(coords)


def test_heights_are_geopotential_by_gravity(term_module, coords, state, tmp_path):
    from jcm import constants

    nlev, nlon, nlat = coords.nodal_shape
    artefact = write_height_artefact(tmp_path / "heights.pt", nlev)
    term = term_module.GravityWaveDrag(str(artefact))
    term.cache_coords(coords)
    terrain = SimpleNamespace(orog=np.zeros((nlon, nlat), np.float32))
    tendency, _ = term(state, {}, None, terrain)
    expected = SCALE * state.geopotential / constants.grav
    np.testing.assert_allclose(tendency.u_wind, expected, rtol=1e-6)


def test_a_field_that_jcm_does_not_give_is_named(
    term_module, coords, artefact, tmp_path
):
    """When the network is loaded, not in the first step."""

    def change(contract):
        (field,) = (f for f in contract["inputs"] if f["name"] == "latitude")
        field["name"] = "ozone"
        for known in contract["training_range"]:
            known["name"] = known["name"].replace("latitude", "ozone")

    path = change_contract(artefact, tmp_path / "ozone.pt", change)
    term = term_module.GravityWaveDrag(str(path))
    with pytest.raises(gwparam.errors.ContractError, match=r"than jcm gives: ozone$"):
        term.cache_coords(coords)
