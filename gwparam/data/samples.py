"""Samples that come twice in files whose times are no dates, so do not tell it."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.times import find_time_dimension
from gwparam.errors import ArgumentError

Array = NDArray[Any]


def check_samples(files: Mapping[str, xr.Dataset]) -> None:
    """Check that files without dates do not hold the same state twice.

    Parameters
    ----------
    files : mapping of str to Dataset
        By path, in one frame.

    Raises
    ------
    ArgumentError
        If two states of the same time hold the same values; the message names both. Of
        the times that two files have in common, the first, the middle and the last are
        compared.
    """
    places = {path: _places(dataset) for path, dataset in files.items()}

    @lru_cache(maxsize=1024)
    def glance(path: str, at: int) -> bytes:
        """Give a part of a state: where it differs, the states do."""
        variables = _variables(files[path], at)
        values = next((v for v in variables.values() if v.ndim), None)
        if values is None:
            return b""
        first = next((dim for dim, n in values.sizes.items() if n > 1), values.dims[0])
        part = values.isel({first: -1})
        return part.values.astype(np.float32).tobytes()

    for one, other in combinations_with_replacement(files, 2):
        shared = [time for time in places[one] if time in places[other]]
        if one == other:
            shared = [time for time in shared if len(places[one][time]) > 1]
        ends = [*shared[:1], *shared[len(shared) // 2 :][:1], *shared[-1:]]
        for time in dict.fromkeys(ends):
            for mine, its in product(places[one][time], places[other][time]):
                if one == other and mine >= its:
                    continue
                if glance(one, mine) == glance(other, its) != b"" and _same(
                    _variables(files[one], mine), _variables(files[other], its)
                ):
                    raise ArgumentError(
                        f"time {its} (from 0) of {other} holds the values of time "
                        f"{mine} of {one}, expected every state once"
                    )


def _places(dataset: xr.Dataset) -> dict[float, list[int]]:
    """Find where each time is: its value, or its number where there are no values."""
    dimension = find_time_dimension(dataset)
    if dimension is None:
        return {0.0: [0]}
    if dimension not in dataset.variables:
        return {float(n): [n] for n in range(dataset.sizes[dimension])}
    found: dict[float, list[int]] = defaultdict(list)
    for at, value in enumerate(dataset[dimension].values.tolist()):
        found[value].append(at)
    return found


def _variables(dataset: xr.Dataset, at: int) -> dict[str, xr.Variable]:
    """Fields of one time, their dimensions in the order of the names."""
    dimension = find_time_dimension(dataset)
    return {
        str(name): array.variable.isel({dimension: at} if dimension else {}).transpose(
            *sorted(set(map(str, array.dims)) - {dimension})
        )
        for name, array in dataset.data_vars.items()
        if array.dtype.kind == "f"
        and (dimension in array.dims if dimension else array.ndim)
    }


def _same(one: Mapping[str, xr.Variable], other: Mapping[str, xr.Variable]) -> bool:
    names = [name for name in one if name in other]
    return bool(names) and all(_equal(one[name], other[name]) for name in names)


def _equal(one: xr.Variable, other: xr.Variable) -> bool:
    return np.array_equal(one.values, other.values, equal_nan=True)
