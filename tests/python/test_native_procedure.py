"""Columns that guards leave to a Python function."""

import artefacts
import numpy as np
import pytest
from artefacts import DUDT, DVDT, LAT, PRESSURE, PS, U, V

import gwparam
from gwparam import errors

NLEV = 5
CAUGHT = [1, 4]


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artefacts")
    artefacts.write_all(folder)
    return folder / "linear.pt"


def load(artefact, native, **options):
    scheme = gwparam.load_scheme(artefact, native=native, **options)
    scheme.set_levels(PRESSURE)
    return scheme


def put(scheme):
    u = np.arange(6 * NLEV, dtype=float).reshape(6, NLEV)
    u[CAUGHT, 2] = 1e5  # of which the drag is beyond the limit
    scheme.put(U, u)
    scheme.put(V, np.zeros((6, NLEV)))
    scheme.put(PS, np.full(6, 1e5))
    scheme.put(LAT, np.zeros(6))


def test_caught_columns_have_what_it_gives(artefact):
    asked = []

    def native(column, names):
        asked.append((column.tolist(), names))
        rows = column[:, None] + np.arange(NLEV) / 10
        return {DUDT: rows, DVDT: -rows}

    scheme = load(artefact, native, on_limit="native")
    put(scheme)
    scheme.run()
    out = scheme.get(DUDT, np.full((6, NLEV), 77.0))
    other = scheme.get(DVDT, np.full((6, NLEV), 77.0))

    assert asked == [(CAUGHT, (DUDT, DVDT))]
    rows = np.array(CAUGHT)[:, None] + np.arange(NLEV) / 10
    np.testing.assert_array_equal(out[CAUGHT], rows)
    np.testing.assert_array_equal(other[CAUGHT], -rows)
    assert np.abs(np.delete(out, CAUGHT, axis=0)).max() < 1e-4
    assert scheme.statistics().guarded_columns_last_run == 2


def test_what_it_raises_the_run_raises(artefact):
    def native(column, names):
        raise KeyError("no such column")

    scheme = load(artefact, native, on_limit="native")
    put(scheme)
    with pytest.raises(KeyError, match="no such column"):
        scheme.run()
    scheme.set_native(lambda column, names: dict.fromkeys(names, np.zeros((3, NLEV))))
    put(scheme)
    with pytest.raises(
        errors.ShapeError,
        match=rf"gives {DUDT} of shape \(3, 5\), expected \(2, 5\)",
    ):
        scheme.run()
    scheme.set_native(lambda column, names: dict.fromkeys(names, np.ones((2, NLEV))))
    put(scheme)
    scheme.run()
    assert (scheme.get(DUDT, np.zeros((6, NLEV)))[CAUGHT] == 1.0).all()


def test_a_failure_of_the_run_is_its_own(artefact):
    scheme = load(artefact, lambda column, names: {}, on_range="native")
    put(scheme)  # the winds are also far outside the training range
    with pytest.raises(KeyError):
        scheme.run()
    with pytest.raises(errors.ArgumentError, match=r"no closed window|was not put"):
        scheme.run()


@pytest.mark.parametrize(
    "option", ["on_limit", "on_range", "on_unphysical", "on_momentum"]
)
def test_a_guard_that_falls_back_to_nothing_is_refused(artefact, option):
    with pytest.raises(errors.ArgumentError, match="native is None, expected a func"):
        gwparam.load_scheme(artefact, **{option: "native"})
    scheme = load(
        artefact, lambda column, names: {}, **{option: "native", "momentum_limit": 1.0}
    )
    scheme.set_native(None)
    with pytest.raises(errors.ArgumentError, match=f"{option} is native, but there is"):
        scheme.put(U, np.zeros((1, NLEV)))
