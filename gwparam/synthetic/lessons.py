"""Columns together with the drag that a teacher gives for them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gwparam.errors import ArgumentError
from gwparam.synthetic.climatology import draw_columns
from gwparam.synthetic.columns import Columns, concatenate
from gwparam.synthetic.teacher import TEACHERS, Drag

_CHUNK_COLUMNS = 4096  # keeps intermediate fields in the cache


@dataclass(frozen=True)
class Lesson:
    """What a teacher says of columns.

    Attributes
    ----------
    columns : Columns
        The atmosphere.
    drag : Drag
        The teacher's drag for it.
    name : str
        Where the columns come from, for people.
    """

    columns: Columns
    drag: Drag
    name: str


def climatology_lesson(
    teacher: str, ncol: int, seed: int, advance: Callable[[int], None]
) -> Lesson:
    """Ask a teacher about columns of the climatology.

    Parameters
    ----------
    teacher : str
        A key of `gwparam.synthetic.teacher.TEACHERS`.
    ncol : int
        Number of columns.
    seed : int
        Seed of the columns.
    advance : callable
        Called with the number of columns that are new.

    Returns
    -------
    Lesson
        The columns and their drag.

    Raises
    ------
    ArgumentError
        If there is no such teacher, or no column.
    """
    name = f"{ncol} columns of the climatology, seed {seed}"
    return lesson(teacher, _drawn(ncol, seed), name, advance)


def lesson(
    teacher: str,
    parts: Iterable[Columns],
    name: str,
    advance: Callable[[int], None],
) -> Lesson:
    """Ask a teacher about given columns.

    Parameters
    ----------
    teacher : str
        A key of `gwparam.synthetic.teacher.TEACHERS`.
    parts : iterable of Columns
        The columns, in parts of any size.
    name : str
        Where they come from.
    advance : callable
        Called with the number of columns that are new.

    Returns
    -------
    Lesson
        The columns and their drag.

    Raises
    ------
    ArgumentError
        If there is no such teacher, or no column.
    """
    if teacher not in TEACHERS:
        raise ArgumentError(f"teacher is {teacher}, expected {', '.join(TEACHERS)}")
    columns: list[Columns] = []
    drag: list[Drag] = []
    for part in parts:
        columns.append(part)
        drag.append(TEACHERS[teacher](part))
        advance(len(part))
    if not columns:
        raise ArgumentError(f"{name} holds no column, expected at least one")
    joined = Drag(*(np.concatenate(component) for component in zip(*drag, strict=True)))
    return Lesson(concatenate(columns), joined, name)


def _drawn(ncol: int, seed: int) -> Iterator[Columns]:
    """Draw columns part by part, each with a seed of its own."""
    starts = range(0, ncol, _CHUNK_COLUMNS)
    seeds = np.random.SeedSequence(seed).spawn(len(starts))
    for start, own in zip(starts, seeds, strict=True):
        size = min(_CHUNK_COLUMNS, ncol - start)
        yield draw_columns(np.random.default_rng(own), size)
