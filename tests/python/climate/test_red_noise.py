import numpy as np
import pytest

from gwparam.climate.red_noise import find_peak, without_seasons

PERIODS = (10.0, 45.0)
TIME = np.arange(360)


def noise(memory, spread=1.0, size=360, seed=5):
    rng = np.random.default_rng(seed)
    found = np.zeros(size + 100)
    for k in range(1, found.size):
        found[k] = memory * found[k - 1] + rng.normal()
    return spread * found[100:] / found.std()


def irregular(shortest, longest, size, seed):
    """Cycles of all lengths between both, with easterlies twice as strong."""
    rng = np.random.default_rng(seed)
    parts = [np.arange(n) / n for n in rng.integers(shortest, longest + 1, size)]
    wave = np.sin(2.0 * np.pi * np.concatenate(parts)[:size])
    return np.where(wave > 0.0, 15.0, 30.0) * wave + rng.normal(0.0, 3.0, size)


def test_trend_and_seasons_are_taken_away_and_the_mean_stays():
    wave = np.sin(2.0 * np.pi * TIME / 28.0)
    seasons = 5.0 * np.cos(2.0 * np.pi * TIME / 12.0) + 3.0 * np.sin(np.pi * TIME / 3.0)

    found = without_seasons(7.0 + 0.1 * TIME + seasons + wave)

    expected = 7.0 + 0.1 * TIME.mean()
    assert found.mean() == pytest.approx(expected + wave.mean())
    np.testing.assert_allclose(found, expected + wave, atol=0.2)


@pytest.mark.parametrize("size", [90, 360])
@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8, 0.95])
def test_noise_is_no_oscillation(memory, size):
    """One in a hundred is, by chance."""
    peaks = [
        find_peak(without_seasons(noise(memory, 9.0, size, seed)), PERIODS)
        for seed in range(100)
    ]

    assert sum(peak.is_oscillation for peak in peaks) <= 4


@pytest.mark.parametrize(("size", "least"), [(90, 88), (240, 100), (828, 100)])
def test_irregular_cycles_are_an_oscillation(size, least):
    """As those that are observed, of 20 to 36 months; a short series shows fewer."""
    peaks = [
        find_peak(without_seasons(irregular(20, 36, size, seed)), PERIODS)
        for seed in range(100)
    ]

    assert sum(peak.is_oscillation for peak in peaks) >= least


def test_the_period_is_that_of_the_peak():
    wave = 20.0 * np.sin(2.0 * np.pi * TIME / 30.0)

    found = find_peak(wave + noise(0.3, 12.0), PERIODS)

    assert found.period == pytest.approx(30.0)
    assert found.is_oscillation


@pytest.mark.parametrize("period", [6.0, 90.0])
def test_other_periods_do_not_count(period):
    wave = np.sin(2.0 * np.pi * TIME / period)

    assert not find_peak(wave, PERIODS).is_oscillation


def test_what_is_still_has_no_mode():
    found = find_peak(np.ones(100), PERIODS)

    assert np.isnan(found.period)
    assert not found.is_oscillation
