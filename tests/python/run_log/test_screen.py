import io

import pytest
from rich.console import Console, Group
from rich.text import Text

from gwparam.run_log.screen import Turns


def shown(count, turn, height=6):
    """The lines of a terminal of so many."""
    output = Console(file=io.StringIO(), width=60, height=height, force_terminal=True)
    whole = Group(*(Text(f"row {k}") for k in range(count)))
    output.print(Turns(whole, turn))
    return output.file.getvalue().splitlines()


@pytest.mark.parametrize("count", [1, 6])
def test_what_has_room_is_whole(count):
    assert shown(count, 3) == [f"row {k}" for k in range(count)]


@pytest.mark.parametrize("count", [7, 10, 23])
def test_every_line_has_its_turn_and_none_is_cut(count):
    seen = set()
    for turn in range(-(-count // 5)):
        *rows, said = shown(count, turn)
        assert len(rows) == 5
        assert f"of {count}, in turns" in said
        seen.update(rows)
    assert seen == {f"row {k}" for k in range(count)}
    assert shown(count, turn + 1) == shown(count, 0)


def test_a_terminal_of_one_line_has_one():
    assert "row 0" in shown(3, 0, height=1)[0]
