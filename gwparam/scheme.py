"""An exported network that runs in the compiled library."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gwparam.contract import Contract
from gwparam.errors import (
    ArgumentError,
    GwparamError,
    NonFiniteError,
    ShapeError,
)
from gwparam.guard_reports import GuardReport, guard_reports
from gwparam.native_procedure import NativeDrag, NativeProcedure
from gwparam.shared_library import check, choice, shared_library

Array = NDArray[Any]

_ORDERS = {"top_down": "GWPARAM_TOP_DOWN", "bottom_up": "GWPARAM_BOTTOM_UP"}
GUARDS = {
    "error": "GWPARAM_GUARD_ERROR",
    "zero": "GWPARAM_GUARD_ZERO",
    "native": "GWPARAM_GUARD_NATIVE",
    "keep": "GWPARAM_GUARD_KEEP",
    "clip": "GWPARAM_GUARD_CLIP",
    "count": "GWPARAM_GUARD_COUNT",
    "ignore": "GWPARAM_GUARD_IGNORE",
}
"""What a guard does with a column that it catches, as `load_scheme` takes it."""
_GEOMETRIES = {
    "column": "GWPARAM_COLUMN",
    "stencil": "GWPARAM_STENCIL",
    "global": "GWPARAM_GLOBAL",
}
TRACE_STAGES = ("put", "network_inputs", "network_outputs", "outputs", "guarded")
"""Of which `Scheme.trace` tells, in the order of a step."""
_COMPILED = ("none", "runs", "unfit")
DTYPES = {np.dtype("f4"): "GWPARAM_FLOAT32", np.dtype("f8"): "GWPARAM_FLOAT64"}
"""Types of numbers that the library takes."""


class Statistics(NamedTuple):
    """What a scheme has done since it was loaded; gwparam.h describes each counter."""

    on_cuda: bool
    runs: int
    columns: int
    guarded_columns: int
    guarded_columns_last_run: int
    staging_bytes: int
    owner: int
    fell_back: bool
    messages: int
    message_bytes: int
    host_to_device_bytes: int
    device_to_host_bytes: int
    inference_seconds: float
    wait_seconds: float
    exchange_seconds: float
    on_graphs: bool
    lacks_fma: bool
    momentum_imbalance: float
    compiled: str
    """``none``, ``runs``, or ``unfit``: a package is there, and TorchScript runs."""
    threads: int
    load_seconds: float
    put_seconds: float
    get_seconds: float
    levels_seconds: float
    guarded_columns_of_worst_rank: int
    member: int
    """Of the last run, from 1; 0: none yet, or the mean of several."""


class Scheme:
    """An exported network in the compiled library; made by `gwparam.load_scheme`.

    Attributes
    ----------
    contract : Contract
        What the artefact says of itself.

    Notes
    -----
    The last axis of an array on levels is the level; all others, in any number, are
    horizontal. Arrays may be views with any strides; they are not copied on the way. A
    masked array must have nothing masked.

    A scheme serves one thread at a time. Python lets other threads run during a call,
    and theirs on the same scheme raise `BusyError`, also between the first `put` of a
    window and the end of `run`, and for a `get` of what another thread has run. Nothing
    waits: threads that work side by side load the artefact once each, which shares its
    weights, or hold a lock of their own over all of a step. After `os.fork`, also that
    of `multiprocessing`, a scheme of the parent raises `ForkedError` in the child,
    which loads its own.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._host_nlev = 0
        self._native: NativeProcedure | None = None
        self.contract = Contract.from_json(self._contract_json())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.free()

    def free(self) -> None:
        """Give the network and its memory back; does nothing the second time.

        Raises
        ------
        BusyError
            If another thread is in a call: the scheme is still there.
        """
        if self._handle is not None:
            ffi, lib = shared_library()
            check(lib.gwparam_scheme_free(self._handle))
            ffi.gc(self._handle, None)
            self._handle = None

    def geometry(self) -> str:
        """Say what the network sees at once: ``column``, ``stencil`` or ``global``."""
        ffi, lib = shared_library()
        found = ffi.new("int32_t *")
        self._call(lib.gwparam_scheme_geometry, found)
        return next(k for k, v in _GEOMETRIES.items() if getattr(lib, v) == found[0])

    def set_levels(self, pressure: ArrayLike, order: str = "top_down") -> None:
        """State the host's levels, once, before the first `put`.

        Parameters
        ----------
        pressure : array-like, shape (nlev,)
            Reference pressure of the full levels [Pa], in the host's order.
        order : str
            ``top_down`` or ``bottom_up``: which end index 0 is.

        Raises
        ------
        ArgumentError
            If the pressures are not monotonic in that order.
        ShapeError
            If the network has another number of levels.
        ContractError
            If the network was made for other pressures.
        """
        ffi, lib = shared_library()
        _refuse_masked("pressure", pressure)
        kind = np.asarray(pressure).dtype
        if kind.kind not in "fiu":
            raise ShapeError(f"pressure has dtype {kind}, expected real numbers")
        values = np.ascontiguousarray(pressure, dtype=np.float64)
        if values.ndim != 1:
            raise ShapeError(f"pressure has shape {values.shape}, expected (nlev,)")
        self._call(
            lib.gwparam_scheme_set_levels,
            choice("order", order, _ORDERS),
            values.size,
            ffi.from_buffer("double[]", values),
        )
        self._host_nlev = values.size

    def set_columns(
        self, latitude: Array, longitude: Array, units: str | None = None
    ) -> None:
        """State where the columns are, for a network that sees more than one.

        Parameters
        ----------
        latitude, longitude : ndarray of float32 or float64, any shape
            One value a column, in the order of the columns of `put`.
        units : str, optional
            Units of both; default: degrees.

        Raises
        ------
        ArgumentError
            If they are not all cells of one global latitude-longitude grid.
        """
        self._call(
            shared_library()[1].gwparam_scheme_set_columns,
            _describe("latitude", latitude),
            _describe("longitude", longitude),
            _optional_text(units),
        )

    def set_native(self, drag: NativeDrag | None) -> None:
        """State the scheme of the policy ``native``, before the first `put`.

        Parameters
        ----------
        drag : callable or None
            Is called in `run` and `flush` with the numbers of the columns that guards
            caught, ndarray of int64 (n,), from 0 in the order in which they were put
            since the last flush, and with the names of the tendencies. Gives an array
            (n, nlev) for each of them, in the host's order of levels: accelerations in
            m s-2, others in the units of the contract. What it raises, `run` raises;
            the scheme that calls it is in use.
        """
        ffi, lib = shared_library()
        native = None if drag is None else NativeProcedure(drag)
        pointer = ffi.NULL if native is None else native.pointer
        self._call(lib.gwparam_scheme_set_native, pointer, ffi.NULL)
        self._native = native

    def put(self, name: str, array: Array, units: str | None = None) -> None:
        """Hand over one input of the current window of columns; it is copied.

        One that is refused drops the window: all its fields are put anew.

        Parameters
        ----------
        name : str
            The contract's name of the field.
        array : ndarray of float32 or float64, shape (..., nlev) or (...)
            The field.
        units : str, optional
            Its units; default: those of the contract.

        Raises
        ------
        ArgumentError, ContractError, ShapeError, NonFiniteError
            As ``gwparam_scheme_put`` says in gwparam.h.
        """
        self._call(
            shared_library()[1].gwparam_scheme_put,
            name.encode(),
            _optional_text(units),
            _describe(name, array),
        )

    def add_columns(self) -> int:
        """Close the current window of columns; its number, from 1."""
        ffi, lib = shared_library()
        window = ffi.new("int64_t *")
        self._call(lib.gwparam_scheme_add_columns, window)
        return int(window[0])

    def flush(self) -> None:
        """Run the network on all windows closed since the last flush."""
        self._call_with_native(shared_library()[1].gwparam_scheme_flush)

    def run(self) -> None:
        """Close the window and run it: `add_columns` and `flush`."""
        self._call_with_native(shared_library()[1].gwparam_scheme_run)

    def discard(self) -> None:
        """Drop every window and input handed over since the last flush."""
        self._call(shared_library()[1].gwparam_scheme_discard)

    def get(
        self, name: str, out: Array, *, window: int = 1, units: str | None = None
    ) -> Array:
        """Copy one output of a window of the last flush into an array.

        Parameters
        ----------
        name : str
            The contract's name of the field.
        out : ndarray of float32 or float64, shape (..., nlev) or (...)
            Receives the field; untouched on failure.
        window : int
            From 1.
        units : str, optional
            Units wanted; default: those of the contract.

        Returns
        -------
        ndarray
            `out`.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            As ``gwparam_scheme_get`` says in gwparam.h.
        """
        if isinstance(out, np.ndarray) and not out.flags.writeable:
            raise ArgumentError(f"the array for {name} is read-only")
        self._call(
            shared_library()[1].gwparam_scheme_get,
            window,
            name.encode(),
            _optional_text(units),
            _describe(name, out),
        )
        return out

    def predict(
        self, fields: Mapping[str, Array], units: Mapping[str, str] | None = None
    ) -> dict[str, Array]:
        """Put all inputs, run, and get all outputs.

        Parameters
        ----------
        fields : mapping of str to ndarray
            Every input of the contract, by name.
        units : mapping of str to str, optional
            Units of the inputs that are not in those of the contract.

        Returns
        -------
        dict of str to ndarray
            Every output by name, in its units, C-contiguous, with the horizontal shape
            of the first input: tendencies on the host's levels; a flux on the network's
            own levels, and by its name and ``_at_half_levels`` on the host's.

        Raises
        ------
        GwparamError
            As `put`, `run` and `get`.
        """
        given = units or {}
        for name in (field.name for field in self.contract.inputs):
            if name not in fields:
                raise ArgumentError(f"{name} is missing among the fields")
        for name, array in fields.items():
            self.put(name, array, given.get(name))
        self.run()
        first = self.contract.inputs[0]
        shape = np.shape(fields[first.name])
        horizontal = shape[:-1] if first.levels == "full" else shape
        return {
            name: self.get(name, np.empty((*horizontal, *levels), dtype))
            for name, levels, dtype in self.contract.host_outputs(self._host_nlev)
        }

    def set_draw(self, number: int) -> None:
        """State by which number, from 1, the next run draws a member.

        Later runs count on from it. Needed where the number of runs is no measure, as
        where columns run in several `flush` calls a step.

        Raises
        ------
        ArgumentError
            If the number is out of range.
        """
        self._call(shared_library()[1].gwparam_scheme_set_draw, number)

    def member(self, run: int) -> int:
        """Tell which member a run has, by its number from 1.

        Returns
        -------
        int
            From 1; 0 where results are the mean of several.

        Raises
        ------
        ArgumentError
            If there is no run of that number.
        """
        ffi, lib = shared_library()
        found = ffi.new("int64_t *")
        self._call(lib.gwparam_scheme_member, run, found)
        return int(found[0])

    def statistics(self) -> Statistics:
        """Counters since the scheme was loaded."""
        ffi, lib = shared_library()
        found = ffi.new("gwparam_statistics *")
        self._call(
            lib.gwparam_scheme_statistics, found, ffi.sizeof("gwparam_statistics")
        )
        counters = Statistics(*(getattr(found, name) for name in Statistics._fields))
        return counters._replace(
            on_cuda=bool(found.on_cuda),
            fell_back=bool(found.fell_back),
            on_graphs=bool(found.on_graphs),
            lacks_fma=bool(found.lacks_fma),
            compiled=_COMPILED[found.compiled],
        )

    def guards(self) -> list[GuardReport]:
        """Say what each guard caught since the load, in the order of their looks."""
        if self._handle is None:
            raise ArgumentError("the scheme was freed")
        lib = shared_library()[1]
        policies = {getattr(lib, code): word for word, code in GUARDS.items()}
        return guard_reports(self._handle, policies)

    def trace(self, columns: int) -> dict[str, Array]:
        """Give sums of the columns of the last run, if loaded with `trace`.

        Parameters
        ----------
        columns : int
            How many columns that run had.

        Returns
        -------
        dict of array (column)
            uint64, one for each stage in the order of a step: a column in which two
            runs differ at a stage has other sums there.

        Raises
        ------
        ArgumentError, ShapeError
            As ``gwparam_scheme_trace`` says in gwparam.h.
        """
        ffi, lib = shared_library()
        found = {}
        for number, stage in enumerate(TRACE_STAGES, start=1):
            sums = np.zeros(columns, np.uint64)
            data = ffi.from_buffer("uint64_t[]", sums)
            self._call(lib.gwparam_scheme_trace, number, data, columns)
            found[stage] = sums
        return found

    def sha256(self) -> str:
        """SHA-256 of the artefact's file as it was loaded, hexadecimal."""
        ffi, lib = shared_library()
        text = ffi.new("char[]", lib.GWPARAM_SHA256_BYTES)
        self._call(lib.gwparam_scheme_sha256, text, len(text))
        return bytes(ffi.string(text)).decode()

    def _contract_json(self) -> str:
        ffi, lib = shared_library()
        size = ffi.new("int64_t *")
        self._call(lib.gwparam_scheme_contract, ffi.NULL, 0, size)
        text = ffi.new("char[]", size[0])
        self._call(lib.gwparam_scheme_contract, text, size[0], size)
        return bytes(ffi.string(text)).decode()

    def _call(self, function: Any, *arguments: Any) -> None:
        if self._handle is None:
            raise ArgumentError("the scheme was freed")
        try:
            status = function(self._handle, *arguments)
        except OverflowError as error:  # of an int that is none of C
            raise ArgumentError(str(error)) from None
        check(status)

    def _call_with_native(self, function: Any) -> None:
        try:
            self._call(function)
        except GwparamError:
            if self._native is not None and self._native.raised is not None:
                raised, self._native.raised = self._native.raised, None
                raise raised from None
            raise


