import numpy as np
import pytest
from matplotlib.figure import Figure

from gwparam.evaluate.report.time_axis import TimeAxis


def test_days_are_those_of_the_calendar():
    dates = ["2001-02-27", "2001-02-30", "2001-03-01 12:00:00"]

    np.testing.assert_array_equal(TimeAxis.of_dates(dates, "360_day").at, [0, 3, 4.5])


@pytest.mark.parametrize(
    ("dates", "calendar"),
    [
        (["2001-02-27", "2001-02-30"], "standard"),  # no date
        (["2001-02-27", "2001-02-26"], "standard"),  # not in order
        (["2001-02-27", "2001-02-28"], "of Mars"),
    ],
)
def test_what_is_no_time_is_numbered(dates, calendar):
    times = TimeAxis.of_dates(dates, calendar)

    np.testing.assert_array_equal(times.at, [0, 1])
    assert times.label == "number of the sample"


def test_labels_are_apart_and_say_the_first_and_the_last():
    dates = ["0001-01-01", "0001-01-02", "0001-01-13", "0001-01-29", "0001-01-30"]
    axis = Figure().subplots()

    TimeAxis.of_dates(dates, "noleap").draw(axis)

    written = [label.get_text() for label in axis.get_xticklabels()]
    assert written == ["0001-01-01", "0001-01-13", "0001-01-30"]
