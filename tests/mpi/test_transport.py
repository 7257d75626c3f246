"""The transport of libgwparam_mpi: ranks agree, and name the one that is not there."""

from pathlib import Path

import pytest
from ranks import begin, check, program

RANKS = 4


@pytest.fixture(scope="module")
def transport() -> Path:
    return program("transport")


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 8])
@pytest.mark.parametrize(
    "case",
    [
        "agree",
        "node",
        "broadcast",
        "all_to_all",
        "messages",
        "messages_in_parts",
        "all_leave",
    ],
)
def test_ranks_understand_each_other(transport: Path, case: str, ranks: int) -> None:
    check(begin(ranks, transport, case), ranks)


@pytest.mark.parametrize(
    "case",
    [
        "absent",
        "absent_and_late",
        "absent_sender",
        "lent_memory",
        "leaves",
        "leaves_in_step",
        "different_calls",
        "skipped_step",
        "broadcast_sizes",
        "message_size",
        "after_loss",
    ],
)
def test_whichever_rank_misbehaves_all_say_so(transport: Path, case: str) -> None:
    # At the same time: most of it is waiting.
    runs = [begin(RANKS, transport, case, rank) for rank in range(RANKS)]
    for run in runs:
        check(run, RANKS)


@pytest.mark.parametrize("rank", [0, 5])
def test_absent_rank_of_a_deep_tree_is_named(transport: Path, rank: int) -> None:
    check(begin(8, transport, "absent", rank), 8)


def test_memory_stays_flat(transport: Path) -> None:
    check(begin(2, transport, "memory"), 2)


def test_waiting_ranks_leave_the_cores_alone(transport: Path) -> None:
    check(begin(RANKS, transport, "processor", 0), RANKS)


def test_nothing_calls_mpi_after_it_was_finalised(transport: Path) -> None:
    check(begin(2, transport, "finalize"), 2)
