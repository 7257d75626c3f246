"""What a trained network says of its training: the dates it saw, and its error."""

import math
from collections.abc import Mapping

from gwparam.contract import ExpectedError, TrainingDates, TrainingRecord
from gwparam.training.prepare import Prepared, Splits
from gwparam.training.scores import Scores


def record_of(prepared: Prepared, after: Mapping[str, Scores]) -> TrainingRecord:
    """Say what a network was trained on, and how well it does on what was kept.

    Parameters
    ----------
    prepared : Prepared
        The training.
    after : mapping of str to Scores
        With the best weights, by the name of the split.

    Returns
    -------
    TrainingRecord
        The dates of the training and of the validation, which chose the weights, with
        those of a network that it began with. Errors are those on the test, else on the
        validation, where they are in physical units.
    """
    loaded = prepared.loaded
    before = loaded.training if loaded is not None else None
    dates = (*(before.training_dates if before else ()), *_dates(prepared.splits))
    scores = after.get("test") or after.get("validation")
    errors = []
    for field in scores.fields if scores and not prepared.spec.missing else ():
        if field.level_errors and all(map(math.isfinite, field.level_errors)):
            errors.append(ExpectedError(field.name, field.level_errors))
    return TrainingRecord(tuple(dict.fromkeys(dates)), tuple(errors))


def _dates(splits: Splits) -> list[TrainingDates]:
    """First and last day of each file, as far as it is for training or validation."""
    periods = []
    for split in splits:
        dates = split.data.dates
        if split.name == "test" or dates.intervals is None:
            continue
        first = 0
        for count in dates.counts:
            own = range(
                max(first, split.times[0]), min(first + count, split.times[-1] + 1)
            )
            first += count
            if own:
                days = [
                    f"{dates.date(i).strftime('%Y-%m-%d')}" for i in (own[0], own[-1])
                ]
                periods.append(TrainingDates(days[0], days[1], dates.calendar))
    return periods
