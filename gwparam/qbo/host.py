"""The Fortran host of the testbed (``examples/qbo``), in process."""

import threading
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import TracebackType
from typing import Any, Self

import cffi
import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError, ModelFileError, ShapeError, error_class
from gwparam.qbo.column import Column
from gwparam.qbo.testbed import LARGEST_WIND, SOURCE_DENSITY

Array = NDArray[np.float64]
IntArray = NDArray[np.int32]

_DECLARATIONS = """
typedef struct {
    int columns, levels, lowest, leaps, has_own_waves;
    double semiannual, step, wind_limit;
    double slowest, fastest, spacing, wavenumber, source_density;
    const double *height, *pressure, *temperature, *wind, *upwelling, *diffusivity,
                 *relaxation, *half_pressure;
} gwparam_qbo_setup;
int gwparam_qbo_open(const gwparam_qbo_setup *setup, const char *drives,
                     const char *native, void **host, char *message);
int gwparam_qbo_run(void *host, int days, int steps, const double *flux,
                    const double *width, double *wind, int *done, int *stopped,
                    char *message);
int gwparam_qbo_needs(void *host, const char *name);
void gwparam_qbo_close(void *host);
"""
_MESSAGE = 1024
_NAMELIST = 8192
_PROFILES = (
    *("height", "pressure", "temperature", "wind", "upwelling", "diffusivity"),
    *("relaxation", "half_pressure"),
)
# The waves of the Fortran host are those of the process.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Spectrum:
    """Waves of both signs: the native scheme of the testbed.

    Attributes
    ----------
    slowest, fastest, spacing : float
        Phase speeds of one sign [m s-1].
    wavenumber : float
        Waves around the equator.
    source_density : float
        What a flux in Pa is divided by [kg m-3].
    """

    slowest: float = 10.0
    fastest: float = 100.0
    spacing: float = 10.0
    wavenumber: float = 2.0
    source_density: float = SOURCE_DENSITY


@dataclass(frozen=True)
class Span:
    """Some days of a run.

    Attributes
    ----------
    wind : ndarray, shape (days, member, nlev)
        At the end of each day [m s-1], bottom first.
    stopped : ndarray, shape (member,)
        Step of time, from 1, that led beyond the limit of the wind; 0: none did.
    status, failure : int, str
        Why there are fewer days than were wanted; 0 and empty if there are not.
    """

    wind: Array
    stopped: IntArray
    status: int = 0
    failure: str = ""


_CONTROL = Spectrum()


class Host:
    """Some columns that step together; a context manager.

    Parameters
    ----------
    column : Column
        What all of them have in common.
    members : int
        How many there are.
    drives : str
        Namelist group ``gwparam_nml``.
    native : str
        Namelist group ``ad99_nml``: components of ``ad99``, the settings of Alexander
        and Dunkerton's scheme where `column` has not its own waves.
    waves : Spectrum
        The native scheme, where `column` has it.

    Raises
    ------
    ModelFileError
        If the package was built without Fortran.
    GwparamError
        Of the class that belongs to the status of the coupling: the network asks for
        more than a column has, has other levels, or cannot be loaded.
    """

    def __init__(
        self,
        column: Column,
        members: int,
        drives: str,
        native: str = "&ad99_nml /",
        waves: Spectrum = _CONTROL,
    ) -> None:
        ffi, self._library = _library()
        self._column, self._members = column, members
        setup = ffi.new("gwparam_qbo_setup *")
        kept = []
        for name in _PROFILES:
            values = getattr(column, name)
            if values is not None:
                kept.append(np.ascontiguousarray(values, np.float64))
                setattr(setup, name, ffi.from_buffer("double[]", kept[-1]))
        setup.columns, setup.levels = members, len(column.height)
        setup.lowest = column.lowest + 1
        setup.leaps, setup.has_own_waves = column.leaps, column.has_own_waves
        setup.semiannual, setup.step = column.semiannual, column.step
        setup.wind_limit = LARGEST_WIND
        for name, value in vars(waves).items():
            setattr(setup, name, value)
        host, message = ffi.new("void **"), ffi.new("char[]", _MESSAGE)
        groups = [_padded(text, _NAMELIST) for text in (drives, native)]
        status = self._library.gwparam_qbo_open(setup, *groups, host, message)
        self._host = host[0]
        if status:
            raise error_class(status)(ffi.string(message).decode(errors="replace"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def needs(self, name: str) -> bool:
        """Whether the network has an input, by its name in the contract."""
        padded = _padded(name, _MESSAGE)
        return bool(self._library.gwparam_qbo_needs(self._host, padded))

    def run(self, source_flux: Array, spectral_width: Array) -> Span:
        """Run on, for as many days as there are sources.

        Parameters
        ----------
        source_flux, spectral_width : ndarray, shape (days, member)
            F_s [Pa] and c_w [m s-1].

        Returns
        -------
        Span
            The wind; up to the day in which the drag could not be had.

        Raises
        ------
        ShapeError
            If a source is not one of each member.
        """
        ffi, _ = _library()
        sources = [
            np.ascontiguousarray(values, np.float64)
            for values in (source_flux, spectral_width)
        ]
        days = len(sources[0])
        for values in sources:
            if values.shape != (days, self._members):
                raise ShapeError(
                    f"a source has shape {values.shape}, expected "
                    f"{(days, self._members)}"
                )
        wind = np.empty((days, len(self._column.height), self._members))
        stopped = np.zeros(self._members, np.int32)
        done, message = ffi.new("int *"), ffi.new("char[]", _MESSAGE)
        with _ONE_AT_A_TIME:
            status = self._library.gwparam_qbo_run(
                self._host,
                days,
                self._column.steps_a_day,
                *(ffi.from_buffer("double[]", values) for values in sources),
                ffi.from_buffer("double[]", wind),
                done,
                ffi.from_buffer("int[]", stopped),
                message,
            )
        text = ffi.string(message).decode(errors="replace") if status else ""
        return Span(wind[: done[0]].transpose(0, 2, 1), stopped, status, text)

    def close(self) -> None:
        """Give all back; idempotent."""
        ffi, _ = _library()
        if self._host != ffi.NULL:
            self._library.gwparam_qbo_close(self._host)
            self._host = ffi.NULL


def _padded(text: str, length: int) -> Any:
    """Make a text of C that has so many bytes."""
    given = text.encode()
    if len(given) >= length:
        raise ArgumentError(
            f"{text[:60]}... has {len(given)} bytes, expected less than {length}"
        )
    ffi, _ = _library()
    return ffi.new("char[]", given.ljust(length, b"\0"))


@cache
def _library() -> tuple[Any, Any]:
    """Load the host once."""
    path = resources.files("gwparam") / "lib" / "libgwparam_qbo.so"
    ffi = cffi.FFI()
    ffi.cdef(_DECLARATIONS)
    try:
        return ffi, ffi.dlopen(str(path))
    except OSError as error:
        raise ModelFileError(
            f"cannot load {path}, expected a package built with Fortran: {error}"
        ) from error