def _optional_text(text: str | None) -> Any:
    return shared_library()[0].NULL if text is None else text.encode()


def _refuse_masked(name: str, array: ArrayLike) -> None:
    """Raise where a value is masked: what lies under the mask is no value."""
    if np.ma.is_masked(array):
        first = np.argwhere(np.ma.getmaskarray(np.ma.asanyarray(array)))[0]
        place = ", ".join(str(i + 1) for i in first)
        raise NonFiniteError(
            f"{name} is masked at ({place}), counted from 1, expected a value there"
        )


def _describe(name: str, array: Array) -> Any:
    """Describe a numpy array to the library: where it is and how it lies."""
    ffi, lib = shared_library()
    if not isinstance(array, np.ndarray) or array.dtype not in DTYPES:
        kind = getattr(array, "dtype", type(array).__name__)
        raise ShapeError(f"{name} has dtype {kind}, expected float32 or float64")
    _refuse_masked(name, array)
    if not 1 <= array.ndim <= lib.GWPARAM_MAX_RANK:
        raise ShapeError(
            f"{name} has rank {array.ndim}, expected 1 to {lib.GWPARAM_MAX_RANK}"
        )
    # A call of few columns takes microseconds, of which `ctypes` would be many.
    if array.flags.c_contiguous:
        data = ffi.from_buffer(array)
    elif array.flags.f_contiguous:
        data = ffi.from_buffer(array.T)
    else:
        if any(stride % array.itemsize for stride in array.strides):
            raise ShapeError(
                f"{name} has strides {array.strides} bytes, "
                f"expected multiples of {array.itemsize}"
            )
        data = ffi.cast("void *", array.ctypes.data)
    dtype = getattr(lib, DTYPES[array.dtype])
    strides = [stride // array.itemsize for stride in array.strides]
    return ffi.new("gwparam_array *", (data, dtype, array.ndim, array.shape, strides))
