"""An exported network, driven through the Fortran module ``gwparam``."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gwparam.contract import Contract, read_contract
from gwparam.errors import ArgumentError, ShapeError, error_class
from gwparam.native._wrapper import native_api

Array = NDArray[np.float64]

_ORDERS = {"top_down": 1, "bottom_up": 2}
_NO_UNITS: Mapping[str, str] = MappingProxyType({})


class FortranScheme:
    """A network behind the Fortran interface, as a Fortran host meets it.

    It exists to test that interface, and to compare with `gwparam.load_scheme`, which
    reaches the same library without Fortran and is the better choice from Python.

    Parameters
    ----------
    path : str or path-like
        File written by ``gwparam export``.
    threads : int
        Threads of one forward pass; 0: as many as OpenMP's setting gives.

    Attributes
    ----------
    contract : Contract
        What the network needs and gives.

    Raises
    ------
    GwparamError
        The class that belongs to the status of the library, here and in the methods.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int = 0) -> None:
        self._scheme = native_api.network_scheme()
        _check(native_api.network_load(self._scheme, os.fsencode(path), threads))
        self.contract: Contract = read_contract(path)

    def set_levels(
        self,
        pressure: ArrayLike,
        order: Literal["top_down", "bottom_up"] = "top_down",
    ) -> None:
        """State the levels of the fields, once, before the first `predict`.

        Parameters
        ----------
        pressure : array_like, shape (nlev,)
            Reference pressure of the full levels [Pa], in the order of the fields.
        order : {"top_down", "bottom_up"}
            Which end index 0 is.

        Raises
        ------
        ArgumentError
            If the order is unknown, or the pressures are not in that order.
        ShapeError
            If the network has another number of levels.
        ContractError
            If the network was made for other levels.
        """
        if order not in _ORDERS:
            raise ArgumentError(f"order is {order!r}, expected one of {[*_ORDERS]}")
        levels = np.ascontiguousarray(pressure, dtype=np.float64)
        _check(native_api.network_set_levels(self._scheme, levels, _ORDERS[order]))

    def predict(
        self, fields: Mapping[str, ArrayLike], units: Mapping[str, str] = _NO_UNITS
    ) -> dict[str, Array]:
        """Run the network on columns.

        Parameters
        ----------
        fields : mapping of str to array_like
            Each input by its contract name: shape (ncol, nlev), or (ncol,) for a
            surface field, of floating-point numbers.
        units : mapping of str to str
            Units of the inputs that are not in those of the contract.

        Returns
        -------
        dict of str to ndarray
            Each output by its contract name, in the contract's units, shaped likewise.

        Raises
        ------
        ArgumentError
            If levels were not set or an input is missing.
        ContractError
            If there is no such input, or its units are of another dimension.
        ShapeError
            If an array has another shape than expected.
        NonFiniteError
            If an input or output is not finite.
        RangeError
            If an output exceeds the limits of the contract.
        """
        arrays = {name: _field(name, values) for name, values in fields.items()}
        try:
            for name, array in arrays.items():
                put = (
                    native_api.network_put
                    if array.ndim == 2
                    else native_api.network_put_surface
                )
                _check(put(self._scheme, name, units.get(name, ""), array))
            _check(native_api.network_run(self._scheme))
        except Exception:
            native_api.network_discard(self._scheme)
            raise
        columns = len(next(iter(arrays.values())))
        return {
            field.name: self._get(field.name, field.levels, columns)
            for field in self.contract.outputs
        }

    def _get(self, name: str, levels: str, columns: int) -> Array:
        if levels == "surface":
            surface = np.empty(columns)
            _check(native_api.network_get_surface(self._scheme, name, surface))
            return surface
        profiles = np.empty((columns, self.contract.vertical.nlev), order="F")
        _check(native_api.network_get(self._scheme, name, profiles))
        return np.ascontiguousarray(profiles)


def _field(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values)
    if array.ndim not in (1, 2) or not np.issubdtype(array.dtype, np.floating):
        raise ShapeError(
            f"{name} is {array.dtype} of shape {array.shape}, "
            "expected floating-point numbers of 1 or 2 dimensions"
        )
    return np.asfortranarray(array, dtype=np.float64)


def _check(outcome: tuple[int, str]) -> None:
    status, message = outcome
    if status:
        raise error_class(status)(message)
