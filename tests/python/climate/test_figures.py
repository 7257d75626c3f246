from dataclasses import replace

import numpy as np
import pytest

from gwparam.climate import figures
from gwparam.pages import picture


@pytest.fixture
def drawn(monkeypatch):
    """Keep the figures of panels."""
    found = []

    def keep(figure, **_):
        figure.draw_without_rendering()
        found.append(figure)
        return "data:image/png;base64,"

    monkeypatch.setattr(picture, "embed", keep)
    return found


def test_series_show_the_changes_between_which_periods_are_counted(climate, drawn):
    figures.oscillation_section(climate)

    (axis,) = drawn[1].axes
    qbo = climate.sides[0].qbo
    np.testing.assert_array_equal(axis.lines[1].get_ydata(), qbo.series)
    changes = axis.lines[3].get_xdata()
    assert 12.0 * np.diff(changes).mean() == pytest.approx(
        qbo.numbers.transition_period
    )
    # The mean over five months starts in the middle of the third.
    assert axis.lines[2].get_xdata()[0] == pytest.approx(1980.0 + 2.5 / 12.0)


def test_without_an_oscillation_no_change_is_shown(climate, drawn):
    side = climate.sides[0]
    still = replace(side, qbo=replace(side.qbo, absent="the reason"))

    figures.oscillation_section(type(climate)([still], {}))

    assert drawn[1].axes[0].lines[3].get_xdata().size == 0


def test_warmings_stand_on_the_series(climate, drawn):
    figures.vortex_section(climate)

    (axis,) = drawn[0].axes
    warm, final = axis.lines[2], axis.lines[3]
    assert np.floor(warm.get_xdata()).tolist() == [1981, 1983, 1984]
    assert (warm.get_ydata() < 0.0).all()
    assert np.floor(final.get_xdata()).tolist() == [1986]


def test_significant_differences_are_hatched(climate, drawn):
    figures.difference_section(climate)

    hatched = [
        collection
        for figure in drawn
        for collection in figure.axes[0].collections
        if getattr(collection, "hatches", None) == ["////"]
    ]
    assert len(hatched) == 6


def test_bars_of_colours_have_few_ticks_and_zero(climate, drawn):
    figures.difference_section(climate)

    for figure in drawn:
        ticks = figure.axes[1].get_yticks()
        assert 0.0 in np.round(ticks, 12)
        assert 3 <= ticks.size <= 9


@pytest.mark.parametrize(
    ("years", "names"),
    [
        (9, ["0 to 8"]),
        (20, ["0 to 19"]),
        (24, ["0 to 11", "12 to 23"]),
        (41, ["0 to 13", "14 to 27", "28 to 40"]),
        (1, ["0"]),
    ],
)
def test_long_series_are_cut_into_even_parts(years, names):
    time = (np.arange(12 * years) + 0.5) / 12.0

    found = list(figures._spans(time, 20))

    assert [name for _, name in found] == names
    parts = [time[part] for part, _ in found]
    np.testing.assert_array_equal(np.concatenate(parts), time)
