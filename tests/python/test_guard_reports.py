"""What guards caught, as Python says it."""

import artefacts
import numpy as np
import pytest
from artefacts import LAT, PRESSURE, PS, U, V

import gwparam
from gwparam.errors import ArgumentError

NLEV = 5


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artefacts")
    artefacts.write_all(folder)
    return folder / "linear.pt"


def run(artefact, u, **options):
    scheme = gwparam.load_scheme(artefact, **options)
    scheme.set_levels(PRESSURE)
    scheme.predict(
        {
            U: u,
            V: np.zeros_like(u),
            PS: np.full(len(u), 1e5),
            LAT: np.zeros(len(u)),
        }
    )
    return scheme


def test_winds_like_those_of_training_are_no_matter(artefact):
    found = run(artefact, np.full((4, NLEV), 40.0)).guards()
    assert [(g.name, g.policy) for g in found] == [
        ("on_unphysical", "error"),
        ("on_range", "count"),
        ("finite", "error"),
        ("on_limit", "error"),
        ("on_momentum", "ignore"),
    ]
    assert not any(g.columns for g in found)
    assert all(g.worst is None for g in found)
    assert all(g.levels.size == NLEV + 1 for g in found)


def test_winds_ten_times_too_strong_are_counted_by_default(artefact):
    u = np.full((4, NLEV), 40.0)
    u[1:3, 3] *= 10.0
    u[2, 4] = 450.0
    guard = run(artefact, u).guards()[1]
    assert (guard.columns, guard.columns_last_run) == (2, 2)
    assert guard.levels.tolist() == [0, 0, 0, 2, 1, 0]
    worst = guard.worst
    assert (worst.field, worst.units, worst.value) == (U, "m s-1", 450.0)
    assert (worst.level, worst.pressure, worst.run) == (5, 9e4, 1)
    assert worst.excess == pytest.approx(1.5)
    assert np.isnan(worst.latitude)


def test_a_column_that_gains_much_momentum(artefact):
    u = np.full((3, NLEV), 40.0)
    u[1] = 290.0
    scheme = run(artefact, u, on_momentum="zero", momentum_limit=1.0)
    guard = scheme.guards()[4]
    assert (guard.policy, guard.columns, guard.levels.sum()) == ("zero", 1, 0)
    assert guard.worst.field == f"column momentum of {artefacts.DUDT}"
    pressure = np.array(PRESSURE)
    thickness = np.gradient(pressure)  # midway between levels, one-sided at the ends
    drag = 290e-6 + 1e-12 * np.arange(1, NLEV + 1) * 1e5
    np.testing.assert_allclose(
        guard.worst.value, (drag * thickness / 9.80665).sum(), rtol=1e-12
    )
    scheme.free()
    with pytest.raises(ArgumentError, match="the scheme was freed"):
        scheme.guards()
