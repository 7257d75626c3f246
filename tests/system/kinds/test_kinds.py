"""Each made input is read with the right values, or refused by name."""

from collections import Counter

import pytest
from system.kinds.run import AT_LEAST, KINDS, ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}: {row.name}")
def test_an_input_is_read_right_or_refused(row, tmp_path):
    assert row.act(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_three_inputs(kind):
    names = Counter(row.name for row in ROWS if row.kind == kind)

    assert len(names) >= AT_LEAST
    assert set(names.values()) == {1}
