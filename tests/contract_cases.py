"""Contracts of the tests, and the two readers that have to agree about them.

`tests/contract/README.md` describes the files.
"""

import copy
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from built import built

from gwparam.contract import Contract
from gwparam.errors import ContractError

FOLDER = Path(__file__).parent / "contract"
BASES = ("column", "stencil", "global")
VERSION_1 = sorted(f"version_1/{p.stem}" for p in FOLDER.glob("version_1/*.json"))

ACCEPTED = "accepted"


def base_text(name: str) -> str:
    """Text of a contract that both readers take."""
    folder = FOLDER if "/" in name else FOLDER / "bases"
    return (folder / f"{name}.json").read_text(encoding="utf-8")


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every case, with a name of its own."""
    for path in sorted((FOLDER / "cases").glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            yield f"{path.stem}: {case['case']}", case


def case_text(case: dict[str, Any]) -> str:
    """Text of the contract of a case."""
    text = base_text(case["base"])
    if "set" in case or "remove" in case:
        value = json.loads(text)
        for pointer, new in case.get("set", {}).items():
            place(value, pointer, new)
        for pointer in case.get("remove", ()):
            *parents, last = keys_of(pointer)
            del inner(value, parents)[last]
        text = json.dumps(value, ensure_ascii=False)
    if "replace" in case:
        old, new = case["replace"]
        assert old in text, f"{old} is not in {case['base']}"
        text = text.replace(old, new, 1)
    return text


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple]:
    """Places of every value inside another."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in items:
        yield (*path, key)
        yield from paths(part, (*path, key))


def place(value: Any, pointer: str, new: Any) -> None:
    """Put a value at a JSON pointer; ``-`` is the place after a list's last."""
    *parents, last = keys_of(pointer)
    part = inner(value, parents)
    if last == "-":
        part.append(copy.deepcopy(new))
    else:
        part[last] = copy.deepcopy(new)


def keys_of(pointer: str) -> list[str | int]:
    """Keys and places of a JSON pointer."""
    return [int(k) if k.isdigit() else k for k in pointer.split("/")[1:]]


def inner(value: Any, keys: Sequence[str | int]) -> Any:
    """Part of a JSON value."""
    for key in keys:
        value = value[key]
    return value


def read_in_python(text: bytes) -> str:
    """``accepted``, or ``refused: `` and the message, of the reader in Python."""
    try:
        Contract.from_json(text)
    except ContractError as error:
        return f"refused: {error}".replace("\n", " ")
    return ACCEPTED


def read_in_cpp(texts: Sequence[bytes]) -> list[str]:
    """Answers of the library's reader."""
    given = b"".join(b"%d\n" % len(text) + text for text in texts)
    ran = subprocess.run(
        [built("cpp/read_contract")], input=given, capture_output=True, check=True
    )
    answers = ran.stdout.decode(errors="replace").splitlines()
    assert len(answers) == len(texts)
    return answers
