from types import SimpleNamespace

import pytest

from gwparam.contract import TrainingDates, TrainingRecord
from gwparam.data.dates import Dates
from gwparam.training.record import record_of
from gwparam.training.scores import FieldScore, Scores

DAYS = Dates(
    ("a.nc", "b.nc"),
    (3, 3),
    ((0.0, 2.0), (10.0, 12.0)),
    "days since 2001-01-01",
    "noleap",
)


def split(name, times, dates=DAYS):
    return SimpleNamespace(name=name, times=times, data=SimpleNamespace(dates=dates))


def prepared(*splits, loaded=None, missing=()):
    spec = SimpleNamespace(missing=missing)
    return SimpleNamespace(splits=splits, loaded=loaded, spec=spec)


def period(first, last):
    return TrainingDates(first, last, "noleap")


def scores(*errors):
    return Scores(1.0, (FieldScore("drag", "m s-2", 0.5, 0.5, 1.0, errors),))


def test_dates_of_training_and_validation_file_by_file():
    three = prepared(
        split("training", range(4)),
        split("validation", range(4, 5)),
        split("test", range(5, 6)),
    )

    assert record_of(three, {}).training_dates == (
        period("2001-01-01", "2001-01-03"),
        period("2001-01-11", "2001-01-11"),
        period("2001-01-12", "2001-01-12"),
    )


def test_dates_of_the_network_that_it_began_with_come_first():
    old = TrainingRecord((period("1979-01-01", "1979-12-31"),))
    loaded = SimpleNamespace(training=old)

    found = record_of(prepared(split("training", range(3)), loaded=loaded), {})

    assert found.training_dates == (
        period("1979-01-01", "1979-12-31"),
        period("2001-01-01", "2001-01-03"),
    )


def test_times_that_are_no_dates_say_nothing():
    files = prepared(split("training", range(2), Dates(("a.nc",), (2,))))

    assert record_of(files, {}).training_dates == ()


def test_expected_error_is_that_of_the_test():
    both = {"validation": scores(3.0, 4.0), "test": scores(1.0, 2.0)}

    (error,) = record_of(prepared(), both).expected_error

    assert (error.name, error.root_mean_square) == ("drag", (1.0, 2.0))
    (error,) = record_of(prepared(), {"validation": both["validation"]}).expected_error
    assert error.root_mean_square == (3.0, 4.0)


@pytest.mark.parametrize(
    ("after", "missing"),
    [(scores(1.0, float("nan")), ()), (scores(1.0, 2.0), ("scaling",)), (scores(), ())],
)
def test_error_without_units_or_value_is_none(after, missing):
    assert record_of(prepared(missing=missing), {"test": after}).expected_error == ()
