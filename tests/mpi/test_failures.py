"""What happens to one rank is told to all, with its number, and nobody waits long."""

import itertools
import threading
import time
from pathlib import Path

import pytest
from built import TESTS
from ranks import begin, check, program

RANKS = 4


@pytest.fixture(scope="module")
def failing() -> Path:
    return program("failing")


@pytest.mark.parametrize("rank", [0, 2])
@pytest.mark.parametrize(
    "case", ["bad_field", "inference", "artefact", "device", "stops", "frees"]
)
def test_one_rank_fails_and_all_are_told(failing: Path, case: str, rank: int) -> None:
    check(begin(RANKS, failing, case, TESTS, rank), RANKS)


def test_a_process_that_ends_without_a_word_is_named(failing: Path) -> None:
    """Where the launcher leaves the others alone."""
    run = begin(RANKS, failing, "exits", TESTS, 1, flags=["--enable-recovery"])
    # The launcher itself may wait for ever for the one that is gone.
    watchdog = threading.Timer(30, run.kill)
    watchdog.start()
    assert run.stdout is not None
    lines = itertools.islice((x for x in run.stdout if "rank" in x), RANKS - 1)
    told = list(lines)
    watchdog.cancel()
    run.terminate()
    run.wait(timeout=10)
    assert len(told) == RANKS - 1
    assert all("passed 12 of 12 checks" in line for line in told), told


def test_a_process_that_ends_without_a_word_ends_the_run(failing: Path) -> None:
    """As launchers are by default."""
    start = time.monotonic()
    run = begin(RANKS, failing, "exits", TESTS, 1)
    text = run.communicate(timeout=30)[0]
    assert run.returncode != 0, text
    assert time.monotonic() - start < 20
