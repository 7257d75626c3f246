"""Columns of which a file says that it has no values: left out, and counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import NonFiniteError

Array = NDArray[Any]
Mask = NDArray[np.bool_]


class State(dict[str, Array]):
    """Fields of one time by name, and the columns that lack some of them.

    Attributes
    ----------
    missing : dict of str to ndarray of bool, shape (`horizontal`)
        Where the file says that it has no value of a field, at any level; fields that
        are there everywhere are not named. The fields are NaN there.
    """

    def __init__(
        self, fields: Mapping[str, Array], missing: Mapping[str, Mask] | None = None
    ) -> None:
        super().__init__(fields)
        self.missing = dict(missing or {})

    def select(self, names: Iterable[str], present: Mask) -> dict[str, Array]:
        """Take some fields in the columns that are present.

        Parameters
        ----------
        names : iterable of str
            The fields.
        present : ndarray of bool, shape (`horizontal`)
            Which columns.

        Returns
        -------
        dict of str to ndarray
            Views of the whole fields where no column is left out, else of shape
            (column, nlev), or (column) at the surface.
        """
        whole = present.all()
        return {n: self[n] if whole else self[n][present] for n in names}


def spread(fields: Mapping[str, Array], present: Mask) -> dict[str, Array]:
    """Put what `State.select` gave, or was computed of it, in all columns.

    Returns
    -------
    dict of str to ndarray, shape (`horizontal`..., nlev)
        NaN in the columns that are left out.
    """
    if present.all():
        return dict(fields)
    found = {}
    for name, values in fields.items():
        found[name] = np.full((*present.shape, *values.shape[1:]), np.nan, values.dtype)
        found[name][present] = values
    return found


def present_columns(
    missing: Mapping[str, Mask], horizontal: tuple[int, ...], what: str
) -> Mask:
    """Find the columns of one time that lack nothing.

    Parameters
    ----------
    missing : mapping of str to ndarray of bool, shape `horizontal`
        As that of `State`.
    horizontal : tuple of int
        Extents of the columns.
    what : str
        The time, for the message.

    Returns
    -------
    ndarray of bool, shape `horizontal`
        The columns that are present.

    Raises
    ------
    NonFiniteError
        If there are none.
    """
    present = np.ones(horizontal, bool)
    for where in missing.values():
        present &= ~where
    if missing and not present.any():
        raise NonFiniteError(
            f"{what}: {' or '.join(missing)} is missing in every column, by what the "
            "files declare, expected some columns that have all"
        )
    return present


@dataclass
class LeftOut:
    """Columns that were left out, counted over all times.

    Attributes
    ----------
    columns, total : int
        How many, of how many.
    fields : dict of str to int
        Columns that lacked each field; one column may lack several.
    """

    columns: int = 0
    total: int = 0
    fields: dict[str, int] = field(default_factory=dict)

    def add(
        self, missing: Mapping[str, Mask], horizontal: tuple[int, ...], what: str
    ) -> Mask:
        """Take in one time; everything is as for `present_columns`."""
        present = present_columns(missing, horizontal, what)
        for name, where in missing.items():
            self.fields[name] = self.fields.get(name, 0) + int(where.sum())
        self.columns += present.size - int(present.sum())
        self.total += present.size
        return present

    def as_dict(self) -> dict[str, Any]:
        """Turn it into what `json.dumps` takes."""
        return {"columns": self.columns, "of": self.total, "fields": self.fields}

    def warnings(self, label: str) -> list[str]:
        """Say it in a line, if something was left out."""
        if not self.columns:
            return []
        why = ", ".join(f"{name} in {n}" for name, n in self.fields.items())
        return [
            f"gwparam: warning: {label}: {self.columns} of {self.total} columns are "
            f"left out, because the files declare values as missing: {why}"
        ]
