import os
from contextlib import ExitStack

import pytest
from training_files import training_set, written

from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ArgumentError
from gwparam.training.splits import open_splits, split_times
from gwparam.training.tasks.flux_data import FluxData, nonlocal_channels

SHARES = "0.75:0.125:0.125"


def open_data(paths):
    files = TrainingFiles(paths)
    return FluxData(files, nonlocal_channels(files, {}, surface=True), False)


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def write(tmp_path):
    """Write a training file of some times; no two files are alike."""
    seeds = iter(range(100, 1000, 10))

    def run(name, count, start, dataset=None):
        if dataset is None:
            dataset = training_set(count, start=start, seed=next(seeds))
        return written(tmp_path, dataset, name)

    return run


def found(splits):
    return {split.name: list(split.times) for split in splits}


@pytest.mark.parametrize(
    ("count", "split", "with_test", "expected"),
    [
        (8, SHARES, True, [6, 1, 1]),
        (80, SHARES, True, [60, 10, 10]),
        (8, "6:1:1", True, [6, 1, 1]),
        (8, "5:2:1", True, [5, 2, 1]),
        (16, "5:2:1", True, [10, 4, 2]),
        (10, "4:1", True, [8, 2]),
        # Of a file of its own for the test, the test's share goes to training.
        (80, SHARES, False, [69, 11]),
        (8, "6:2:1", False, [6, 2]),
        # At least one time each, and no time lost.
        (3, SHARES, True, [1, 1, 1]),
        (4, "1:10:10", True, [1, 1, 2]),
        (2, "1:1", False, [1, 1]),
        (5, "1000:1:1", True, [3, 1, 1]),
        # No test.
        (8, "3:1:0", True, [6, 2, 0]),
    ],
)
def test_times_are_split_by_numbers_or_shares(count, split, with_test, expected):
    numbers = split_times(count, split, with_test)

    assert numbers == expected


@pytest.mark.parametrize(
    ("count", "split", "with_test"),
    [(2, SHARES, True), (1, SHARES, False), (1, "1:1", True), (0, "1:1:0", True)],
)
def test_too_few_times_are_refused(count, split, with_test):
    with pytest.raises(
        ArgumentError,
        match=rf"the files hold {count} times?, expected one at least for each of "
        r"training, validation and test; validation and test may have files of",
    ):
        split_times(count, split, with_test)


@pytest.mark.parametrize(
    "split",
    [
        "",
        "most",
        "6",
        "6:1:1:1",
        "6,1,1",
        "6:-1:1",
        "0:1:1",
        "6:0:1",
        "6:0",
        "6:nan:1",
        "nan:1:1",
        "inf:1:1",
        "6::1",
    ],
)
def test_text_that_is_no_split_is_refused(split):
    with pytest.raises(
        ArgumentError, match=rf"split is {split}, expected for example 0.75:0.125:0.125"
    ):
        split_times(8, split, True)


def test_data_alone_are_split_in_the_order_of_time(stack, write):
    paths = [write("a.nc", 3, 10.0), write("b.nc", 5, 0.0)]

    splits = open_splits(stack, open_data, paths, (), (), "5:2:1")

    assert found(splits) == {
        "training": [0, 1, 2, 3, 4],
        "validation": [5, 6],
        "test": [7],
    }
    assert splits[0].data.dates.paths == (paths[1], paths[0])


def test_data_may_be_split_without_test(stack, write):
    splits = open_splits(stack, open_data, [write("a.nc", 8, 0.0)], (), (), "3:1:0")

    assert found(splits) == {"training": [0, 1, 2, 3, 4, 5], "validation": [6, 7]}


def test_validation_files_leave_all_data_to_training(stack, write):
    data, validation = [write("a.nc", 4, 0.0)], [write("b.nc", 2, 9.0)]

    splits = open_splits(stack, open_data, data, validation, (), SHARES)

    assert found(splits) == {"training": [0, 1, 2, 3], "validation": [0, 1]}
    assert splits[0].data is not splits[1].data


def test_test_files_leave_the_share_of_the_test_to_training(stack, write):
    data, test = [write("a.nc", 8, 0.0)], [write("b.nc", 3, 20.0)]

    splits = open_splits(stack, open_data, data, (), test, "6:2:1")

    assert found(splits) == {
        "training": [0, 1, 2, 3, 4, 5],
        "validation": [6, 7],
        "test": [0, 1, 2],
    }
    assert splits[0].data is splits[1].data


def test_every_part_may_have_files(stack, write):
    paths = [[write(f"{i}.nc", 1 + i, 10.0 * i)] for i in range(3)]

    splits = open_splits(stack, open_data, *paths, SHARES)

    assert found(splits) == {"training": [0], "validation": [0, 1], "test": [0, 1, 2]}
    assert [list(split.data.dates.paths) for split in splits] == paths


def test_files_are_closed_with_the_stack(write):
    closed = []

    class Watched(FluxData):
        def close(self):
            closed.append(self.dates.paths)
            super().close()

    def open_watched(paths):
        files = TrainingFiles(paths)
        return Watched(files, nonlocal_channels(files, {}, surface=True), False)

    paths = [[write(f"{i}.nc", 2, 10.0 * i)] for i in range(3)]
    with ExitStack() as stack:
        open_splits(stack, open_watched, *paths, SHARES)
        assert closed == []

    assert sorted(closed) == sorted(map(tuple, paths))


