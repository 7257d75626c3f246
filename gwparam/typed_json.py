"""JSON to frozen dataclasses and back; what does not fit is named by its key."""

import json
import math
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from gwparam.errors import ContractError

T = TypeVar("T")
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
    """Read JSON text that holds an object.

    Raises
    ------
    ContractError
        If it is something else; `what` says in the message what the text is.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ContractError(f"{what} is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise _wrong(what, "an object", value)
    return value


def parse(kind: type[T], value: dict[str, Any]) -> T:
    """Read a JSON object into a dataclass of the types below.

    Parameters
    ----------
    kind : type
        A dataclass whose attributes are str, int, float, bool, Literal, a tuple of one
        type, one of these or None, or another such dataclass.
    value : dict
        What `load` gives. Keys that the dataclass does not know are ignored; an absent
        key is the same as null, and means the default where the dataclass has one.

    Raises
    ------
    ContractError
        If a value has another type; the message names the key.
    """
    result: T = _parse(kind, value, "")
    return result


def _parse(kind: Any, value: Any, key: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise _wrong(key, "an object", value)
        prefix = f"{key}." if key else ""
        hints = get_type_hints(kind)
        parsed = {
            field.name: _parse(
                hints[field.name], value.get(field.name), prefix + field.name
            )
            for field in fields(kind)
            if value.get(field.name) is not None or field.default is MISSING
        }
        return kind(**parsed)  # type: ignore[operator]  # a class, not an instance
    if origin in (UnionType, Union):  # Literal[...] | None is a Union
        return None if value is None else _parse(arguments[0], value, key)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(key, "an array", value)
        return tuple(
            _parse(arguments[0], v, f"{key}[{i}]") for i, v in enumerate(value)
        )
    if origin is Literal:
        if value not in arguments or isinstance(value, bool | float):
            raise _wrong(key, " or ".join(map(str, arguments)), value)
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
