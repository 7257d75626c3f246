"""What the stored values of a file mean: which are missing, how they are packed.

Missing values are found among the values as they are stored, before anything is
converted: that is where a fill value is exact. Sources: CF conventions 1.11, chapters
2.5 and 8.1; NetCDF Users Guide, appendix A (a valid range of a packed variable is one
of packed values if it has their type, else one of unpacked values; values that were
never written are those that the library puts there).
"""

from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from gwparam.errors import ContractError

Array = NDArray[Any]

_PACKING = ("scale_factor", "add_offset")
_MISSING = ("_FillValue", "missing_value")
_VALID = ("valid_min", "valid_max", "valid_range")
_DECODED = {*_PACKING, *_MISSING, *_VALID, "_Unsigned"}
_RULES, _DTYPE = "missing_values", "stored_dtype"


def decode(dataset: xr.Dataset, path: str) -> xr.Dataset:
    """Decode the numbers of a dataset that holds what the file stores.

    Parameters
    ----------
    dataset : Dataset
        Opened without masking and scaling.
    path : str
        Its file, for messages.

    Returns
    -------
    Dataset
        Numbers are floating point, in the byte order of the machine, and NaN where a
        value is missing, which `is_missing` knows: in double precision if they are
        packed or integers. Nothing is read before it is asked for, but for the
        coordinates of dimensions. Attributes that say how to decode are in
        ``encoding``.

    Raises
    ------
    ContractError
        If an attribute of a coordinate is no number; for others when they are read.
    """
    variables: dict[Any, xr.Variable] = {}
    for name, raw in dataset.variables.items():
        attrs = {k: v for k, v in raw.attrs.items() if k not in _DECODED}
        if raw.dtype.kind not in "iuf":
            variables[name] = raw.to_base_variable()
            continue
        array = _Decoded(raw.to_base_variable(), str(name), path)
        data: Any = indexing.LazilyIndexedArray(array)
        if raw.dims == (name,):  # becomes an index, which is in memory anyway
            data = data.get_duck_array()
        encoding = {_RULES: _rules(raw), _DTYPE: raw.dtype.name}
        variables[name] = xr.Variable(raw.dims, data, attrs, encoding)
    coordinates = set(dataset.coords)
    return xr.Dataset(
        {n: v for n, v in variables.items() if n not in coordinates},
        {n: v for n, v in variables.items() if n in coordinates},
        dataset.attrs,
    )


def explain(variable: xr.Variable, value: float) -> str:
    """Say what a file tells of a value that is not finite, for messages.

    What it declares as missing, or that it stores numbers of few digits; empty if
    nothing.
    """
    rules, dtype = (str(variable.encoding.get(key, "")) for key in (_RULES, _DTYPE))
    if np.isnan(value):
        return f"; the file declares {rules}" if rules else ""
    if dtype == "float16":
        return f"; the file stores {dtype}, which overflows beyond 65504"
    return ""


def is_missing(values: Array) -> NDArray[np.bool_]:
    """Find the values that a file says are missing.

    Parameters
    ----------
    values : ndarray
        Of a variable of `decode`, as they are read or in another order or precision,
        but before any arithmetic.

    Returns
    -------
    ndarray of bool, same shape
        False for a NaN that the file holds as if it were a value.
    """
    return np.isnan(values) & ~np.signbit(values)


def attribute_numbers(
    attributes: Any, key: str, what: str, count: int | None = None
) -> Array:
    """Read an attribute that should be numbers.

    Parameters
    ----------
    attributes : mapping
        Of a variable.
    key : str
        Name of the attribute; there may be none.
    what : str
        The variable and its file, for the message.
    count : int, optional
        How many numbers there must be.

    Returns
    -------
    ndarray, shape (number,)
        In their own type; empty without the attribute. A text that is a number counts
        as one.

    Raises
    ------
    ContractError
        If it is something else.
    """
    given = attributes.get(key)
    if given is None:
        return np.empty(0)
    found = np.ravel(np.asarray(given))
    if found.dtype.kind in "USO":
        try:
            found = found.astype(np.float64)
        except (TypeError, ValueError):
            found = np.empty(0, "S1")
    if found.dtype.kind not in "iuf" or count not in (None, found.size):
        expected = "numbers" if count is None else "a number" if count == 1 else count
        numbers = " numbers" if isinstance(expected, int) else ""
        raise ContractError(
            f"{key} of {what} is {given!r}, expected {expected}{numbers}"
        )
    return found


def _rules(raw: xr.Variable) -> str:
    given = (
        f"{key} {' to '.join(map(str, np.ravel(raw.attrs[key])))}"
        for key in (*_MISSING, *_VALID)
        if key in raw.attrs
    )
    return ", ".join(given)


