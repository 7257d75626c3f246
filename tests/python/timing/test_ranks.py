"""Steps of several processes: all take part, and what one raises comes back."""

from functools import partial
from pathlib import Path

import pytest

from gwparam.errors import ArgumentError
from gwparam.timing.ranks import side_by_side


def writes(folder, rank):
    def step():
        path = Path(folder) / str(rank)
        path.write_text(path.read_text() + "x" if path.exists() else "x")

    return step


def raises(rank):
    def step():
        if rank == 1:
            raise ArgumentError(f"rank {rank}")

    return step


def cannot(rank):
    raise ArgumentError(f"no step of rank {rank}")


@pytest.mark.parametrize("ranks", [1, 3])
def test_every_rank_takes_every_step(ranks, tmp_path):
    with side_by_side(partial(writes, str(tmp_path)), ranks) as step:
        step()
        step()
    taken = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert taken == {str(rank): "xx" for rank in range(ranks)}


def test_failure_of_one_rank_is_raised():
    with (
        side_by_side(raises, 2) as step,
        pytest.raises(ArgumentError, match="rank 1"),
    ):
        step()


@pytest.mark.parametrize("ranks", [1, 2])
def test_step_that_cannot_be_made(ranks):
    with (
        pytest.raises(ArgumentError, match="no step of rank 0"),
        side_by_side(cannot, ranks),
    ):
        pass
