import numpy as np
import pytest

from gwparam.errors import ArgumentError
from gwparam.synthetic import lessons
from gwparam.synthetic.lessons import Lesson, climatology_lesson
from gwparam.synthetic.teacher import alexander_dunkerton


def _ignore(_: int) -> None:
    pass


def test_lesson_holds_the_teachers_drag_for_its_columns(lesson: Lesson) -> None:
    drag = alexander_dunkerton(lesson.columns)
    assert np.array_equal(lesson.drag.eastward, drag.eastward)
    assert np.array_equal(lesson.drag.northward, drag.northward)
    assert np.abs(drag.eastward).max() > 1e-5


def test_lesson_is_that_of_its_seed(lesson: Lesson) -> None:
    again = climatology_lesson("ad99", 600, seed=3, advance=_ignore)
    other = climatology_lesson("ad99", 600, seed=4, advance=_ignore)
    assert np.array_equal(again.drag.eastward, lesson.drag.eastward)
    assert not np.array_equal(other.drag.eastward, lesson.drag.eastward)


def test_lesson_reports_every_column_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "_CHUNK_COLUMNS", 64)
    done: list[int] = []
    lesson = climatology_lesson("ad99", 150, seed=0, advance=done.append)
    assert done == [64, 64, 22]
    assert len(lesson.columns) == 150


def test_unknown_teacher_is_refused() -> None:
    with pytest.raises(ArgumentError, match="teacher is socrates, expected ad99"):
        climatology_lesson("socrates", 10, seed=0, advance=_ignore)


def test_lesson_without_columns_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"0 columns .* holds no column"):
        climatology_lesson("ad99", 0, seed=0, advance=_ignore)
