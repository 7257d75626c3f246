from dataclasses import replace

import numpy as np
import pytest
from climate_runs import LATITUDE, PRESSURE

from gwparam.climate.seasons import SEASONS, find_differences, yearly_means

WIND, TEMPERATURE = "eastward_wind", "air_temperature"
PLANTED = (np.abs(LATITUDE + 45.0) < 15.0) & (PRESSURE[:, None] > 100.0)


def numbered(run):
    """Every month has the value of its number, from 1 in the first January."""
    field = np.zeros_like(run.fields[WIND])
    field += np.arange(1.0, run.month.size + 1.0)[:, None, None]
    return replace(run, fields={WIND: field})


def test_years_are_means_of_their_months(run):
    found = yearly_means(numbered(run), WIND, SEASONS["annual"])

    np.testing.assert_allclose(found[:, 0, 0], 6.5 + 12.0 * np.arange(10))


def test_a_winter_takes_the_december_before(run):
    found = yearly_means(numbered(run), WIND, SEASONS["December to February"])

    np.testing.assert_allclose(found[:, 0, 0], 13.0 + 12.0 * np.arange(9))


def test_a_year_that_lacks_a_month_does_not_count(run):
    kept = np.delete(np.arange(120), 17)  # June of the second year
    part = replace(numbered(run), month=run.month[kept])
    part = replace(part, fields={WIND: part.fields[WIND][kept]})

    assert len(yearly_means(part, WIND, SEASONS["annual"])) == 9
    assert len(yearly_means(part, WIND, SEASONS["December to February"])) == 9
    assert len(yearly_means(part, WIND, SEASONS["June to August"])) == 9


def test_the_planted_difference_is_found_and_significant(run, reference):
    for field in (WIND, TEMPERATURE):
        found = find_differences(run, reference, field)["annual"]

        assert found.years == (10, 12)
        np.testing.assert_allclose(found.mean[PLANTED], -4.0, atol=0.8)
        assert found.significant[PLANTED].all()
        # A tenth of the discoveries may be false, and luck.
        assert found.significant[~PLANTED].sum() <= 4


def test_another_grid_makes_no_difference(run, reference):
    """Fields that are straight lines are the same on all grids."""
    latitude, pressure = np.linspace(-88.0, 88.0, 45), np.geomspace(200.0, 9.9e4, 30)

    def field(pressure, latitude, months):
        line = 3.0 * np.log(pressure)[:, None] + 0.1 * latitude
        return {WIND: np.stack([line] * months)}

    ours = replace(run, fields=field(run.pressure, run.latitude, run.month.size))
    other = replace(
        reference,
        pressure=pressure,
        latitude=latitude,
        fields=field(pressure, latitude, reference.month.size),
    )

    found = find_differences(ours, other, WIND)

    np.testing.assert_allclose(found["annual"].mean, 0.0, atol=1e-10)


def test_levels_beyond_the_reference_have_no_difference(run, reference):
    high = replace(reference, pressure=reference.pressure * 2.0)

    found = find_differences(run, high, WIND)["annual"]

    assert np.isnan(found.mean[0]).all()
    assert np.isfinite(found.mean[3:]).all()
    assert not found.significant[0].any()


def test_what_is_not_there_is_told(run, reference):
    dry = replace(reference, fields={WIND: reference.fields[WIND]})
    few = replace(reference, month=reference.month[:2])
    few = replace(few, fields={WIND: reference.fields[WIND][:2]})

    assert find_differences(run, dry, TEMPERATURE).endswith("has no air_temperature")
    why = find_differences(run, few, WIND)
    assert "120 and" in why
    assert "2 whole months, expected all of a season in both" in why


def test_without_a_common_cell_there_is_no_difference(run, reference):
    north = run.latitude > 0.0
    parts = [
        replace(
            side,
            latitude=side.latitude[rows],
            fields={WIND: side.fields[WIND][..., rows]},
        )
        for side, rows in ((run, north), (reference, ~north))
    ]

    why = find_differences(*parts, WIND)

    assert "is from 3 to 925 hPa and from 5 to 85 degrees north" in why
    assert why.endswith("expected values at some levels and latitudes in common")


def test_seasons_that_both_have_are_compared(run, reference):
    part = replace(reference, month=reference.month[2:11])
    part = replace(part, fields={WIND: reference.fields[WIND][2:11]})

    found = find_differences(run, part, WIND)

    assert list(found) == ["June to August"]
    assert found["June to August"].years == (10, 1)
    assert np.isnan(found["June to August"].probability).all()


@pytest.mark.parametrize("season", SEASONS)
def test_a_run_without_a_month_has_no_year(run, season):
    empty = replace(run, month=run.month[:0], fields={WIND: run.fields[WIND][:0]})

    assert yearly_means(empty, WIND, SEASONS[season]).shape[0] == 0
