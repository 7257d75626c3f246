"""Training, validation and test: apart in time, and never the same samples twice."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from gwparam.errors import ArgumentError, wrong_setting
from gwparam.training.data import Data

NAMES = ("training", "validation", "test")
D = TypeVar("D", bound=Data)
D_co = TypeVar("D_co", bound=Data, covariant=True)


@dataclass(frozen=True)
class Split(Generic[D_co]):
    """Times of files to train, validate or test with.

    Attributes
    ----------
    name : str
        ``training``, ``validation`` or ``test``.
    data : Data
        The files.
    times : range
        Those of the files that belong to the split.
    """

    name: str
    data: D_co
    times: range

    def report(self) -> str:
        """Say what it holds, for people."""
        count = len(self.times)
        what = f"{count} time{'' if count == 1 else 's'}"
        dates = self.data.dates.spell(self.times[0], self.times[-1])
        return f"{what}, {dates}" if dates else what


def open_splits(
    stack: ExitStack,
    open_data: Callable[[Sequence[str]], D],
    data: Sequence[str],
    validation: Sequence[str],
    test: Sequence[str],
    split: str,
) -> tuple[Split[D], ...]:
    """Open the files of all splits.

    Parameters
    ----------
    stack : ExitStack
        Closes them.
    open_data : callable
        Opens files.
    data, validation, test : sequence of str
        Files. Without validation files, `data` are split; then without test files the
        test is taken from them too.
    split : str
        Shares of the times, or their numbers, ``training:validation`` or
        ``training:validation:test``, in the order of time.

    Returns
    -------
    tuple of Split
        Training, validation, and test if there is one.

    Raises
    ------
    ArgumentError
        If a file or a sample is in two splits, times of two splits overlap, or a split
        has no time.
    ContractError
        If they are on other grids or levels.
    GwparamError
        As `open_data`.
    """
    given = {"training": data, "validation": validation, "test": test}
    _check_files(given)
    opened: dict[str, D] = {}
    for name, paths in given.items():
        if paths or name == "training":
            opened[name] = open_data(paths)
            stack.enter_context(opened[name])
    whole = opened["training"]
    names = [name for name in NAMES if name not in opened]
    if validation:
        found: list[Split[D]] = [Split("training", whole, range(len(whole.dates)))]
    else:
        numbers = split_times(len(whole.dates), split, with_test="test" in names)
        found, first = [], 0
        for name, count in zip(["training", *names], numbers, strict=False):
            if count:
                found.append(Split(name, whole, range(first, first + count)))
            first += count
    for name in NAMES[1:]:
        if name in opened:
            files = opened[name]
            found.append(Split(name, files, range(len(files.dates))))
    found.sort(key=lambda split: NAMES.index(split.name))
    splits = tuple(map(_within_edges, found))
    for other in splits[1:]:
        if other.data is not whole:
            whole.check_alike(other.data)
    _check_apart(splits)
    return splits


def _within_edges(split: Split[D]) -> Split[D]:
    """Leave out the times whose samples would take in those of another split."""
    before, after = split.data.edges
    count = len(split.times)
    if count <= before + after:
        raise ArgumentError(
            f"{split.name} has {count} time{'' if count == 1 else 's'}, expected more "
            f"than {before + after}, which a sample takes in beside its own"
        )
    return replace(split, times=split.times[before : count - after])


def split_times(count: int, split: str, with_test: bool) -> list[int]:
    """Numbers of times for training, validation, and test.

    Parameters
    ----------
    count : int
        Times that there are.
    split : str
        As for `open_parts`. Whole numbers that add up to `count` are taken as they
        are; others are shares. Every split gets one time at least.
    with_test : bool
        Whether a share for the test is taken off; else it goes to training.

    Raises
    ------
    ArgumentError
        If the text is none, or there are too few times.
    """
    shares = read_shares(split)
    if not with_test:
        shares = shares[:2]
    wanted = [share for share in shares[1:] if share > 0.0]
    if count <= len(wanted):
        raise ArgumentError(
            f"the files hold {count} time{'' if count == 1 else 's'}, expected one at "
            "least for each of training, validation and test; validation and test may "
            "have files of their own",
            settings=("validation", "test"),
        )
    scale = count / sum(shares)
    held = [max(1, round(share * scale)) if share > 0.0 else 0 for share in shares[1:]]
    while sum(held) >= count:
        held[held.index(max(held))] -= 1
    return [count - sum(held), *held]


def read_shares(split: str) -> list[float]:
    """Read the shares that a split names.

    Raises
    ------
    ArgumentError
        If it names none.
    """
    try:
        shares = [float(share) for share in split.split(":")]
    except ValueError:
        shares = []
    known = all(0.0 <= share < math.inf for share in shares)
    if len(shares) not in (2, 3) or not known or not min(shares[:2]) > 0.0:
        raise wrong_setting("split", split, "for example 0.75:0.125:0.125")
    return shares


def _check_files(given: dict[str, Sequence[str]]) -> None:
    """Check that no file is in two splits, under whatever name."""
    seen: dict[tuple[int, int] | str, tuple[str, str]] = {}
    for name, paths in given.items():
        for path in paths:
            file = Path(path)
            key = (file.stat().st_dev, file.stat().st_ino) if file.is_file() else path
            if key in seen and seen[key][0] != name:
                other, before = seen[key]
                raise ArgumentError(
                    f"{path} is for {name} and, as {before}, for {other}, expected "
                    "other files"
                )
            seen[key] = name, path


def _check_apart(splits: Sequence[Split[Data]]) -> None:
    """Check that no two splits share a time, or a sample under another date."""
    for index, one in enumerate(splits):
        for other in splits[index + 1 :]:
            if one.data is other.data:
                continue
            _check_dates(one, other)
            ends = {
                split.name: {
                    split.data.fingerprint(time)
                    for time in (split.times[0], split.times[-1])
                }
                for split in (one, other)
            }
            if ends[one.name] & ends[other.name]:
                raise ArgumentError(
                    f"{other.data.dates.paths[0]} for {other.name} holds a sample that "
                    f"{one.data.dates.paths[0]} for {one.name} holds too, expected "
                    "other times"
                )


def _check_dates(one: Split[Data], other: Split[Data]) -> None:
    mine, yours = one.data.dates, other.data.dates
    if mine.intervals is None or yours.intervals is None:
        return
    if (mine.units, mine.calendar) != (yours.units, yours.calendar):
        yours = yours.in_units(mine.units, mine.calendar)
    assert yours.intervals is not None
    for path, (begin, end) in zip(mine.paths, mine.intervals, strict=True):
        for there, (first, last) in zip(yours.paths, yours.intervals, strict=True):
            if begin <= last and first <= end:
                raise ArgumentError(
                    f"the times of {there} for {other.name} overlap those of {path} "
                    f"for {one.name}, expected others"
                )
