"""The switches of the native scheme, and the momentum budget that they close."""

from dataclasses import replace

import numpy as np
import pytest

from gwparam.constants import MIMA_GRAVITY
from gwparam.native import MIMA_SETTINGS, Fate

SWITCHES = {
    "nearest_source_level": True,
    "use_top_weights": True,
    "mass_weighted_lid": True,
    "mass_weighted_levels": True,
    "launch_full_stress": True,
    "deposit_reflected": True,
}
CONSERVING = replace(MIMA_SETTINGS, **SWITCHES)
ROUNDING = 1e-12  # of the source stress; sums of some 200 terms


def diagnose(columns, scheme, i, wind=None):
    return scheme.diagnose(
        columns.row[i],
        columns.latitude[i],
        columns.pressure[i],
        columns.height[i],
        columns.temperature[i],
        columns.eastward_wind[i] if wind is None else wind,
    )


def level_mass(pressure):
    """Mass of air of full levels that reach half-way to their neighbours [kg m-2]."""
    half = np.zeros(pressure.shape)
    half[:, 1:] = 0.5 * (pressure[:, 1:] + pressure[:, :-1])
    return np.diff(half) / MIMA_GRAVITY


def launched_stress(column):
    """Stress of each wave that leaves the source level, signed [Pa]."""
    stress = (
        column.source[:, np.newaxis]
        * column.density[column.source_level]
        * column.intermittency
    )
    return np.where(column.fate_level < column.source_level, stress, 0.0)


@pytest.mark.parametrize("settings", [CONSERVING, replace(CONSERVING, nk=3, flag=1)])
def test_column_gains_the_momentum_of_the_launched_waves(random_columns, settings):
    columns = random_columns
    scheme = columns.scheme(settings)
    drag = scheme.drag(*columns.state())
    gained = np.sum(drag.eastward[:, :-1] * level_mass(columns.pressure), axis=1)
    for i in range(columns.row.size):
        column = diagnose(columns, scheme, i)
        launched = launched_stress(column)
        amplitude = column.source_amplitude
        assert np.abs(launched).sum() == pytest.approx(amplitude, rel=ROUNDING)
        assert gained[i] == pytest.approx(launched.sum(), abs=ROUNDING * amplitude)


def test_budget_closes_on_the_columns_of_mima(mima):
    columns, _, _ = mima
    scheme = columns.scheme(CONSERVING)
    drag = scheme.drag(*columns.state(), half_pressure=columns.half_pressure)
    mass = np.diff(columns.half_pressure) / MIMA_GRAVITY
    gained = np.sum(drag.eastward * mass, axis=1)
    for i in range(0, columns.row.size, 41):
        column = diagnose(columns, scheme, i)
        launched = launched_stress(column)
        assert np.abs(launched).sum() == pytest.approx(0.0043, rel=ROUNDING)
        assert gained[i] == pytest.approx(launched.sum(), abs=ROUNDING * 0.0043)


@pytest.mark.parametrize("off", [*SWITCHES][2:])
def test_budget_needs_every_switch(mima, off):
    columns, _, _ = mima
    scheme = columns.scheme(replace(CONSERVING, **{off: False}))
    drag = scheme.drag(*columns.state())
    gained = np.sum(drag.eastward[:, :-1] * level_mass(columns.pressure), axis=1)
    worst = 0.0
    for i in range(0, columns.row.size, 41):
        column = diagnose(columns, scheme, i)
        stress = column.source * column.density[column.source_level]
        stress *= 0.0043 / (np.abs(stress).sum() if off == "launch_full_stress" else 1)
        launched = launched_stress(column)
        worst = max(
            worst,
            abs(gained[i] - launched.sum()) / 0.0043,
            abs(np.abs(launched).sum() / 0.0043 - 1.0),
        )
    assert worst > 1e-3


def test_source_level_is_rounded_to_the_nearest(mima):
    columns, _, _ = mima
    scheme = columns.scheme(replace(MIMA_SETTINGS, nearest_source_level=True))
    exact = 41 - 10 * np.cos(np.deg2rad(columns.setup_latitude))
    expected = np.minimum(np.rint(exact), 39)
    np.testing.assert_array_equal(scheme.source_level, expected)
    assert scheme.source_level.min() == 31  # the level of source_level_pressure
    assert columns.scheme(MIMA_SETTINGS).source_level.min() == 30


