import json
from dataclasses import dataclass
from typing import Literal

import pytest

from gwparam.contract import typed_json
from gwparam.errors import ContractError


@dataclass(frozen=True)
class Inner:
    size: int
    share: float = 0.5


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"]
    parts: tuple[Inner, ...]
    note: str | None = None


GIVEN = {"kind": "b", "parts": [{"size": 3}, {"size": 4, "share": 1}]}
READ = Outer("b", (Inner(3), Inner(4, 1.0)))


def test_what_is_written_is_read_again():
    assert typed_json.parse(Outer, GIVEN) == READ
    assert typed_json.parse(Outer, json.loads(typed_json.dump(READ))) == READ


def test_what_is_none_by_default_is_not_written():
    assert "note" not in typed_json.dump(READ)
    assert '"note": "x"' in typed_json.dump(Outer("a", (), "x"))


def test_unknown_keys_are_ignored_unless_it_is_strict():
    given = GIVEN | {"parts": [{"size": 3, "colour": "red"}]}

    assert typed_json.parse(Outer, given).parts == (Inner(3),)
    with pytest.raises(ContractError, match=r"^parts\[0\]\.colour is no key"):
        typed_json.parse(Outer, given, strict=True)


@pytest.mark.parametrize("text", [b"\xff\xfe{\x00}\x00", b'{"a": "\xff"}', "\ufeff{}"])
def test_other_encodings_are_refused(text):
    with pytest.raises(ContractError, match="levels is not valid JSON"):
        typed_json.load(text, "levels")


def test_message_says_what_the_text_is():
    with pytest.raises(ContractError, match=r"^levels has b twice in one object"):
        typed_json.load('{"a": [{"b": 1, "b": 1}]}', "levels")
    with pytest.raises(ContractError, match=r"^levels is \[1\], expected an object"):
        typed_json.load("[1]", "levels")
