import netCDF4
import numpy as np
import pytest

from gwparam.errors import ArgumentError, ModelFileError, ShapeError
from gwparam.qbo.statistics import (
    monthly_means,
    peak_period,
    read_statistics,
    shrunk_covariance,
    statistic_names,
    statistics,
    statistics_of_run,
    write_statistics,
)
from gwparam.qbo.testbed import Testbed

TESTBED = Testbed()


def waves(months, period, columns=1, amplitude=20.0):
    """Winds that turn and descend, 6 months from 30 to 20 km; shape as of a run."""
    month = np.arange(months)[:, np.newaxis, np.newaxis]
    lag = 6.0 * (30e3 - TESTBED.height) / 10e3
    shift = 3.7 * np.arange(columns)[:, np.newaxis]
    strength = amplitude * (TESTBED.height - 17e3) / 8e3
    return 2.0 + strength * np.sin(2.0 * np.pi * (month - lag - shift) / period)


def by_name(found):
    return dict(zip(statistic_names(), found, strict=True))


def test_the_statistics_of_a_known_oscillation() -> None:
    names = statistic_names()
    assert len(names) == len(set(names)) == 85
    found = by_name(statistics(waves(10 * 24, 24.0), TESTBED)[0])
    assert found["mean_at_25_km"] == pytest.approx(2.0)
    deviation = 20.0 / np.sqrt(2.0)
    assert found["standard_deviation_at_25_km"] == pytest.approx(deviation)
    assert found["standard_deviation_at_21_km"] == pytest.approx(deviation / 2)
    assert found["skewness_at_26_km"] == pytest.approx(0.0, abs=1e-9)
    assert found["period_at_20_km"] == pytest.approx(24.0, rel=1e-3)
    assert found["autocorrelation_after_12_months"] == pytest.approx(-1.0, abs=0.01)
    assert found["autocorrelation_after_24_months"] == pytest.approx(1.0, abs=0.01)
    assert found["descent_correlation_after_6_months"] == pytest.approx(1.0, abs=0.01)
    assert found["westerly_phase_mean_at_24_km"] > 10.0
    assert found["easterly_phase_mean_at_24_km"] < -8.0


def test_period_lies_between_modes() -> None:
    for period in (17.3, 25.9, 28.4):
        wind = waves(144, period, columns=3)[:, :, 32]
        np.testing.assert_allclose(peak_period(wind), period, rtol=0.01)
    # Smooth: a small change of the wind is a small one of the period.
    near = [peak_period(waves(144, p)[:, :, 32])[0] for p in (26.0, 26.01)]
    assert 0.0 < near[1] - near[0] < 0.03


def test_a_wind_that_stands_still_has_finite_statistics() -> None:
    still = np.full((144, 1, 73), 3.0)
    found = by_name(statistics(still, TESTBED)[0])
    assert np.isfinite(list(found.values())).all()
    assert found["easterly_phase_mean_at_24_km"] == pytest.approx(3.0)
    assert found["standard_deviation_at_25_km"] == pytest.approx(0.0, abs=1e-9)


def test_columns_are_apart_and_an_unstable_one_has_none() -> None:
    both = waves(144, 26.0, columns=2)
    alone = statistics(both[:, 1:], TESTBED)
    both[100:, 0] = np.nan
    found = statistics(both, TESTBED)
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], alone[0])
    with pytest.raises(ShapeError, match=r"\(36, 1, 73\), expected at least 37 months"):
        statistics(waves(36, 26.0), TESTBED)
    with pytest.raises(ShapeError, match="73 levels"):
        statistics(np.zeros((144, 1, 40)), TESTBED)


def test_months_are_means_of_30_days() -> None:
    days = np.arange(65.0)[:, np.newaxis] * [1.0, 2.0]
    assert monthly_means(days).tolist() == [[14.5, 29.0], [44.5, 89.0]]


def test_covariance_of_few_samples_is_shrunk() -> None:
    generator = np.random.default_rng(0)
    root = np.linalg.cholesky(np.array([[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0, 0, 4.0]]))
    many = generator.standard_normal((5000, 3)) @ root.T
    np.testing.assert_allclose(shrunk_covariance(many), root @ root.T, atol=0.2)
    few = generator.standard_normal((6, 30))
    found = shrunk_covariance(few)
    assert np.linalg.cond(found) < 1e3  # 6 samples of 30 values have none
    np.testing.assert_allclose(np.diag(found), few.var(axis=0, ddof=1))


def test_a_file_is_read_as_it_was_written(tmp_path) -> None:
    days = np.repeat(waves(12 * 62, 26.0), 30, axis=0)[:, 0]
    rng = np.random.default_rng(1)
    days = days * (
        1.0 + 0.1 * rng.standard_normal((len(days) // 360, 1)).repeat(360, axis=0)
    )
    path = tmp_path / "s.nc"
    written = write_statistics(path, days, TESTBED)
    found = read_statistics(path)
    assert found.names == written.names == tuple(statistic_names())
    assert (found.windows, found.window_years) == (4, 12)
    np.testing.assert_array_equal(found.values, written.values)
    np.testing.assert_array_equal(found.covariance, written.covariance)
    expected = monthly_means(days)[144:288, np.newaxis]
    one = statistics_of_run(np.tile(expected, (1, 3, 1)), TESTBED)
    np.testing.assert_allclose(one.values, statistics(expected, TESTBED)[0])


def test_too_few_windows_and_no_finite_wind_are_refused() -> None:
    with pytest.raises(
        ArgumentError, match="window_years is 12, expected at least 3 w"
    ):
        statistics_of_run(waves(200, 26.0), TESTBED)
    wind = waves(144, 26.0, columns=4)
    wind[3, 2] = np.inf
    with pytest.raises(ShapeError, match="not finite"):
        statistics_of_run(wind, TESTBED)


def test_other_files_are_refused(tmp_path) -> None:
    path = tmp_path / "s.nc"
    path.write_text("no netCDF")
    with pytest.raises(ModelFileError, match="expected statistics of gwparam"):
        read_statistics(path)
    wind = waves(144, 26.0, columns=4) + np.random.default_rng(0).normal(
        size=(144, 4, 73)
    )
    days = np.concatenate((np.zeros((12 * 360, 4, 73)), wind.repeat(30, axis=0)))
    write_statistics(path, days, TESTBED)
    for change, words in (
        (lambda f: f["name"].__setitem__(0, "depth"), "name has depth"),
        (lambda f: f["value"].__setitem__(3, np.nan), "not finite"),
        (lambda f: f.setncattr("window_years", 0), "window_years is 0"),
    ):
        write_statistics(path, days, TESTBED)
        with netCDF4.Dataset(path, "a") as file:
            change(file)
        with pytest.raises(ModelFileError, match=words):
            read_statistics(path)


def test_a_grid_that_ends_too_low_is_refused(tmp_path) -> None:
    low, path = Testbed(top=30e3), tmp_path / "s.nc"
    wind = np.zeros((360 * 24, len(low.height)))
    with pytest.raises(ArgumentError, match="height is 31000 m, expected 17000 to 300"):
        write_statistics(path, wind, low, 4)
    assert not path.exists()
