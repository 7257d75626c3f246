import numpy as np
import pytest

from gwparam.climate.oscillation import (
    crossings,
    cycle_amplitudes,
    descent_rates,
    fourier_bin,
    fourier_period,
    oscillation,
    phases,
    smooth,
    transition_periods,
)

DAY = 1.0 / 30.0


def wave(period: float, months: float, step: float, lag: float = 0.0) -> np.ndarray:
    """A sine that begins upwards after `lag` months."""
    time = np.arange(round(months / step)) * step
    return np.sin(2.0 * np.pi * (time - lag) / period)


@pytest.mark.parametrize("step", [DAY, 1.0])
@pytest.mark.parametrize("period", [17.0, 28.0])
def test_period_of_a_wave(period: float, step: float) -> None:
    wind = 3.0 + 20.0 * wave(period, 1000.0, step)
    found = fourier_period(wind, step)
    assert abs(found - period) <= fourier_bin(len(wind), step, period)
    lengths = transition_periods(wind - 3.0, step)
    assert lengths.size == pytest.approx(1000.0 / period, abs=2.0)
    np.testing.assert_allclose(lengths, period, rtol=1e-3)


def test_nothing_to_see() -> None:
    still = np.zeros(3000)
    assert np.isnan(fourier_period(still, DAY))
    assert crossings(still, DAY).size == 0
    found = oscillation(still, DAY)
    assert found.cycles == 0
    assert np.isnan(found.transition_period)
    assert np.isnan(found.easterly.length)
    assert transition_periods(np.ones(3), 1.0).size == 0
    assert np.isnan(phases(np.ones(3), 1.0)["westerly"].strength)


def test_a_period_fits_twice() -> None:
    assert fourier_period(wave(24.0, 49.0, 1.0), 1.0) == pytest.approx(24.5)
    assert np.isnan(fourier_period(wave(24.0, 40.0, 1.0), 1.0))


def test_a_bin_reaches_the_next_period() -> None:
    length, step = 34560, DAY
    span = 2 * length * step
    assert fourier_bin(length, step, span / 89) == pytest.approx(span / 88 - span / 89)
    assert fourier_bin(length, step, span) == np.inf


def test_changes_are_in_their_direction() -> None:
    wind = wave(24.0, 120.0, DAY, lag=7.0)
    np.testing.assert_allclose(crossings(wind, DAY)[:2], [7.0, 31.0], atol=0.02)
    down = crossings(wind, DAY, upward=False)
    np.testing.assert_allclose(down[:2], [19.0, 43.0], atol=0.02)


def test_only_cycles_of_10_to_45_months_count() -> None:
    assert transition_periods(wave(9.0, 300.0, DAY), DAY).size == 0
    assert transition_periods(wave(46.0, 600.0, DAY), DAY).size == 0
    assert transition_periods(wave(44.0, 600.0, DAY), DAY).size == 12


def test_smoothing_takes_five_months() -> None:
    wind = np.arange(40.0).reshape(20, 2)
    expected = np.stack([wind[i : i + 5].mean(axis=0) for i in range(16)])
    np.testing.assert_allclose(smooth(wind, 1.0), expected)


def test_phases_have_length_and_strength() -> None:
    # Westerlies for 10 months at 8 m s-1, easterlies for 18 at -25.
    month = np.arange(28 * 12) % 28
    wind = np.where(month < 10, 8.0, -25.0)
    found = phases(np.repeat(wind, 30), DAY)
    both = found["westerly"].length + found["easterly"].length
    assert both == pytest.approx(28.0, abs=1e-6)
    assert found["westerly"].strength == pytest.approx(8.0)
    assert found["easterly"].strength == pytest.approx(-25.0)
    assert found["easterly"].length > found["westerly"].length


def test_descent_by_kind() -> None:
    period, distance = 26.0, 10.0
    above = wave(period, 520.0, DAY)
    below = wave(period, 520.0, DAY, lag=8.0)
    found = descent_rates(above, below, distance, DAY)
    assert found["westerly"] == pytest.approx(distance / 8.0, rel=1e-3)
    assert found["easterly"] == pytest.approx(distance / 8.0, rel=1e-3)
    nothing = descent_rates(np.ones(900), below, distance, DAY)
    assert all(np.isnan(rate) for rate in nothing.values())


def test_description_of_a_wave() -> None:
    found = oscillation(20.0 * wave(26.0, 1040.0, DAY), DAY)
    assert found.period == pytest.approx(26.0, abs=0.2)
    assert found.transition_period == pytest.approx(26.0, abs=1e-3)
    assert found.transition_spread < 0.01
    assert found.amplitude == pytest.approx(20.0 / np.sqrt(2.0), rel=1e-3)
    assert found.cycles == 38


def test_cycles_have_half_of_their_range() -> None:
    # The running mean over five months takes this much of it.
    smoothed = np.sin(5.0 * np.pi / 26.0) / (5.0 * np.sin(np.pi / 26.0))
    month = np.arange(26 * 6)
    wave = np.sin(2.0 * np.pi * (month - 3.0) / 26.0)
    wind = np.where(month < 78, 10.0, 20.0) * wave

    found = cycle_amplitudes(wind, 1.0)

    np.testing.assert_allclose(
        found[[0, -1]], smoothed * np.array([10.0, 20.0]), rtol=0.01
    )
    assert cycle_amplitudes(wind[:4], 1.0).size == 0
