"""Each row of the cases is as expected; those that are not yet are named."""

import pytest
from system.cases import run

ABSENT = not run.CASES.is_dir()
ROWS = [] if ABSENT else list(run.rows())


@pytest.mark.slow
@pytest.mark.skipif(ABSENT, reason=f"cases absent: {run.CASES}")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_as_expected(row):
    seen = row.see()

    assert row.check(seen) == "", str(seen)
