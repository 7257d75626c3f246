"""One exception per status of the C ABI."""

from collections.abc import Iterable
from enum import IntEnum


class Status(IntEnum):
    """What a call to the library returns; the numbers are those of gwparam.h."""

    OK = 0
    ERR_ARGUMENT = -1
    ERR_FILE = -2
    ERR_CONTRACT = -3
    ERR_SHAPE = -4
    ERR_DEVICE = -5
    ERR_INFERENCE = -6
    ERR_NONFINITE = -7
    ERR_RANGE = -8
    ERR_RANK = -9
    ERR_MEMORY = -10
    ERR_BUSY = -11
    ERR_FORKED = -12
    ERR_INTERNAL = -99


class GwparamError(Exception):
    """Base of every error that gwparam raises on purpose.

    Attributes
    ----------
    status : Status
        The code that the C ABI and the Fortran module give for the same failure.
    settings : tuple of str
        Names of the settings that the message is about, such as ``mask_ratio``. The
        message does not say how they are set; the command line adds its options.
    """

    status = Status.ERR_INTERNAL

    def __init__(self, *args: object, settings: tuple[str, ...] = ()) -> None:
        super().__init__(*args)
        self.settings = settings


class ArgumentError(GwparamError, ValueError):
    """An argument is missing or out of range, or calls came in the wrong order."""

    status = Status.ERR_ARGUMENT


def one_of(choices: Iterable[object]) -> str:
    """Write what may be chosen, as a sentence does: ``a, b or c``."""
    *most, last = map(str, choices)
    return f"{', '.join(most)} or {last}" if most else last


def wrong_setting(name: str, value: object, expected: str) -> ArgumentError:
    """Make the error of a setting that has another value than expected."""
    return ArgumentError(f"{name} is {value}, expected {expected}", settings=(name,))


class ModelFileError(GwparamError, OSError):
    """A file cannot be opened or read, or is not what it should be."""

    status = Status.ERR_FILE


class ContractError(GwparamError, ValueError):
    """A contract is absent or inconsistent, or asks what the host does not give."""

    status = Status.ERR_CONTRACT


class ShapeError(GwparamError, ValueError):
    """A shape, dtype or layout differs from the contract."""

    status = Status.ERR_SHAPE


class DeviceError(GwparamError, RuntimeError):
    """A device is absent, lost or out of its own memory."""

    status = Status.ERR_DEVICE


class InferenceError(GwparamError, RuntimeError):
    """The network raised an error, or does not keep a promise of its artefact."""

    status = Status.ERR_INFERENCE


class NonFiniteError(GwparamError, ArithmeticError):
    """An input or output holds NaN or Inf."""

    status = Status.ERR_NONFINITE


class RangeError(GwparamError, ArithmeticError):
    """An input is far outside the training range, or an output beyond its limits."""

    status = Status.ERR_RANGE


class RankError(GwparamError, RuntimeError):
    """Another MPI rank failed; its own status is in the message."""

    status = Status.ERR_RANK


class HostMemoryError(GwparamError, MemoryError):
    """The host is out of memory."""

    status = Status.ERR_MEMORY


class BusyError(GwparamError, RuntimeError):
    """The scheme is in use by another thread; nothing was changed."""

    status = Status.ERR_BUSY


class ForkedError(GwparamError, RuntimeError):
    """The process was forked after the load: load again in the child."""

    status = Status.ERR_FORKED


class InternalError(GwparamError, RuntimeError):
    """A bug in gwparam."""

    status = Status.ERR_INTERNAL


_CLASSES: dict[int, type[GwparamError]] = {
    cls.status: cls
    for cls in (
        ArgumentError,
        ModelFileError,
        ContractError,
        ShapeError,
        DeviceError,
        InferenceError,
        NonFiniteError,
        RangeError,
        RankError,
        HostMemoryError,
        BusyError,
        ForkedError,
        InternalError,
    )
}


def error_class(code: int) -> type[GwparamError]:
    """Exception class of a failure.

    Parameters
    ----------
    code : int
        A negative status of the C ABI.

    Returns
    -------
    type
        The class; `InternalError` for a number that this version does not know.
    """
    return _CLASSES.get(code, InternalError)
