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
        self._host_nlev = 0
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
        self._host_nlev = levels.size

    def set_columns(
        self, latitude: ArrayLike, longitude: ArrayLike, units: str = ""
    ) -> None:
        """State where the columns are, for a network that sees more than one.

        Parameters
        ----------
        latitude, longitude : array_like, shape (ncol,)
            In the order of the columns of `predict`.
        units : str
            Units of both; default: degrees.

        Raises
        ------
        ArgumentError
            If they are not all cells of one global latitude-longitude grid.
        ContractError
            If the units are not those of an angle.
        ShapeError
            If there are not as many of the one as of the other.
        NonFiniteError
            If a value is not finite.
        """
        _check(
            native_api.network_set_columns(
                self._scheme,
                np.ascontiguousarray(latitude, dtype=np.float64),
                np.ascontiguousarray(longitude, dtype=np.float64),
                units,
            )
        )

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
            Each output by its contract name, in the contract's units, shaped likewise:
            tendencies on the host's levels; a flux on the network's own levels, and by
            its name and ``_at_half_levels`` on the host's.

        Raises
        ------
        ArgumentError
            If levels or the places of columns were not set, or an input is missing.
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
            name: self._get(name, (columns, *levels))
            for name, levels, _ in self.contract.host_outputs(self._host_nlev)
        }

    def _get(self, name: str, shape: tuple[int, ...]) -> Array:
        field = np.empty(shape, order="F")
        on_levels = field.ndim == 2
        get = native_api.network_get if on_levels else native_api.network_get_surface
        _check(get(self._scheme, name, field))
        return np.ascontiguousarray(field)


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