def lid_acceleration(column, amount="deposited"):
    """Acceleration of the ghost layer above the top [m s-2]."""
    rho = column.density[column.source_level] / column.layer_density[0]
    return (
        rho * column.deposited[0, 0] * column.intermittency[0] / column.layer_depth[0]
    )


def test_weights_share_what_reaches_the_lid(random_columns):
    columns = random_columns
    equal = columns.scheme(MIMA_SETTINGS)
    weighted = columns.scheme(replace(MIMA_SETTINGS, use_top_weights=True))
    difference = (
        weighted.drag(*columns.state()).eastward - equal.drag(*columns.state()).eastward
    )
    lid = [
        lid_acceleration(diagnose(columns, equal, i)) for i in range(columns.row.size)
    ]
    share = np.array([0.7, 0.28, 0.02]) - 1 / 3
    scale = np.abs(lid).max()
    assert scale > 1e-5
    np.testing.assert_allclose(
        difference[:, :3], np.outer(lid, share), atol=1e-13 * scale
    )
    assert not difference[:, 3:].any()


def test_levels_at_the_lid_gain_what_reached_it(random_columns):
    columns = random_columns
    parity = columns.scheme(MIMA_SETTINGS)
    massive = columns.scheme(replace(MIMA_SETTINGS, mass_weighted_lid=True))
    difference = (
        massive.drag(*columns.state()).eastward - parity.drag(*columns.state()).eastward
    )
    mass = level_mass(columns.pressure)[:, :3].sum(axis=1)
    for i in range(columns.row.size):
        column = diagnose(columns, parity, i)
        reached = (
            column.density[column.source_level]
            * column.deposited[0, 0]
            * column.intermittency[0]
        )
        expected = reached / mass[i] - lid_acceleration(column) / 3
        np.testing.assert_allclose(difference[i, :3], expected, rtol=1e-9, atol=1e-16)
    assert not difference[:, 3:].any()


def test_launching_the_full_stress_only_scales_the_drag(random_columns):
    columns = random_columns
    parity = columns.scheme(MIMA_SETTINGS)
    full = columns.scheme(replace(MIMA_SETTINGS, launch_full_stress=True))
    lost = parity.drag(*columns.state()).eastward
    kept = full.drag(*columns.state()).eastward
    for i in range(columns.row.size):
        share = np.abs(launched_stress(diagnose(columns, parity, i))).sum() / 0.0043
        assert 0.5 < share < 1.0
        scale = np.abs(kept[i]).max()
        np.testing.assert_allclose(kept[i] * share, lost[i], atol=1e-13 * scale)


def test_reflected_waves_are_deposited_where_they_end(random_columns):
    columns = random_columns
    scheme = columns.scheme(replace(MIMA_SETTINGS, deposit_reflected=True))
    reflected = 0
    for i in range(columns.row.size):
        column = diagnose(columns, scheme, i)
        launched = column.fate_level[:, 0] < column.source_level
        expected = np.zeros(column.source_level + 1)
        np.add.at(expected, column.fate_level[launched, 0], column.source[launched])
        np.testing.assert_allclose(column.deposited[:, 0], expected, atol=1e-13)
        reflected += np.count_nonzero(launched & (column.fate[:, 0] == Fate.REFLECTED))
    assert reflected > 0


def test_without_a_damp_level_what_reaches_the_lid_is_lost(random_columns):
    columns = random_columns
    scheme = columns.scheme(replace(MIMA_SETTINGS, damp_level_pressure=1.0))
    assert not scheme.damp_level.any()
    with_lid = columns.scheme(MIMA_SETTINGS).drag(*columns.state()).eastward
    without = scheme.drag(*columns.state()).eastward
    assert np.abs(with_lid - without)[:, :3].max() > 1e-5
    np.testing.assert_array_equal(with_lid[:, 3:], without[:, 3:])