class _Decoded(BackendArray):
    """A variable that is decoded when it is read."""

    def __init__(self, raw: xr.Variable, name: str, path: str) -> None:
        self._raw, self._what = raw, f"{name} in {path}"
        self._packed = any(key in raw.attrs for key in _PACKING)
        self.shape = raw.shape
        single = raw.dtype.kind == "f" and raw.dtype.itemsize <= 4 and not self._packed
        self.dtype = np.dtype(np.float32 if single else np.float64)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._get
        )

    def _get(self, key: tuple[Any, ...]) -> Array:
        stored = np.asarray(self._raw[key].values)
        native = stored.dtype.newbyteorder("=")
        return self._decode(stored.astype(native, copy=False))

    def _decode(self, stored: Array) -> Array:
        attrs = self._raw.attrs
        given, signed = stored.dtype, str(attrs.get("_Unsigned", "")).lower()
        if (given.kind, signed) in (("i", "true"), ("u", "false")):
            stored = stored.view(f"{'u' if given.kind == 'i' else 'i'}{given.itemsize}")
        values = self._unpack(stored)
        missing = self._never_written(stored)
        for attribute in _MISSING:
            for value in self._numbers(attribute):
                missing |= self._equal(value, stored, values, given)
        lowest, highest = self._valid()
        for end, beyond in ((lowest, np.less), (highest, np.greater)):
            if end is not None:
                missing |= self._beyond(end, beyond, stored, values, given)
        # What is missing and what is wrong are both NaN. The sign, which no index, cast
        # or order of dimensions changes, tells them apart.
        for which, nan in ((np.isnan(values) & ~missing, -np.nan), (missing, np.nan)):
            if which.any():
                values = np.where(which, values.dtype.type(nan), values)
        return values

    def _numbers(self, key: str, count: int | None = None) -> Array:
        return attribute_numbers(self._raw.attrs, key, self._what, count)

    def _number(self, key: str) -> Any:
        """Give an attribute that is one number; None if there is none."""
        return self._numbers(key, 1)[0] if key in self._raw.attrs else None

    def _packing(self) -> tuple[float, float]:
        """Scale and offset."""
        scale, offset = (self._number(key) for key in _PACKING)
        scale, offset = 1.0 if scale is None else float(scale), float(offset or 0.0)
        if not np.isfinite([scale, offset]).all() or scale == 0.0:
            raise ContractError(
                f"scale_factor and add_offset of {self._what} are {scale:g} and "
                f"{offset:g}, expected finite numbers, and a scale other than 0"
            )
        return scale, offset

    def _unpack(self, stored: Array) -> Array:
        values: Array = stored.astype(self.dtype, copy=False)
        if self._packed:
            scale, offset = self._packing()
            values = values * scale + offset
        return values

    def _never_written(self, stored: Array) -> NDArray[np.bool_]:
        """Find the values that the netCDF library puts where nothing is written."""
        default = netCDF4.default_fillvals.get(stored.dtype.str[1:])
        declared = "_FillValue" in self._raw.attrs or "_Unsigned" in self._raw.attrs
        # Every number of a byte may be a value, and of an integer with its own fill.
        if default is None or (stored.dtype.kind != "f" and declared):
            return np.zeros(stored.shape, bool)
        if stored.dtype.itemsize == 1:
            return np.zeros(stored.shape, bool)
        return np.asarray(stored == stored.dtype.type(default))

    def _valid(self) -> tuple[Any, Any]:
        """Give the ends of the valid range; None where there is none."""
        if "valid_range" in self._raw.attrs:
            lowest, highest = self._numbers("valid_range", 2)
            return lowest, highest
        return self._number("valid_min"), self._number("valid_max")

    def _equal(
        self, value: Any, stored: Array, values: Array, given: Any
    ) -> NDArray[np.bool_]:
        """Find the values that are a number, which may be of another type."""
        if np.isnan(value):
            return np.isnan(values)
        if stored.dtype.kind == "f":
            with np.errstate(over="ignore"):
                return np.asarray(stored == value.astype(stored.dtype))
        value = _as_stored(value, given, stored.dtype)
        limits = np.iinfo(stored.dtype)
        if value == np.round(value) and limits.min <= value <= limits.max:
            return np.asarray(stored == stored.dtype.type(value))
        # It is of unpacked values, which are off by a rounding.
        margin = 0.5 * abs(self._packing()[0]) if self._packed else 0.0
        return np.asarray(np.abs(values - float(value)) <= margin)

    def _beyond(
        self, end: Any, beyond: Any, stored: Array, values: Array, given: Any
    ) -> NDArray[np.bool_]:
        """Find what is beyond an end of the valid range, which is valid itself."""
        whole = stored.dtype.kind != "f"
        if not self._packed or whole == (end.dtype.kind != "f"):
            end = _as_stored(end, given, stored.dtype) if whole else end
            return np.asarray(beyond(stored, end))
        # Unpacked values are off by a rounding.
        margin = 0.5 * abs(self._packing()[0])
        return np.asarray(
            beyond(values, float(end) + (-margin if beyond is np.less else margin))
        )


def _as_stored(value: Any, given: Any, stored: Any) -> Any:
    """Take a number of the signed type of a file as its bytes are taken."""
    if given != stored and value.dtype == given:
        return np.asarray(value).view(stored)[()]
    return value
