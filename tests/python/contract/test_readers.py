"""The readers in Python and C++ agree: the cases, and many small mutations."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from contract_cases import (
    ACCEPTED,
    BASES,
    VERSION_1,
    base_text,
    case_text,
    cases,
    inner,
    paths,
    read_in_cpp,
    read_in_python,
)

from gwparam.contract import Contract

CASES = dict(cases())
VALUES = (
    *(None, True, False, 0, 1, -1, 2, 40.9, 1e300, 2**63, 10**30),
    *("", "1", "full", "flux", [], [1], [None], {}, {"name": 1}),
)
SMALL = (*BASES, "version_1/linear", "version_1/prithvi_hybrid_bfloat16")
TEXTS = (
    *("NaN", "-Infinity", "1e999", "1e-999", "-0", "01", "1.", '"\\ud800"', "nul"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808"),
    *("-9223372036854775809", "18446744073709551615", "18446744073709551616"),
    *("[[[]]]", '{"a": 1, "a": 1}', '"\x7f"', '"\x01"', "[1, 2", "1 2", ""),
)


@pytest.fixture(scope="module")
def answers_in_cpp() -> dict[str, str]:
    texts = [case_text(case).encode() for case in CASES.values()]
    return dict(zip(CASES, read_in_cpp(texts), strict=True))


def test_cases_are_many_and_have_names_of_their_own() -> None:
    assert len(CASES) == sum(1 for _ in cases()) > 200


@pytest.mark.parametrize("name", CASES)
def test_both_readers_give_the_verdict(
    name: str, answers_in_cpp: dict[str, str]
) -> None:
    case = CASES[name]
    for answer in (read_in_python(case_text(case).encode()), answers_in_cpp[name]):
        if case["verdict"] == ACCEPTED:
            assert answer == ACCEPTED
        else:
            assert answer.startswith("refused: ")
            assert case["names"] in answer


def mutations(value: Any) -> Iterator[str]:
    """Texts of the contract with one thing changed."""
    for path in paths(value):
        for change in ("set", "remove", "twice", "unknown"):
            for new in VALUES if change == "set" else (None,):
                changed = copy.deepcopy(value)
                part, key = inner(changed, path[:-1]), path[-1]
                if change == "set":
                    part[key] = new
                elif change == "remove":
                    del part[key]
                elif isinstance(part, list):
                    part.insert(key, copy.deepcopy(part[key]))
                elif change == "twice":
                    part["name"] = part[key]
                else:
                    part[f"{key}_"] = part.pop(key)
                yield json.dumps(changed)


def textual(text: str) -> Iterator[str]:
    """Texts of the contract with one number or text written otherwise."""
    marked = json.loads(text)
    for path in paths(marked):
        changed = copy.deepcopy(marked)
        part, key = inner(changed, path[:-1]), path[-1]
        if not isinstance(part[key], dict | list):
            part[key] = "@"
            for new in TEXTS:
                yield json.dumps(changed).replace('"@"', new)


def disagreements(texts: list[str]) -> list[str]:
    """Texts of which the readers have other opinions."""
    given = [text.encode() for text in texts]
    return [
        f"{mine} | {yours} | {text.decode()[:3000]}"
        for text, yours in zip(given, read_in_cpp(given), strict=True)
        if (mine := read_in_python(text)).split(":")[0] != yours.split(":")[0]
    ]


@pytest.mark.parametrize("base", SMALL)
def test_readers_agree_about_every_small_mutation(base: str) -> None:
    text = base_text(base)
    texts = [*mutations(json.loads(text)), *textual(text)]

    assert len(texts) > 1000
    assert disagreements(texts) == []


@pytest.mark.parametrize("base", SMALL)
def test_readers_agree_about_bytes_that_are_wrong(base: str) -> None:
    generator = random.Random(base)
    text = base_text(base).encode()
    given = []
    for _ in range(500):
        at = generator.randrange(len(text))
        new = bytes([generator.randrange(256)])
        given.append(text[:at] + new + text[at + generator.randrange(2) :])
    found = [read_in_python(text).split(":")[0] for text in given]

    assert [a.split(":")[0] for a in read_in_cpp(given)] == found


@pytest.mark.slow
@pytest.mark.parametrize("base", SMALL)
def test_readers_agree_about_pairs_of_mutations(base: str) -> None:
    generator = random.Random(base)
    value = json.loads(base_text(base))
    places = list(paths(value))
    texts = []
    for _ in range(1000):
        changed = copy.deepcopy(value)
        for path in generator.sample(places, 2):
            try:
                part = inner(changed, path[:-1])
                part[path[-1]] = copy.deepcopy(generator.choice(VALUES))
            except (KeyError, IndexError, TypeError):
                continue  # the first change took its place away
        texts.append(json.dumps(changed))

    assert disagreements(texts) == []


def test_nesting_without_end_is_refused() -> None:
    text = b'{"contract_version": 1, "hint": ' + b"[" * 1_000_000

    for answer in (read_in_python(text), *read_in_cpp([text])):
        assert answer == "refused: contract is nested deeper than 32"


@pytest.mark.parametrize("name", VERSION_1)
def test_what_is_read_of_version_1_is_accepted_again(name: str) -> None:
    text = Contract.from_json(base_text(name)).to_json()

    assert '"contract_version": 2' in text
    assert read_in_cpp([text.encode()]) == [ACCEPTED]