def test_no_data_are_refused(stack, write):
    with pytest.raises(ArgumentError, match="no training file given"):
        open_splits(stack, open_data, (), [write("a.nc", 2, 0.0)], (), SHARES)


def refuse(stack, match, *paths):
    with pytest.raises(ArgumentError, match=match):
        open_splits(stack, open_data, *paths, SHARES)


def test_file_in_two_parts_is_refused(stack, write):
    one, other = write("a.nc", 4, 0.0), write("b.nc", 4, 9.0)

    refuse(
        stack,
        r"b.nc is for test and, as .*b.nc, for training, expected other files",
        [one, other],
        (),
        [other],
    )


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_file_in_two_parts_under_two_names_is_refused(stack, write, tmp_path, link):
    path = write("a.nc", 4, 0.0)
    link(path, tmp_path / "other.nc")

    refuse(
        stack,
        r"other.nc is for validation and, as .*a.nc, for training, expected other",
        [path],
        [str(tmp_path / "other.nc")],
        (),
    )


@pytest.mark.parametrize("start", [3.0, -2.0, 1.0, 0.0])
def test_parts_that_overlap_in_time_are_refused(stack, write, start):
    one, other = write("a.nc", 4, 0.0), write("b.nc", 3, start)

    refuse(
        stack,
        r"the times of .*b.nc for validation overlap those of .*a.nc for training",
        [one],
        [other],
        (),
    )


def test_validation_and_test_that_overlap_in_time_are_refused(stack, write):
    paths = [[write(f"{i}.nc", 2, 10.0 * min(i, 1))] for i in range(3)]

    refuse(stack, r"2.nc for test overlap those of .*1.nc for validation", *paths)


def test_parts_that_overlap_in_other_units_are_refused(stack, write):
    # Hours 36 to 38 of 2010, as days of 2009.
    one = write("a.nc", 4, 35.0)
    dataset = training_set(3, seed=77)
    dataset["time"] = (
        "time",
        [366.5, 366.54, 366.58],
        {"units": "days since 2009-01-01"},
    )
    other = write("b.nc", 3, None, dataset)

    refuse(
        stack, r"b.nc for test overlap those of .*a.nc for training", [one], (), [other]
    )


def test_parts_apart_in_other_units_are_taken(stack, write):
    one = write("a.nc", 4, 35.0)
    dataset = training_set(2, seed=77)
    dataset["time"] = ("time", [1.0, 1.25], {"units": "days since 2010-01-01"})
    other = write("b.nc", 2, None, dataset)

    splits = open_splits(stack, open_data, [one], (), [other], SHARES)

    assert [split.name for split in splits] == ["training", "validation", "test"]


def test_part_between_the_files_of_another_is_taken(stack, write):
    data = [write("a.nc", 2, 0.0), write("c.nc", 2, 20.0)]

    splits = open_splits(stack, open_data, data, [write("b.nc", 2, 10.0)], (), SHARES)

    assert found(splits) == {"training": [0, 1, 2, 3], "validation": [0, 1]}


@pytest.mark.parametrize("at", [0, -1])
def test_same_sample_without_date_in_two_parts_is_refused(stack, write, at):
    dataset = training_set(4, start=None, seed=50)
    one = write("a.nc", 4, None, dataset)
    dataset = training_set(3, start=None, seed=60)
    dataset.features[at] = training_set(4, start=None, seed=50).features[-1 - at]
    other = write("b.nc", 3, None, dataset)

    refuse(
        stack,
        r"b.nc for validation holds a sample that .*a.nc for training holds too",
        [one],
        [other],
        (),
    )


def test_files_without_dates_may_be_parts(stack, write):
    one, other = write("a.nc", 4, None), write("b.nc", 2, None)

    splits = open_splits(stack, open_data, [one], [other], (), SHARES)

    assert found(splits) == {"training": [0, 1, 2, 3], "validation": [0, 1]}


@pytest.mark.parametrize(
    ("start", "reports"),
    [
        (
            0.0,
            [
                "3 times, 2010-01-01 00:00 to 2010-01-01 02:00",
                "1 time, 2010-01-01 03:00 to 2010-01-01 03:00",
            ],
        ),
        (None, ["3 times", "1 time"]),
    ],
)
def test_part_says_how_many_times_it_has_and_when(stack, write, start, reports):
    splits = open_splits(stack, open_data, [write("a.nc", 4, start)], (), (), "3:1")

    assert [split.report() for split in splits] == reports


class Wide(FluxData):
    """Samples that take in one time before theirs, and two after."""

    edges = (1, 2)


def open_wide(paths):
    files = TrainingFiles(paths)
    return Wide(files, nonlocal_channels(files, {}, surface=True), False)


def test_no_sample_takes_in_a_time_of_another_split(stack, write):
    paths = [write("a.nc", 12, 0.0)]
    other = [write("b.nc", 5, 20.0)]

    splits = open_splits(stack, open_wide, paths, (), other, "7:5")

    assert found(splits) == {
        "training": [1, 2, 3, 4],
        "validation": [8, 9],
        "test": [1, 2],
    }


def test_a_split_without_a_whole_sample_is_refused(stack, write):
    with pytest.raises(
        ArgumentError, match="validation has 3 times, expected more than 3, which"
    ):
        open_splits(stack, open_wide, [write("a.nc", 12, 0.0)], (), (), "9:3:0")
