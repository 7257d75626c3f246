"""The compiled library, through its C ABI: to load a network, and what needs none."""

from os import PathLike, fspath

from gwparam.errors import wrong_setting
from gwparam.native_procedure import NativeDrag
from gwparam.scheme import DTYPES, GUARDS, Scheme
from gwparam.shared_library import check, choice, shared_library

_FAILURES = {"error": "GWPARAM_DEVICE_ERROR", "fallback": "GWPARAM_DEVICE_FALLBACK"}
_PRECISIONS = {
    "exported": "GWPARAM_PRECISION_EXPORTED",
    "tf32": "GWPARAM_PRECISION_TF32",
    "bfloat16": "GWPARAM_PRECISION_BFLOAT16",
}
MEMBERS = {
    "mean": "GWPARAM_MEMBERS_MEAN",
    "one": "GWPARAM_MEMBERS_ONE",
    "drawn": "GWPARAM_MEMBERS_DRAWN",
}
"""Which networks of an artefact with several run, as `load_scheme` takes it."""
_GRAPHS = {"auto": "GWPARAM_GRAPHS_AUTO", "off": "GWPARAM_GRAPHS_OFF"}


def load_scheme(
    path: str | PathLike[str],
    *,
    threads: int = 0,
    chunk_columns: int = 0,
    device: str = "auto",
    on_limit: str = "error",
    on_range: str = "count",
    on_unphysical: str = "error",
    range_sigmas: float = 10.0,
    taper_top: tuple[float, float] = (0.0, 0.0),
    taper_surface: tuple[float, float] = (0.0, 0.0),
    on_momentum: str = "ignore",
    momentum_limit: float = 0.0,
    native: NativeDrag | None = None,
    lag: int = 0,
    on_device_failure: str = "error",
    precision: str = "exported",
    graphs: str = "auto",
    trace: bool = False,
    artefact_sha256: str = "",
    members: str = "mean",
    member: int = 0,
    member_seed: int = 0,
) -> "Scheme":
    """Load an artefact into the compiled library, as a Fortran host would.

    Parameters
    ----------
    path : path-like
        File written by ``gwparam export``.
    threads : int
        Threads on a CPU; 0: 1. Each runs chunks by itself, and results have the same
        bits with any number; those of a global network share its pass, and its last
        bits change with their number.
    chunk_columns : int
        Columns of one forward pass, a multiple of 16; 0: 256.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    on_limit, on_range, on_unphysical : str
        What happens to columns whose output exceeds the contract's limits, with an
        input further than `range_sigmas` standard deviations from its training mean
        (and outside of what training saw at all, where that is known), or with one that
        no atmosphere has (a latitude beyond 90.001 degrees, a surface pressure below
        1000 Pa, a temperature below 50 K, or elsewhere on levels a fill value: -999,
        -9999, 1e15 and more):
        ``error``, ``zero``, ``native`` (the drag of `native`), ``keep`` (the output
        array stays as it was), ``clip`` (the nearest value that passes; of the first
        two alone), ``count`` or ``ignore``.
        `on_unphysical` comes first, when a field is put, then `on_range`; a column that
        one gives up is no matter of the next.
    range_sigmas : float
        See `on_range` [1].
    taper_top, taper_surface : tuple of float
        Tendencies fade, linearly in the logarithm of the pressure of the host's levels:
        towards the top from all at the second to nothing at the first, towards the
        surface from all at the first to nothing at the second [Pa]. Zeros: they do not.
    on_momentum, momentum_limit : str, float
        What happens to columns whose momentum grows by more than so much: the sum of
        a tendency times the mass of its layer [Pa].
    native : callable, optional
        See `Scheme.set_native`; needed where a policy is ``native``.
    lag : int
        0: a flush gives its own result. 1: it gives that of the flush before, while a
        second thread computes its own; the first flush waits for its own.
    on_device_failure : str
        What becomes of a device that is absent, lost or out of memory: ``error``, or
        ``fallback``: the network goes on on the CPU, and `Scheme.statistics` says so.
    precision : str
        Arithmetic of the matrix products: ``exported`` (of the artefact's own type),
        ``tf32`` (CUDA alone) or ``bfloat16``, the latter two for networks of float32.
        The artefact's probe must still be reproduced: within the contract's
        ``reduced_tolerance`` where it has one.
    graphs : str
        ``auto``: on a CUDA device the forward passes are recorded and repeated, where
        that works; ``off``: they run operation by operation.
    trace : bool
        Whether runs make sums of columns, for `Scheme.trace`.
    artefact_sha256 : str
        The one file that may be loaded: its SHA-256 as ``sha256sum`` prints it; empty:
        any.
    members : str
        Of an artefact with several networks: their ``mean``, ``one`` of them, or one
        ``drawn`` for each run. One with a single network takes the first two, which are
        the same then, and refuses the last.
    member : int
        With ``one``: which, from 1.
    member_seed : int
        With ``drawn``: from 0. The same seed and number of the run draw the same
        member, whatever else is different.

    Returns
    -------
    Scheme
        Checked against its own probe and warmed up.

    Raises
    ------
    ArgumentError, ModelFileError, ContractError, DeviceError, InferenceError
        As ``gwparam_scheme_load`` says in gwparam.h.
    """
    ffi, lib = shared_library()
    options = ffi.new("gwparam_options *")
    check(lib.gwparam_options_init(options, ffi.sizeof("gwparam_options")))
    encoded = device.encode()
    if len(encoded) >= ffi.sizeof(options.device):
        raise wrong_setting("device", f'"{device}"', "auto, cpu, cuda or cuda:N")
    options.device = encoded
    options.on_limit = choice("on_limit", on_limit, GUARDS)
    options.on_range = choice("on_range", on_range, GUARDS)
    options.on_unphysical = choice("on_unphysical", on_unphysical, GUARDS)
    options.range_sigmas = range_sigmas
    options.taper_top[0], options.taper_top[1] = taper_top
    options.taper_surface[0], options.taper_surface[1] = taper_surface
    options.on_momentum = choice("on_momentum", on_momentum, GUARDS)
    options.momentum_limit = momentum_limit
    if native is None and "native" in (on_limit, on_range, on_unphysical, on_momentum):
        raise wrong_setting("native", None, "a function, as a guard falls back to it")
    options.on_device_failure = choice(
        "on_device_failure", on_device_failure, _FAILURES
    )
    options.precision = choice("precision", precision, _PRECISIONS)
    options.graphs = choice("graphs", graphs, _GRAPHS)
    options.trace = trace
    pin = artefact_sha256.encode()
    if len(pin) >= ffi.sizeof(options.artefact_sha256):
        expected = "64 hexadecimal digits in small letters"
        raise wrong_setting("artefact_sha256", f'"{artefact_sha256}"', expected)
    options.artefact_sha256 = pin
    options.members = choice("members", members, MEMBERS)
    types = dict(ffi.typeof("gwparam_options").fields)
    for name, value in (
        ("threads", threads),
        ("chunk_columns", chunk_columns),
        ("lag", lag),
        ("member", member),
        ("member_seed", member_seed),
    ):
        bits = 8 * ffi.sizeof(types[name].type)
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise wrong_setting(name, value, f"an integer of {bits} bits")
        setattr(options, name, value)
    handle = ffi.new("gwparam_scheme **")
    check(lib.gwparam_scheme_load(handle, fspath(path).encode(), options))
    scheme = Scheme(ffi.gc(handle[0], lib.gwparam_scheme_free))
    scheme.set_native(native)
    return scheme


def unit_conversion(given: str, wanted: str) -> tuple[float, float]:
    """How units convert, by the table that the library itself uses.

    Parameters
    ----------
    given, wanted : str
        Products such as ``m s-1``, ``hPa`` or ``degrees_north``.

    Returns
    -------
    tuple of float
        Scale and offset: ``value_in_wanted = scale * value_in_given + offset``.

    Raises
    ------
    ContractError
        If a unit is unknown, or the two are of different dimensions.
    """
    ffi, lib = shared_library()
    found = ffi.new("double[2]")
    check(
        lib.gwparam_units_conversion(given.encode(), wanted.encode(), found, found + 1)
    )
    return found[0], found[1]


def multiply_add(dtype: str, count: int) -> int:
    """Do nothing but fused multiply-adds, in this thread and as fast as can be.

    Parameters
    ----------
    dtype : str
        ``float32`` or ``float64``.
    count : int
        How many, at least.

    Returns
    -------
    int
        How many there were.
    """
    ffi, lib = shared_library()
    done, result = ffi.new("int64_t *"), ffi.new("double *")
    code = choice("dtype", dtype, {str(d): c for d, c in DTYPES.items()})
    check(lib.gwparam_multiply_add(code, count, done, result))
    return int(done[0])
