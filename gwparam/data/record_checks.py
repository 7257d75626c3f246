"""Whether a file of a recorded call holds what a host writes into one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from gwparam.errors import ModelFileError

STAGES = ("put", "network_inputs", "network_outputs", "outputs", "guarded")
"""Of a step, in their order: there is a sum of each."""

NATIVE = "_of_the_native_scheme"
"""How the name of its drag ends."""

_MOST_RANKS = 1 << 22


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _numbers(value: Any, most: int) -> bool:
    array = np.atleast_1d(value)
    return array.dtype.kind == "f" and array.ndim == 1 and 0 < array.size <= most


def _number(value: Any) -> bool:
    return _numbers(value, 1) and bool(np.isfinite(value).all())


def _count(value: Any) -> bool:
    return _number(value) and 0 <= float(value) < 2**31 and float(value).is_integer()


def _two(value: Any) -> bool:
    return _numbers(value, 2) and np.size(value) == 2


def _profile(value: Any) -> bool:
    return _numbers(value, 1 << 20)


_Kind = tuple[Callable[[Any], bool], str]
_TEXT: _Kind = (_text, "a text")
_NUMBER: _Kind = (_number, "a number")
_COUNT: _Kind = (_count, "a whole number")
_NEEDED = {
    **dict.fromkeys(("artefact", "artefact_sha256", "model_date", "failure"), _TEXT),
    **dict.fromkeys(("mode", "source", "precision"), _TEXT),
    **dict.fromkeys(("call", "rank", "ranks", "threads", "chunk_columns"), _COUNT),
    **dict.fromkeys(("model_days", "range_sigmas"), _NUMBER),
    "reference_pressure": (_profile, "a list of numbers"),
}
_OPTIONAL = {
    **dict.fromkeys(("on_limit", "on_range", "on_unphysical", "on_momentum"), _TEXT),
    "momentum_limit": _NUMBER,
    "member": _COUNT,
    **dict.fromkeys(("taper_top", "taper_surface"), (_two, "two numbers")),
}


def check_record(path: str, dataset: xr.Dataset) -> None:
    """Check attributes and variables of a record, of one rank.

    Raises
    ------
    ModelFileError
        If one is missing or is something else; the message names it.
    """
    for name, (fits, expected) in (_NEEDED | _OPTIONAL).items():
        value = dataset.attrs.get(name)
        if value is None and name not in _NEEDED:
            continue
        if value is None or not fits(value):
            found = "missing" if value is None else repr(value)[:60]
            raise ModelFileError(
                f"{path} is damaged: {name} is {found}, expected {expected}"
            )
    rank, ranks = (int(dataset.attrs[name]) for name in ("rank", "ranks"))
    if not rank < ranks <= _MOST_RANKS:
        raise ModelFileError(
            f"{path} is damaged: rank is {rank} of {ranks}, expected one of at most "
            f"{_MOST_RANKS}"
        )
    _check_variables(path, dataset)


def _check_variables(path: str, dataset: xr.Dataset) -> None:
    levels = np.size(dataset.attrs["reference_pressure"])
    places = {"lat", "lon"}
    there = {str(name) for name in dataset.variables}
    outputs = {n for n in there if n[:12] == "tendency_of_" and not n.endswith(NATIVE)}
    sums = {f"sum_{stage}" for stage in STAGES} if outputs else set()
    for name in sorted((places | sums) - there):
        raise ModelFileError(f"{path} is damaged: it holds no {name}")
    for key, variable in dataset.variables.items():
        name = str(key)
        wanted = np.int64 if name.startswith("sum_") else np.float64
        shape = dict(variable.sizes)
        columns = shape.pop("column", None)
        # Fluxes are on half levels, one more.
        deep = [n for n in shape.values() if n not in (1, levels, levels + 1)]
        is_flat = name in places or name.startswith("sum_")
        if (
            columns is None
            or variable.dtype != wanted
            or len(shape) > (0 if is_flat else 1)
            or variable.dims[-1] != "column"
            or deep
        ):
            raise ModelFileError(
                f"{path} is damaged: {name} is {variable.dtype} of "
                f"{dict(variable.sizes)}, expected {np.dtype(wanted)} by column"
                + ("" if is_flat else f" and {levels} levels")
            )
        if wanted is np.float64 and not _text(variable.attrs.get("units")):
            raise ModelFileError(f"{path} is damaged: {name} has no units")
