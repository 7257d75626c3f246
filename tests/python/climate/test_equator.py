from dataclasses import replace

import numpy as np
import pytest
from climate_runs import AMPLITUDE, DESCENT, OFFSET, PERIOD

from gwparam.climate.equator import LEAST_MONTHS, find_qbo
from gwparam.climate.oscillation import fourier_bin

# Months of a calendar are not even; the noise has another mean every year, and of ten
# years some of the oscillation is taken for trend and annual cycle.
MONTHS, SPEED = 0.3, 0.6
# The running mean over five months, and the straight line over 2 km at 10 hPa.
SMOOTHED = np.sin(5.0 * np.pi / PERIOD) / (5.0 * np.sin(np.pi / PERIOD))
BETWEEN = 0.99


@pytest.fixture(scope="module")
def found(run):
    return find_qbo(run)


def test_period_and_amplitude_are_as_made(found):
    numbers = found.numbers

    assert numbers.transition_period == pytest.approx(PERIOD, abs=MONTHS)
    # Of five changes, the first is lost to the running mean.
    assert numbers.cycles == 3
    assert found.period_error < MONTHS
    width = fourier_bin(120, 1.0, PERIOD)
    assert numbers.period == pytest.approx(PERIOD, abs=width)
    assert found.amplitude == pytest.approx(SMOOTHED * BETWEEN * AMPLITUDE, abs=SPEED)
    assert numbers.amplitude == pytest.approx(
        AMPLITUDE / np.sqrt(2.0), abs=0.05 * AMPLITUDE
    )


def test_phases_are_as_made(found):
    """The mean wind makes westerlies longer and stronger."""
    swing = SMOOTHED * BETWEEN * AMPLITUDE
    longer = PERIOD / np.pi * np.arcsin(OFFSET / swing)
    westerly, easterly = found.numbers.westerly, found.numbers.easterly

    assert westerly.length == pytest.approx(PERIOD / 2.0 + longer, abs=MONTHS)
    assert easterly.length == pytest.approx(PERIOD / 2.0 - longer, abs=MONTHS)
    assert westerly.strength == pytest.approx(swing + OFFSET, abs=SPEED)
    assert easterly.strength == pytest.approx(OFFSET - swing, abs=SPEED)


def test_phases_come_down_as_made(found):
    for rate in found.descent.values():
        assert rate == pytest.approx(DESCENT, rel=0.05)


def test_the_band_is_five_degrees_by_area(run):
    """A row just beyond it does not count, and a wide row counts more."""
    latitude = np.array([-30.0, -5.1, -5.0, 3.0, 60.0])
    fields = {"eastward_wind": np.zeros((run.month.size, run.pressure.size, 5))}
    fields["eastward_wind"][..., :] = [100.0, 100.0, 1.0, 2.0, 100.0]

    found = find_qbo(replace(run, latitude=latitude, fields=fields))

    # Rows meet half way, at 1S, and the band ends at its edges.
    weights = np.diff(np.sin(np.deg2rad([-5.0, -1.0, 5.0])))
    expected = (weights * [1.0, 2.0]).sum() / weights.sum()
    np.testing.assert_allclose(found.wind, expected, rtol=1e-12)


def test_a_wind_that_does_not_change_has_no_period(run):
    still = {"eastward_wind": np.ones_like(run.fields["eastward_wind"])}

    found = find_qbo(replace(run, fields=still))

    assert "an amplitude of 0.0 m s-1, expected at least 2" in found.absent
    assert found.numbers.cycles == 0
    for value in (found.numbers.transition_period, found.amplitude, found.period_error):
        assert np.isnan(value)


def at_all_places(run, series):
    field = np.zeros_like(run.fields["eastward_wind"])
    return replace(run, fields={"eastward_wind": field + series[:, None, None]})


def noise(run, memory):
    found = 3.0 * np.random.default_rng(5).normal(size=run.month.size)
    for k in range(1, found.size):
        found[k] += memory * found[k - 1]
    return found


def test_what_does_not_oscillate_has_no_period(run):
    annual = 5.0 * np.cos(2.0 * np.pi * run.month / 12.0)
    for series in (annual, noise(run, 0.0), noise(run, 0.8), annual + noise(run, 0.5)):
        found = find_qbo(at_all_places(run, series))

        assert "expected a" in found.absent
        assert found.numbers.cycles == 0
        for value in (
            found.numbers.transition_period,
            found.numbers.period,
            found.amplitude,
            *found.descent.values(),
        ):
            assert np.isnan(value)


def test_trend_and_annual_cycle_do_not_hide_an_oscillation(run):
    month = run.month - run.month[0]
    wave = 20.0 * np.sin(2.0 * np.pi * month / 28.0)
    beside = 0.3 * (month - 60.0) + 15.0 * np.cos(2.0 * np.pi * month / 12.0)

    found = find_qbo(at_all_places(run, wave + beside + 0.5 * noise(run, 0.0)))

    assert found.absent is None
    assert found.numbers.transition_period == pytest.approx(28.0, abs=1.0)
    width = fourier_bin(month.size, 1.0, 28.0)
    assert found.numbers.period == pytest.approx(28.0, abs=width)


def test_the_longest_row_of_months_counts(run):
    kept = np.delete(np.arange(run.month.size), 20)
    fields = {name: field[kept] for name, field in run.fields.items()}

    found = find_qbo(replace(run, month=run.month[kept], fields=fields))

    assert found.month.tolist() == run.month[21:].tolist()


def cut(run, months):
    fields = {name: field[:months] for name, field in run.fields.items()}
    return replace(run, month=run.month[:months], fields=fields)


def test_months_are_counted(run):
    why = find_qbo(cut(run, LEAST_MONTHS - 1))

    assert why.startswith("89 whole months one after the other, expected at least 90")
    assert not isinstance(find_qbo(cut(run, LEAST_MONTHS)), str)
    assert find_qbo(cut(run, 0)).startswith("0 whole months")


def test_a_run_without_the_equator_or_10_hpa_says_so(run):
    beside = find_qbo(replace(run, latitude=1.05 * run.latitude))
    low = find_qbo(replace(run, pressure=run.pressure * 10.0))

    assert beside == "no latitude from 5S to 5N, but -89.25 to 89.25 degrees north"
    assert low == "levels from 30 to 9250 hPa, expected 10 hPa among them"


def test_missing_values_at_10_hpa_are_told(run):
    wind = run.fields["eastward_wind"].copy()
    wind[7] = np.nan

    why = find_qbo(replace(run, fields={"eastward_wind": wind}))

    assert why.startswith("in 1 of 120 months less than nine tenths of the values")
