"""What happens to one rank is told to all, with its number, and nobody waits long."""

import itertools
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from built import TESTS
from ranks import TIMEOUT, begin, check, program

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


@pytest.mark.parametrize("case", ["exits", "killed"])
def test_a_process_that_ends_without_a_word_is_named(failing: Path, case: str) -> None:
    """Where the launcher leaves the others alone."""
    run = begin(RANKS, failing, case, TESTS, 1, flags=["--enable-recovery"])
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


@pytest.mark.parametrize("case", ["exits", "killed"])
def test_a_process_that_ends_without_a_word_ends_the_run(
    failing: Path, case: str
) -> None:
    """As launchers are by default."""
    start = time.monotonic()
    run = begin(RANKS, failing, case, TESTS, 1)
    text = run.communicate(timeout=30)[0]
    assert run.returncode != 0, text
    assert time.monotonic() - start < 20


def test_a_process_that_is_stopped_is_named_and_may_go_on(failing: Path) -> None:
    """The others are told within the timeout; all end once it runs again."""
    run = begin(RANKS, failing, "stopped", TESTS, 2)
    watchdog = threading.Timer(TIMEOUT, run.kill)
    watchdog.start()
    assert run.stdout is not None
    stopped, told = 0, []
    for line in run.stdout:
        if found := re.search(r"process (\d+)$", line):
            stopped = int(found[1])
        elif "rank" in line:
            told.append(line)
        if len(told) == RANKS - 1:
            break
    os.kill(stopped, signal.SIGCONT)
    rest = run.stdout.read()
    run.wait(timeout=TIMEOUT)
    watchdog.cancel()
    assert len(told) == RANKS - 1
    assert all("passed 12 of 12 checks" in line for line in told), told
    assert "rank 2 passed 7 of 7 checks" in rest
    assert run.returncode == 0
