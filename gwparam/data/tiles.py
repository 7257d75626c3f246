"""Tiles of one run, put together: FMS writes a file for each part of the globe.

Files are tiles if they have the same times and no column in common, so one by one they
would be no states of one grid. FMS says in ``domain_decomposition`` of a coordinate
which part of it a file holds, so a tile that is missing is found out.
"""

import re
from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.assembled import Part, assemble
from gwparam.data.places import Axes, Axis, overlap, positions
from gwparam.data.stored import attribute_numbers
from gwparam.data.times import find_time_dimension
from gwparam.errors import ContractError

DECOMPOSITION = "domain_decomposition"
_EVEN = 1.25
_NUMBERED = re.compile(r"(.*)\.(\d{4,})")

Array = NDArray[Any]
Files = dict[str, xr.Dataset]


def join_tiles(files: Files, axes: Mapping[str, Axes]) -> Files:
    """Put the tiles among files together.

    Parameters
    ----------
    files : dict of str to Dataset
        By path; times not decoded.
    axes : mapping of str to tuple of Axis
        Where the columns of each are.

    Returns
    -------
    dict of str to Dataset
        The files in their order, those that are tiles of one globe as one. Nothing is
        read of its fields before they are asked for.

    Raises
    ------
    ContractError
        If tiles do not fill a grid, or differ in more than their columns.
    """
    sets: dict[Any, list[str]] = {}
    for path, dataset in files.items():
        key = (_times(dataset, path), tuple(a.dimensions for a in axes[path]))
        sets.setdefault(key, []).append(path)
    joined: Files = {}
    for paths in sets.values():
        parts = {path: (files[path], axes[path]) for path in paths}
        if len(paths) > 1 and all(
            _apart(axes[one], axes[other]) for one, other in combinations(paths, 2)
        ):
            label = f"{paths[0]} to {paths[-1]} ({len(paths)} tiles)"
            joined[label] = _join(parts)
        else:
            for path in paths:
                _check_whole(files[path], path)
                joined[path] = files[path]
    return joined


def _times(dataset: xr.Dataset, path: str) -> Any:
    """Tell the times of a file; for one without, the name that tiles have in common."""
    time = find_time_dimension(dataset)
    if time is None or time not in dataset.variables:
        numbered = _NUMBERED.fullmatch(path)
        return numbered[1] if numbered else path
    attrs = dataset[time].attrs
    return (*dataset[time].values.tolist(), str(attrs.get("units")))


def _apart(one: Axes, other: Axes) -> bool:
    """Whether two files have no column in common."""
    return any(not overlap(a, b) for a, b in zip(one, other, strict=True))


def _check_whole(dataset: xr.Dataset, path: str) -> None:
    """Check that a file is no tile on its own."""
    for name, variable in dataset.variables.items():
        if DECOMPOSITION not in variable.attrs:
            continue
        first, last, begin, end = _decomposition(variable, f"{name} in {path}")
        if (begin, end) != (first, last):
            raise ContractError(
                f"{path} holds {begin} to {end} of {first} to {last} along {name}, "
                "expected all tiles of the run together"
            )


def _join(tiles: Mapping[str, tuple[xr.Dataset, Axes]]) -> xr.Dataset:
    """Put tiles together whose columns fill a grid."""
    paths = list(tiles)
    first = tiles[paths[0]][0]
    where: dict[str, dict[str, Array]] = {path: {} for path in paths}
    sizes: dict[str, int] = {}
    cells = 1
    for number, axis in enumerate(tiles[paths[0]][1]):
        if len(axis.dimensions) > 1 or len(axis.degrees) > 1:
            raise ContractError(
                f"{paths[1]} has other columns than {paths[0]} at the same times, "
                "expected the same, or tiles with latitude and longitude along "
                "dimensions of their own"
            )
        dimension = axis.dimensions[0]
        blocks = _blocks({path: tiles[path][1][number] for path in paths})
        places = _places(blocks, first)
        sizes[dimension] = sum(block.size for block, _ in blocks)
        for at, (_, members) in zip(places, blocks, strict=True):
            for path, found in members.items():
                where[path][dimension] = at[found]
        whole = _whole(first, dimension, paths[0])
        if whole not in (None, sizes[dimension]):
            raise ContractError(
                f"the tiles {', '.join(paths)} hold {sizes[dimension]} of {whole} "
                f"along {dimension}, expected all tiles of the run"
            )
        cells *= len(blocks)
    corners = {tuple(int(at.min()) for at in where[path].values()) for path in paths}
    if not len(corners) == len(paths) == cells:
        raise ContractError(
            f"the tiles {', '.join(paths)} are {len(paths)} of the {cells} parts of "
            "one grid, expected each of them once"
        )
    _check_numbers(paths)
    parts = []
    for path in paths:
        dataset = _without_edges(tiles[path][0], set(sizes))
        _check_rest(first, dataset, set(sizes), paths[0], path)
        parts.append(Part(dataset, where[path]))
    made = assemble(parts, sizes)
    for variable in made.variables.values():
        variable.attrs.pop(DECOMPOSITION, None)
    return made


