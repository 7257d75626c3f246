import numpy as np
import pytest
from audit_subjects import (
    EAST,
    GRID,
    NCOL,
    NLEV,
    NORTH,
    WIND,
    globe,
    pair,
    shear_zones,
    trial,
)


def test_a_trial_asks_for_every_state_and_says_so():
    on = trial(lambda u: 2.0 * u)

    assert on.baseline[0][EAST].shape == (NCOL, NLEV)
    np.testing.assert_array_equal(on.baseline[0][EAST], 2.0 * shear_zones())


def test_what_is_changed_is_asked_beside_the_rest():
    more = {"scale": np.full(NCOL, 3.0)}
    on = trial(lambda s: s["scale"][:, None] * s[WIND], more=more, whole=True)

    (found,) = on.changed(lambda state: {WIND: 0.0 * state[WIND] + 1.0})

    np.testing.assert_array_equal(found[EAST], np.full((NCOL, NLEV), 3.0))


def test_spread_is_by_level_and_one_number_at_the_surface():
    on = trial(lambda u: u, more={"scale": np.arange(NCOL, dtype=float)})

    np.testing.assert_allclose(on.spread(WIND), shear_zones().std(axis=0))
    np.testing.assert_allclose(on.spread("scale"), [np.arange(NCOL).std()])


def test_columns_of_images_are_put_in_rows():
    on = globe(lambda u: u)

    assert on.columns(on.baseline, EAST).shape == (GRID[0] * GRID[1], NLEV)


def test_levels_without_an_answer_do_not_matter():
    size = np.where(np.arange(NLEV) < 6, 1.0, 1e-5)

    on = trial(lambda u: size * np.ones_like(u))

    np.testing.assert_array_equal(on.matters(on.answers[0]), np.arange(NLEV) < 6)


@pytest.mark.parametrize(("size", "matters"), [(1e-2, True), (1e-5, False)])
def test_a_component_matters_beside_the_other_as_a_whole(size, matters):
    strong = np.ones((NCOL, NLEV))
    weak = size * np.where(np.arange(NLEV) < 6, 1.0, 0.01) * strong
    on = pair({EAST: strong, NORTH: weak})

    assert [on.matters(a).all() for a in on.answers] == [True, matters]
