import numpy as np
import pytest
from audit_subjects import EAST, NCOL, NLEV, NORTH, PRESSURE, pair, shear_zones, trial

from gwparam.audit.critical_levels import critical_levels, new_speeds

SOURCE = NLEV - 1


def absorbed(u):
    return 1e-6 * new_speeds(u, SOURCE)


def test_new_speeds_are_what_goes_beyond_all_below():
    # Top first: going up 0, 5, 3, 8, -2, -2.
    wind = np.array([[-2.0, -2.0, 8.0, 3.0, 5.0, 0.0]])

    np.testing.assert_array_equal(
        new_speeds(wind, 5), [[0.0, -2.0, 3.0, 0.0, 5.0, 0.0]]
    )


def test_there_are_no_new_speeds_at_the_source_and_below():
    wind = np.array([[9.0, 4.0, 1.0, 77.0]])

    np.testing.assert_array_equal(new_speeds(wind, 2), [[5.0, 3.0, 0.0, 0.0]])


def test_drag_towards_the_waves_that_are_absorbed_is_good():
    found = critical_levels(trial(absorbed))

    assert found.verdict == "good"
    assert found.value == pytest.approx(1.0)
    assert found.numbers["source_pressure"] == PRESSURE[-1]


def test_drag_of_the_other_sign_is_not():
    found = critical_levels(trial(lambda u: -absorbed(u)))

    assert found.verdict == "not good"
    assert found.value == pytest.approx(-1.0)


@pytest.mark.parametrize("size", [1.0, 0.3, 0.03])
def test_a_component_of_the_other_sign_is_found_however_weak_its_wind(size):
    found = critical_levels(
        pair(
            {EAST: lambda u, v: absorbed(u), NORTH: lambda u, v: -absorbed(v)},
            northward=size * shear_zones()[::-1],
        )
    )

    assert (found.verdict, found.value) == ("not good", pytest.approx(-1.0))
    assert "northward" in found.said
    assert found.numbers["alignment_by_output"][EAST] == pytest.approx(1.0)


def test_rounding_in_a_component_without_drag_is_not_judged():
    rounding = 1e-20 * np.random.default_rng(1).standard_normal(shear_zones().shape)

    found = critical_levels(pair({EAST: lambda u, v: absorbed(u), NORTH: rounding}))

    assert found.verdict == "good"
    assert found.numbers["alignment_by_output"][NORTH] is None


@pytest.mark.parametrize(
    "fault", [lambda u: 1e-6 * u, lambda u: absorbed(u)[:, ::-1]], ids=["wind", "down"]
)
def test_drag_along_the_wind_and_upside_down_drag_are_not_good(fault):
    # Over a calm source, all that the wind reaches first is on the wind's own side.
    at_source = np.random.default_rng(2).uniform(-30.0, 30.0, (NCOL, 1))

    found = critical_levels(trial(fault, wind=shear_zones() + at_source))

    assert found.verdict == "not good"


def test_drag_that_has_nothing_to_do_with_shear_is_not():
    noise = np.random.default_rng(1).standard_normal(shear_zones().shape)

    found = critical_levels(trial(lambda u: noise))

    assert abs(found.value) < 0.2
    assert found.verdict == "not good"


def test_every_level_counts_the_same():
    # A drag that grows a thousandfold with height, and has another sign at the top.
    size = np.geomspace(1e3, 1.0, NLEV)
    sign = np.where(np.arange(NLEV) == 0, -1.0, 1.0)

    found = critical_levels(trial(lambda u: size * sign * absorbed(u)))

    assert 0.5 < found.value < 1.0


def test_no_wind_has_no_critical_levels():
    calm = np.zeros_like(shear_zones())

    found = critical_levels(trial(lambda u: u + 1.0, wind=calm))

    assert found.verdict == "not applicable"
    assert "no new phase speeds" in found.said


def test_levels_above_the_range_are_not_judged():
    found = critical_levels(trial(absorbed), source_pressure=1.0)

    assert found.verdict == "not applicable"
    assert "no levels between the source and 10 hPa" in found.said