def _check_numbers(paths: list[str]) -> None:
    """Check that no number is left out: the others alone may look like a grid."""
    numbers = [int(name[2]) for name in map(_NUMBERED.fullmatch, paths) if name]
    absent = set(range(min(numbers, default=0), max(numbers, default=0))) - set(numbers)
    if absent:
        raise ContractError(
            f"of the tiles {', '.join(paths)} number {min(absent):04d} is absent, "
            "expected all tiles of the run"
        )


def _blocks(axes: Mapping[str, Axis]) -> list[tuple[Axis, dict[str, Array]]]:
    """Find the parts of an axis, and which tiles have each."""
    blocks: list[tuple[Axis, dict[str, Array]]] = []
    for path, axis in axes.items():
        for block, members in blocks:
            found = positions(block, axis)
            if found is not None:
                members[path] = found
                break
        else:
            blocks.append((axis, {path: np.arange(axis.size)}))
    return blocks


def _places(
    blocks: list[tuple[Axis, dict[str, Array]]], dataset: xr.Dataset
) -> list[Array]:
    """Find where each part of an axis goes on the whole.

    Parts lie one beside the other, or their places alternate, as every n-th is of one.
    """
    values = [next(iter(block.degrees.values())) for block, _ in blocks]
    order = sorted(range(len(blocks)), key=lambda number: float(values[number].min()))
    falling = any(part[0] > part[-1] for part in values)
    beside = True
    for one, other in pairwise(order):
        if values[other].min() > values[one].max():
            continue
        beside = False
        paths = [path for _, members in blocks for path in members]
        if not (_are_numbered(paths, blocks, dataset) and _fill(values)):
            (a, mine), (b, its) = blocks[one], blocks[other]
            raise ContractError(
                f"{next(iter(its))} has {b} and {next(iter(mine))} {a} at the same "
                "times, expected the same places, or tiles one beside the other, or "
                "numbered tiles that fill the axis in even steps"
            )
    if not beside:
        joined = np.concatenate(values)
        rank = np.empty(joined.size, dtype=np.intp)
        rank[np.argsort(-joined if falling else joined)] = np.arange(joined.size)
        return np.split(rank, np.cumsum([part.size for part in values])[:-1])
    places: list[Array] = [np.empty(0)] * len(blocks)
    begin = 0
    for number in reversed(order) if falling else order:
        places[number] = begin + np.arange(values[number].size)
        begin += values[number].size
    return places


def _are_numbered(
    paths: list[str], blocks: list[tuple[Axis, dict[str, Array]]], dataset: xr.Dataset
) -> bool:
    """Whether files say of themselves that they are tiles: by name, or as FMS does.

    Another grid between the columns of a grid, as of staggered winds, does not.
    """
    dimension = blocks[0][0].dimensions[0]
    if _whole(dataset, dimension, paths[0]) is not None:
        return True
    numbered = [_NUMBERED.fullmatch(path) for path in paths]
    return None not in numbered and len({found[1] for found in numbered if found}) == 1


def _fill(values: list[Array]) -> bool:
    """Whether parts of an axis fill it together in even steps.

    Rows of a Gaussian grid are even within a tenth.
    """
    steps = np.diff(np.sort(np.concatenate(values)))
    return bool(steps.max() < _EVEN * steps.min())


def _whole(dataset: xr.Dataset, dimension: str, path: str) -> int | None:
    """Extent of a dimension in all tiles together; None where the file does not say."""
    if dimension not in dataset.variables:
        return None
    if DECOMPOSITION not in dataset[dimension].attrs:
        return None
    first, last, *_ = _decomposition(dataset[dimension], f"{dimension} in {path}")
    return last - first + 1


def _decomposition(variable: Any, what: str) -> list[int]:
    """Give first and last place of all tiles, and of this one."""
    found = attribute_numbers(variable.attrs, DECOMPOSITION, what, 4)
    return [int(number) for number in found]


def _without_edges(dataset: xr.Dataset, tiled: set[str]) -> xr.Dataset:
    """Leave out the edges of cells, which tiles share and nothing here needs."""
    edges = {
        str(dim)
        for dim in dataset.dims
        if str(dim) not in tiled
        and dim in dataset.variables
        and (
            DECOMPOSITION in dataset[dim].attrs
            or str(dataset[dim].attrs.get("units", "")).startswith("degree")
        )
    }
    return dataset.drop_dims(edges)


def _check_rest(
    expected: xr.Dataset, given: xr.Dataset, tiled: set[str], whose: str, path: str
) -> None:
    """Check that tiles differ in nothing but their columns."""
    for key, variable in given.variables.items():
        name = str(key)
        if name not in expected.variables:
            continue
        other = expected[name].variable
        units = [str(v.attrs.get("units", "")) for v in (variable, other)]
        if variable.dims != other.dims or units[0] != units[1]:
            raise ContractError(
                f"{name} in {path} is {variable.dims} in {units[0]!r}, expected "
                f"{other.dims} in {units[1]!r} as {whose}"
            )
        # Of one dimension: levels and their coefficients.
        if variable.ndim > 1 or set(map(str, variable.dims)) & tiled:
            continue
        if not np.array_equal(variable.values, other.values):
            raise ContractError(f"{name} in {path} is not that of {whose}")
