"""Loading on several ranks: MPI is left as it was, and nobody waits in vain."""

from pathlib import Path

import pytest
from built import TESTS
from ranks import begin, check, program


@pytest.fixture(scope="module")
def load() -> Path:
    return program("load")


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize(
    "case", ["outside", "null", "again", "handler", "file", "outlives"]
)
def test_loading_on_any_number_of_ranks(load: Path, case: str, ranks: int) -> None:
    check(begin(ranks, load, case, TESTS), ranks)


def test_intercommunicator_is_refused(load: Path) -> None:
    check(begin(2, load, "inter", TESTS), 2)


@pytest.mark.parametrize("case", ["null_path", "absent"])
def test_whichever_rank_fails_to_load_all_say_so(load: Path, case: str) -> None:
    runs = [begin(3, load, case, TESTS, rank) for rank in range(3)]
    for run in runs:
        check(run, 3)
