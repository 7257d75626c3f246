"""A small lesson, and a network that has not learned yet."""

from collections.abc import Iterator

import pytest
import torch

from gwparam.synthetic.lessons import Lesson, climatology_lesson
from gwparam.synthetic.samples import Samples, make_samples


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    """AD99's drag for 600 columns."""
    return climatology_lesson("ad99", 600, seed=3, advance=lambda _: None)


@pytest.fixture(scope="session")
def samples(lesson: Lesson) -> Samples:
    """The samples of the lesson."""
    return make_samples(lesson.columns, lesson.drag)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Keep small steps on one core: waiting for others costs more than they do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
