"""JSON to frozen dataclasses and back; what does not fit is named by its key."""

import json
import math
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from gwparam.errors import ContractError, one_of

T = TypeVar("T")
MAX_DEPTH = 32
"""Objects and arrays within one another, as in ``json_value.hpp``."""
_PLAIN = {str: "a string", int: "an integer", bool: "true or false"}


def dump(value: Any) -> str:
    """Write a dataclass instance as indented JSON text.

    An attribute that is None, and None by default, is left out.
    """
    return json.dumps(_plain(value), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if not is_dataclass(value):
        return value
    names = [f.name for f in fields(value)]
    plain = {name: _plain(getattr(value, name)) for name in names}
    absent = [f.name for f in fields(value) if f.default is None]
    return {k: v for k, v in plain.items() if not (v is None and k in absent)}


def is_json(text: str) -> bool:
    """Tell a JSON object from the name of a file that holds one."""
    return text.lstrip().startswith("{")


def load(text: str | bytes, what: str) -> dict[str, Any]:
    """Read JSON text that holds an object; the C++ reader takes the same texts.

    Raises
    ------
    ContractError
        If it is something else, holds a key twice in one object, NaN, or a number that
        no float64 holds, or is nested deeper than `MAX_DEPTH`; `what` says in the
        message what the text is.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_finite,
        )
        json.dumps(value, ensure_ascii=False).encode()  # fails for half a character
        deep = _is_deep(value)
    except ContractError as error:
        raise ContractError(f"{what} has {error}") from None
    except ValueError as error:
        raise ContractError(f"{what} is not valid JSON: {error}") from None
    except RecursionError:
        deep = True
    if deep:
        raise ContractError(f"{what} is nested deeper than {MAX_DEPTH}")
    if not isinstance(value, dict):
        raise _wrong(what, "an object", value)
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ContractError(f"{twice} twice in one object, expected once")
    return value


def _integer(text: str) -> int | float:
    """Read an integer; one that no int64 holds is a number and no integer."""
    if len(text) <= 20 and -(2**63) <= int(text) < 2**63:
        return int(text)
    return _finite(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ContractError(f"the number {text[:20]}, expected a finite one")
    return number


def _is_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [v for part in inner for v in part if isinstance(v, dict | list)]
        if not level:
            return False
    return True


def parse(kind: type[T], value: dict[str, Any], *, strict: bool = False) -> T:
    """Read a JSON object into a dataclass of the types below.

    Parameters
    ----------
    kind : type
        A dataclass whose attributes are str, int, float, bool, Literal, a tuple of one
        type, one of these or None, or another such dataclass.
    value : dict
        What `load` gives. An absent key is the same as null, and means the default
        where the dataclass has one.
    strict : bool
        Refuse keys that the dataclass does not know, instead of ignoring them.

    Raises
    ------
    ContractError
        If a value has another type; the message names the key.
    """
    result: T = _parse(kind, value, "", strict)
    return result


def _parse(kind: Any, value: Any, key: str, strict: bool) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise _wrong(key, "an object", value)
        prefix = f"{key}." if key else ""
        hints = get_type_hints(kind)
        unknown = [name for name in value if name not in hints]
        if strict and unknown:
            raise ContractError(f"{prefix}{unknown[0]} is no key of a contract")
        parsed = {
            field.name: _parse(
                hints[field.name],
                value.get(field.name),
                prefix + field.name,
                strict,
            )
            for field in fields(kind)
            if value.get(field.name) is not None or field.default is MISSING
        }
        return kind(**parsed)  # type: ignore[operator]  # a class, not an instance
    if origin in (UnionType, Union):  # Literal[...] | None is a Union
        return None if value is None else _parse(arguments[0], value, key, strict)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(key, "an array", value)
        return tuple(
            _parse(arguments[0], v, f"{key}[{i}]", strict) for i, v in enumerate(value)
        )
    if origin is Literal:
        if value not in arguments or isinstance(value, bool | float):
            raise _wrong(key, one_of(arguments), value)
        return value
    if kind is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            raise _wrong(key, "a finite number", value)
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise _wrong(key, _PLAIN[kind], value)
    return value


def _wrong(key: str, expected: str, value: Any) -> ContractError:
    found = "missing" if value is None else json.dumps(value)
    if len(found) > 60:
        found = found[:57] + "..."
    return ContractError(f"{key} is {found}, expected {expected}")
