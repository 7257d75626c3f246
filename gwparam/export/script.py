"""A network as TorchScript, whatever else the process has scripted."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, _jit_internal, nn
from torch.jit import _recursive, _state
from torch.jit._trace import TracerWarning

from gwparam.errors import InferenceError


def script(network: nn.Module) -> torch.jit.ScriptModule:
    """Script a network among no other classes.

    torch keeps the classes of a process together, names those of one name by numbers,
    and takes over a class that fits but for being larger; so the names in an archive
    would say what else was scripted before. Functions of torch with overloads, such as
    interpolate, can be compiled once in a process: where somebody did, networks that
    have them get their names among all others.
    """
    try:
        return _script_alone(network)
    except Exception:  # or else it is an error here too
        return _compiled(network)


def _compiled(network: nn.Module) -> torch.jit.ScriptModule:
    scripted: torch.jit.ScriptModule = torch.jit.script(network)
    return scripted


def _script_alone(network: nn.Module) -> torch.jit.ScriptModule:
    with ExitStack() as stack:
        for module, name, anew in (
            (_state, "_python_cu", torch._C.CompilationUnit),
            (_state, "_jit_caching_layer", WeakKeyDictionary),  # of functions
            (_state, "_jit_function_overload_caching", WeakKeyDictionary),
            (_jit_internal, "_overloaded_fns", _jit_internal._overloaded_fns.copy),
            (_recursive, "concrete_type_store", _recursive.ConcreteTypeStore),
        ):
            stack.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, anew())
        return _compiled(network)


def trace(
    network: nn.Module, fields: Sequence[Tensor], why: Exception | None = None
) -> torch.jit.ScriptModule:
    """Follow a network that TorchScript cannot compile, through one call.

    The graph has what torch computed in that call, and nothing of what it looked at
    before: whether to warn, or whether a faster function would do.

    Parameters
    ----------
    network : Module
        What it does may not depend on the numbers that it gets.
    fields : sequence of Tensor
        Of a whole chunk.
    why : Exception, optional
        What TorchScript says.

    Raises
    ------
    InferenceError
        If it does depend on them or on how many columns there are, or fails; with both
        reasons.
    """
    try:
        with warnings.catch_warnings(), _plain_attention():
            warnings.simplefilter("error", TracerWarning)
            # They ask for shapes alone.
            warnings.filterwarnings("ignore", "", TracerWarning, r"torch\.nn\.")
            # mypy: torch leaves this function untyped.
            traced: torch.jit.ScriptModule = torch.jit.trace(  # type: ignore[no-untyped-call]
                network, tuple(fields), check_trace=False
            )
        half = [field[: len(field) // 2] for field in fields]
        with torch.inference_mode():
            pairs = zip(traced(*half), network(*half), strict=True)
            if not all(_is_near(a, b) for a, b in pairs):
                raise ValueError("half as many columns have other results")
    except Exception as error:  # of somebody's own code
        compiled = (
            f"TorchScript cannot compile or run the module: {_first_line(why)}; and "
        )
        raise InferenceError(
            f"{compiled if why else ''}one call does not stand for all: "
            f"{_first_line(error)}"
        ) from error
    return traced


def _is_near(found: Tensor, expected: Tensor) -> bool:
    """Whether two results are the same but for rounding of float32."""
    largest = float(expected.abs().max())
    return torch.allclose(found, expected, 0.0, 1e-5 * largest, equal_nan=True)


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Let attention be products and sums, not one function of torch's own."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _first_line(error: Exception | None) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")
