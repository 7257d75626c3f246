import pytest

from gwparam.contract import TrainingDates
from gwparam.data.seen import describe_seen, seen_times

TRAINING = (
    TrainingDates("1979-01-01", "1979-01-31", "noleap"),
    TrainingDates("1980-07-01", "1980-07-10"),
)


@pytest.mark.parametrize(
    ("dates", "seen", "unseen", "undated", "said"),
    [
        (
            ["1979-01-31 23:00:00", "1979-02-01 00:00:00"],
            1,
            1,
            0,
            "1 of 2 times are of",
        ),
        (
            ["1980-07-01 00:00:00", "1979-01-01 06:00:00"],
            2,
            0,
            0,
            "2 of 2 times are of",
        ),
        (
            ["1980-06-30 18:00:00", "1980-07-11 00:00:00"],
            0,
            2,
            0,
            "none of the 2 times",
        ),
        ([None, "1990-01-01 00:00:00"], 0, 1, 1, "1 of 2 times have no date"),
    ],
)
def test_times_are_counted_by_their_days(dates, seen, unseen, undated, said):
    found = seen_times(dates, TRAINING)

    assert (found["seen"], found["unseen"], found["undated"]) == (seen, unseen, undated)
    assert found["training_dates"][1] == ["1980-07-01", "1980-07-10"]
    assert said in describe_seen(found)
    assert "1979-01-01 to 1979-01-31, 1980-07-01" in describe_seen(found)


def test_artefact_that_does_not_say_it():
    assert seen_times(["1979-01-01 00:00:00"], None) is None
    assert "does not say" in describe_seen(None)
