"""The compiled library: the only file that loads it."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import cffi

from gwparam.errors import ModelFileError, error_class, wrong_setting
from gwparam.version import package_version


@cache
def shared_library() -> tuple[Any, Any]:
    """Load the library once; the build wrote its declarations from gwparam.h."""
    package = resources.files("gwparam")
    ffi = cffi.FFI()
    path = package / "lib" / "libgwparam.so"
    try:
        ffi.cdef((package / "include" / "gwparam.cdef").read_text())
        library = ffi.dlopen(str(path))
    except OSError as error:
        raise ModelFileError(f"cannot load {path}: {error}") from error
    text = ffi.new("char[]", 32)
    if library.gwparam_version(text, len(text)) != 0:
        raise ModelFileError(f"{path} does not say its version")
    found = ffi.string(text).decode()
    expected = package_version()
    if found != expected:
        raise ModelFileError(
            f"{path} is version {found}, expected {expected}, as the package"
        )
    return ffi, library


def check(status: int) -> None:
    """Raise the exception that belongs to a status, with the library's message."""
    if status == 0:
        return
    ffi, lib = shared_library()
    text = ffi.new("char[]", 1024)
    lib.gwparam_last_error(text, len(text))
    message = ffi.string(text).decode(errors="replace")
    # A message about an option begins with its name.
    name, options = message.partition(" ")[0], ffi.typeof("gwparam_options").fields
    known = (name,) if name in dict(options) else ()
    raise error_class(status)(message, settings=known)


def choice(name: str, value: str, choices: Mapping[str, str]) -> int:
    """Give the constant of the library that a word stands for.

    Parameters
    ----------
    name : str
        Of the option.
    value : str
        The word.
    choices : mapping of str to str
        Constants of gwparam.h by words.

    Raises
    ------
    ArgumentError
        If it is none of them.
    """
    if value not in choices:
        expected = ", ".join(choices)
        raise wrong_setting(name, f'"{value}"', f"one of {expected}")
    return int(getattr(shared_library()[1], choices[value]))
