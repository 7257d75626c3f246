"""A native scheme in Python, as the compiled library calls it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gwparam.errors import GwparamError, ShapeError, Status
from gwparam.shared_library import shared_library

NativeDrag = Callable[[NDArray[np.int64], tuple[str, ...]], Mapping[str, ArrayLike]]
"""Columns, by their numbers, and names of tendencies, to one array (n, nlev) each."""


class NativeProcedure:
    """What the library calls for a Python function, and what that raised.

    Attributes
    ----------
    pointer : cdata
        ``gwparam_native_procedure``; valid as long as this object.
    raised : Exception or None
        Of the last call.
    """

    def __init__(self, drag: NativeDrag) -> None:
        self._drag = drag
        self.raised: Exception | None = None
        ffi, _ = shared_library()
        self.pointer = ffi.callback("gwparam_native_procedure", self._answer)

    def _answer(self, context: Any, asked: Any, message: Any, capacity: int) -> int:
        try:
            self._fill(asked)
        except Exception as error:  # it is raised by the call that brought us here
            self.raised = error
            if isinstance(error, GwparamError):
                return int(error.status)
            return int(Status.ERR_ARGUMENT)
        return int(Status.OK)

    def _fill(self, asked: Any) -> None:
        ffi, _ = shared_library()
        shape = (asked.tendencies, asked.columns, asked.levels)
        column = np.frombuffer(ffi.buffer(asked.column, 8 * asked.columns), np.int64)
        names = tuple(
            ffi.string(asked.name[i]).decode() for i in range(asked.tendencies)
        )
        drag = np.frombuffer(ffi.buffer(asked.drag, 8 * int(np.prod(shape))))
        given = self._drag(column.copy(), names)
        for name, rows in zip(names, drag.reshape(shape), strict=True):
            values = np.asarray(given[name], dtype=np.float64)
            if values.shape != rows.shape:
                raise ShapeError(
                    f"the native scheme gives {name} of shape {values.shape}, "
                    f"expected {rows.shape}"
                )
            rows[:] = values
