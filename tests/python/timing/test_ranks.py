"""Steps of several processes: all take part, and what one raises comes back."""

from functools import partial

import pytest

from gwparam.errors import ArgumentError, GwparamError
from gwparam.timing.ranks import side_by_side

STEPS = """
import os
from pathlib import Path
from gwparam.errors import ArgumentError

def writes(folder, rank):
    path = Path(folder) / str(rank)
    path.touch()
    return lambda: path.write_text(path.read_text() + "x")

def raises(rank):
    def step():
        if rank == 1:
            raise ArgumentError(f"rank {rank}")
    return step

def ends(rank):
    return lambda: os._exit(1) if rank == 1 else None

def cannot(rank):
    raise ArgumentError(f"no step of rank {rank}")
"""


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """Makers of steps, in a module that other processes find."""
    (tmp_path / "rank_steps.py").write_text(STEPS)
    monkeypatch.syspath_prepend(tmp_path)
    import rank_steps

    return rank_steps


@pytest.mark.parametrize("ranks", [1, 3])
def test_every_rank_takes_every_step(ranks, steps, tmp_path_factory):
    folder = tmp_path_factory.mktemp("taken")
    with side_by_side(partial(steps.writes, str(folder)), ranks) as step:
        step()
        step()
    taken = {path.name: path.read_text() for path in folder.iterdir()}
    assert taken == {str(rank): "xx" for rank in range(ranks)}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [("raises", ArgumentError, "rank 1"), ("ends", GwparamError, "ended too early")],
)
def test_failure_of_one_rank_is_raised(steps, make, error, message):
    with (
        side_by_side(getattr(steps, make), 2) as step,
        pytest.raises(error, match=message),
    ):
        step()


@pytest.mark.parametrize("ranks", [1, 2])
def test_step_that_cannot_be_made(steps, ranks):
    with (
        pytest.raises(ArgumentError, match="no step of rank 0"),
        side_by_side(steps.cannot, ranks),
    ):
        pass
