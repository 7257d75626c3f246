"""Datasets made of others: their columns in another order, or several put together.

Nothing is read before it is asked for, and then what is asked for of every part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from gwparam.errors import ContractError

Array = NDArray[Any]


@dataclass(frozen=True)
class Part:
    """A part of a dataset.

    Attributes
    ----------
    dataset : Dataset
        Its variables.
    positions : mapping of str to ndarray of int
        Where its entries go along the dimensions that it has a part of.
    """

    dataset: xr.Dataset
    positions: Mapping[str, Array]


def assemble(parts: Sequence[Part], sizes: Mapping[str, int]) -> xr.Dataset:
    """Put parts together.

    Parameters
    ----------
    parts : sequence of Part
        At least one; together they fill every variable.
    sizes : mapping of str to int
        Extents of the dimensions that are put together, which all parts name in their
        positions.

    Returns
    -------
    Dataset
        With the variables that all parts have; those without such a dimension, and the
        attributes, are of the first. The parts stay open, for whoever opened them.
    """
    first = parts[0].dataset
    variables: dict[str, xr.Variable] = {}
    for key, variable in first.variables.items():
        name = str(key)
        if any(name not in part.dataset.variables for part in parts):
            continue
        if not set(map(str, variable.dims)) & set(sizes):
            variables[name] = variable
            continue
        array = _Assembled(name, parts, sizes)
        data: Any = indexing.LazilyIndexedArray(array)
        if variable.dims == (name,):  # becomes an index, which is in memory anyway
            data = data.get_duck_array()
        variables[name] = xr.Variable(
            variable.dims, data, variable.attrs, variable.encoding
        )
    names = [str(name) for name in first.coords if str(name) in variables]
    return xr.Dataset(
        {name: data for name, data in variables.items() if name not in names},
        {name: variables[name] for name in names},
        first.attrs,
    )


def rename(
    dataset: xr.Dataset, names: Mapping[str, str], path: str, like: str
) -> xr.Dataset:
    """Give dimensions and variables the names that they have in another file.

    Parameters
    ----------
    dataset : Dataset
        That of `path`.
    names : mapping of str to str
        New name of each.
    path, like : str
        The file, and the other one, for the message.

    Raises
    ------
    ContractError
        If something else has such a name.
    """
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return dataset
    try:
        return dataset.rename(changed)
    except ValueError:
        old, new = next(iter(changed.items()))
        raise ContractError(
            f"{old} in {path} is {new} in {like}, and {path} has another {new}, "
            "expected the same names in all files"
        ) from None


class _Assembled(BackendArray):
    """A variable whose parts are read when it is."""

    def __init__(
        self, name: str, parts: Sequence[Part], sizes: Mapping[str, int]
    ) -> None:
        variable = parts[0].dataset[name].variable
        self._dims = tuple(str(dim) for dim in variable.dims)
        self._parts = [
            (
                part.dataset[name].variable.transpose(*variable.dims),
                {d: where for d, where in part.positions.items() if d in self._dims},
            )
            for part in parts
        ]
        self._placed = {dim: size for dim, size in sizes.items() if dim in self._dims}
        self.shape = tuple(
            self._placed.get(dim, size)
            for dim, size in zip(self._dims, variable.shape, strict=True)
        )
        self.dtype = np.result_type(*(part.dtype for part, _ in self._parts))

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._get
        )

    def _get(self, key: tuple[int | slice, ...]) -> Array:
        """Read dimensions that are put together whole, the others as they are asked."""
        keys = dict(zip(self._dims, key, strict=True))
        outer = {dim: k for dim, k in keys.items() if dim not in self._placed}
        whole: Array | None = None
        for variable, places in self._parts:
            read = variable.isel(outer)
            sizes = {str(dim): n for dim, n in read.sizes.items()}
            if whole is None:
                extents = tuple(self._placed.get(dim, n) for dim, n in sizes.items())
                whole = np.empty(extents, self.dtype)
            at = np.ix_(*(places.get(dim, np.arange(n)) for dim, n in sizes.items()))
            whole[at] = read.values
        assert whole is not None
        inner = tuple(keys[d] if d in self._placed else slice(None) for d in sizes)
        return np.asarray(whole[inner])
