"""What torch's functions of computed tensors are in operations of the set.

Each takes the builder, the arguments of torch's function, with elements for computed
tensors and constants, and gives elements.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.export.lowering.builder import Builder, Ids

Shape = Sequence[int]


class LoweringError(Exception):
    """The closed set has no such operation; the message names it."""


def _same(op: str) -> Callable[..., Ids]:
    return lambda b, *args: b.elementwise(op, *args)


def _add(b: Builder, x: Ids, y: Ids, alpha: float = 1.0) -> Ids:
    return b.elementwise("add", x, b.elementwise("mul", y, b.constant(alpha)))


def _sub(b: Builder, x: Ids, y: Ids, alpha: float = 1.0) -> Ids:
    return b.elementwise("sub", x, b.elementwise("mul", y, b.constant(alpha)))


def _rsub(b: Builder, x: Ids, y: Ids, alpha: float = 1.0) -> Ids:
    return _sub(b, y, x, alpha)


def _div(b: Builder, x: Ids, y: Ids, rounding_mode: str | None = None) -> Ids:
    quotient = b.elementwise("div", x, y)
    if rounding_mode is None:
        return quotient
    whole = b.elementwise(rounding_mode, quotient)
    if rounding_mode == "trunc":
        return whole
    # A quotient just below a whole number may have been rounded up to it.
    rest = b.elementwise("fma", whole, b.elementwise("neg", y), x)
    zero = b.constant(0.0)
    above = b.elementwise("lt", b.elementwise("mul", rest, y), zero)
    return b.elementwise("sub", whole, above)


def _pow(b: Builder, x: Ids, exponent: Ids) -> Ids:
    if exponent.size != 1 or exponent.item() >= 0:
        return b.elementwise("pow", x, exponent)
    power = float(b.values(exponent).item())
    if power == 0.5:
        return b.elementwise("sqrt", x)
    if power != int(power) or not 1 <= abs(power) <= 4:
        return b.elementwise("pow", x, exponent)
    product = x
    for _ in range(int(abs(power)) - 1):
        product = b.elementwise("mul", product, x)
    return product if power > 0 else b.elementwise("reciprocal", product)


def _sign(b: Builder, x: Ids) -> Ids:
    zero = b.constant(0.0)
    above, below = b.elementwise("gt", x, zero), b.elementwise("lt", x, zero)
    return b.elementwise("sub", above, below)


def _not(b: Builder, x: Ids) -> Ids:
    return b.elementwise("eq", x, b.constant(0.0))


def _xor(b: Builder, x: Ids, y: Ids) -> Ids:
    return b.elementwise("ne", _not(b, x), _not(b, y))


def _rsqrt(b: Builder, x: Ids) -> Ids:
    return b.elementwise("reciprocal", b.elementwise("sqrt", x))


def _scaled(op: str, before: float = 1.0, after: float = 1.0) -> Callable[..., Ids]:
    """Give a function of a multiple, times a factor."""

    def scaled(b: Builder, x: Ids) -> Ids:
        inner = b.elementwise("mul", x, b.constant(before))
        return b.elementwise("mul", b.elementwise(op, inner), b.constant(after))

    return scaled


def _log1p(b: Builder, x: Ids) -> Ids:
    """Correct the logarithm by what 1 + x lost (Kahan)."""
    one = b.constant(1.0)
    whole = b.elementwise("add", x, one)
    kept = b.elementwise("sub", whole, one)
    log = b.elementwise("log", whole)
    corrected = b.elementwise("mul", log, b.elementwise("div", x, kept))
    nothing = b.elementwise("eq", kept, b.constant(0.0))
    small = b.elementwise("select", nothing, x, corrected)
    return b.elementwise("select", b.elementwise("lt", x, one), small, log)


def _expm1(b: Builder, x: Ids) -> Ids:
    """Correct the exponential minus 1 by what rounding lost (Kahan)."""
    one, half = b.constant(1.0), b.constant(0.5)
    power = b.elementwise("exp", x)
    less = b.elementwise("sub", power, one)
    corrected = b.elementwise(
        "mul", less, b.elementwise("div", x, b.elementwise("log", power))
    )
    near = b.elementwise("lt", b.elementwise("abs", x), half)
    same = b.elementwise("eq", power, one)
    result = b.elementwise("select", near, corrected, less)
    return b.elementwise("select", same, x, result)


def _ceil(b: Builder, x: Ids) -> Ids:
    down = b.elementwise("floor", b.elementwise("neg", x))
    return b.elementwise("neg", down)


def _remainder(b: Builder, x: Ids, y: Ids) -> Ids:
    """Remainder of the sign of a positive constant, by which is divided."""
    if (y >= 0).any() or (b.values(y) <= 0.0).any():
        raise LoweringError("it uses aten.remainder by what is no positive constant")
    whole = b.elementwise("floor", b.elementwise("div", x, y))
    negative = b.elementwise("neg", y)
    rest = b.elementwise("fma", whole, negative, x)
    below = b.elementwise("lt", rest, b.constant(0.0))
    return b.elementwise("select", below, b.elementwise("add", rest, y), rest)


def _clamp(
    b: Builder, x: Ids, least: Ids | None = None, most: Ids | None = None
) -> Ids:
    if least is not None:
        x = b.elementwise("max", x, least)
    return x if most is None else b.elementwise("min", x, most)


def _hardtanh(b: Builder, x: Ids, least: float = -1.0, most: float = 1.0) -> Ids:
    return _clamp(b, x, b.constant(least), b.constant(most))


def _leaky_relu(b: Builder, x: Ids, slope: float = 0.01) -> Ids:
    part = b.elementwise("mul", x, b.constant(slope))
    positive = b.elementwise("gt", x, b.constant(0.0))
    return b.elementwise("select", positive, x, part)


def _elu(b: Builder, x: Ids, a: float = 1.0, scale: float = 1.0, by: float = 1) -> Ids:
    below = _expm1(b, b.elementwise("mul", x, b.constant(by)))
    below = b.elementwise("mul", below, b.constant(a * scale))
    above = b.elementwise("mul", x, b.constant(scale))
    positive = b.elementwise("gt", x, b.constant(0.0))
    return b.elementwise("select", positive, above, below)


def _gelu(b: Builder, x: Ids, approximate: str = "none") -> Ids:
    if approximate == "tanh":
        cube = b.elementwise("mul", b.elementwise("mul", x, x), x)
        inner = b.elementwise("fma", cube, b.constant(0.044715), x)
        part = _scaled("tanh", math.sqrt(2.0 / math.pi))(b, inner)
    else:
        part = _scaled("erf", math.sqrt(0.5))(b, x)
    half = b.elementwise("mul", x, b.constant(0.5))
    return b.elementwise("mul", half, b.elementwise("add", part, b.constant(1.0)))


def _silu(b: Builder, x: Ids) -> Ids:
    return b.elementwise("mul", x, b.elementwise("sigmoid", x))


def _axes(x: Ids, dim: Any) -> tuple[int, ...]:
    if dim is None or dim == []:
        return tuple(range(x.ndim))
    dims = [dim] if isinstance(dim, int) else list(dim)
    return tuple(sorted(d % max(x.ndim, 1) for d in dims))


def _reduced(b: Builder, op: str, x: Ids, dim: Any, keepdim: bool) -> Ids:
    """Reduce over axes, the first of them first."""
    axes = _axes(x, dim)
    rest = [axis for axis in range(x.ndim) if axis not in axes]
    shape = [x.shape[axis] for axis in rest]
    length = math.prod(x.shape[axis] for axis in axes)
    along = x.transpose(*axes, *rest).reshape(length, -1)
    made = b.along(op, along)
    out = (made if op == "sum" else made[-1]).reshape(shape)
    return np.expand_dims(out, axes) if keepdim else out


def _check_real(name: str, dtype: Any) -> None:
    """Refuse what would be rounded to whole numbers before it is summed."""
    if dtype is not None and not dtype.is_floating_point:
        raise LoweringError(f"it uses aten.{name} as {dtype}")


def _sum(
    b: Builder, x: Ids, dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Ids:
    _check_real("sum", dtype)
    return _reduced(b, "sum", x, dim, keepdim)


def _mean(
    b: Builder, x: Ids, dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Ids:
    _check_real("mean", dtype)
    length = math.prod(x.shape[axis] for axis in _axes(x, dim))
    total = _reduced(b, "sum", x, dim, keepdim)
    return b.elementwise("mul", total, b.constant(1.0 / length))


def _var(
    b: Builder,
    x: Ids,
    dim: Any = None,
    correction: float | None = None,
    keepdim: bool = False,
) -> Ids:
    length = math.prod(x.shape[axis] for axis in _axes(x, dim))
    less = b.elementwise("sub", x, _mean(b, x, dim, keepdim=True))
    total = _reduced(b, "sum", b.elementwise("mul", less, less), dim, keepdim)
    freedom = length - (1.0 if correction is None else correction)
    return b.elementwise("mul", total, b.constant(1.0 / freedom))


def _var_mean(
    b: Builder,
    x: Ids,
    dim: Any = None,
    correction: float | None = None,
    keepdim: bool = False,
) -> tuple[Ids, Ids]:
    return _var(b, x, dim, correction, keepdim), _mean(b, x, dim, keepdim)


def _extreme(op: str) -> Callable[..., Ids]:
    def extreme(b: Builder, x: Ids, dim: Any = None, keepdim: bool = False) -> Ids:
        return _reduced(b, op, x, dim, keepdim)

    return extreme


def _running(op: str) -> Callable[..., Ids]:
    def running(b: Builder, x: Ids, dim: int, dtype: Any = None) -> Ids:
        _check_real(f"cum{op.removeprefix('running_')}", dtype)
        front = np.moveaxis(x, dim, 0)
        out = b.along(op, front.reshape(front.shape[0], -1))
        return np.moveaxis(out.reshape(front.shape), 0, dim)

    return running


def _running_extreme(op: str) -> Callable[..., tuple[Ids, None]]:
    """Give no indices: the set lacks them."""
    return lambda b, x, dim: (_running(op)(b, x, dim), None)


def _softmax(b: Builder, x: Ids, dim: int, half_to_float: bool = False) -> Ids:
    largest = _reduced(b, "running_max", x, dim, True)
    power = b.elementwise("exp", b.elementwise("sub", x, largest))
    return b.elementwise("div", power, _reduced(b, "sum", power, dim, True))


def _gather(b: Builder, x: Ids, dim: int, index: Ids, sparse_grad: bool = False) -> Ids:
    """Pick along one axis by a computed index."""
    where: list[Any] = list(np.indices(index.shape))
    del where[dim]
    lines = np.moveaxis(x, dim, 0)
    every: Any = (slice(None), *where)
    values = lines[every].reshape(x.shape[dim], -1)
    return b.pick(index.reshape(-1), values).reshape(index.shape)


Matrix = NDArray[Any]
"""Elements, or float64 numbers of a constant matrix."""


def _mm(b: Builder, x: Matrix, y: Matrix) -> Ids:
    """Multiply matrices, of which one is constant."""
    if y.dtype == np.float64:
        return b.dense(x.T, y.T, np.zeros(y.shape[1])).T
    if x.dtype == np.float64:
        return b.dense(y, x, np.zeros(len(x)))
    raise LoweringError("it uses aten.mm of two computed matrices")


def _addmm(
    b: Builder, bias: Matrix, x: Matrix, y: Matrix, beta: float = 1, alpha: float = 1
) -> Ids:
    known = bias.dtype == y.dtype == np.float64 and bias.ndim == 1
    if known and beta == alpha == 1:
        return b.dense(x.T, y.T, bias).T
    product = b.elementwise("mul", _mm(b, x, y), b.constant(alpha))
    added = b.constant(bias) if bias.dtype == np.float64 else bias
    return _add(b, product, added, beta)


def _bmm(b: Builder, x: Matrix, y: Matrix) -> Ids:
    return np.stack([_mm(b, *pair) for pair in zip(x, y, strict=True)])


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{
        f"aten.{name}": _same(op)
        for name, op in {
            "neg": "neg",
            "abs": "abs",
            "sqrt": "sqrt",
            "exp": "exp",
            "log": "log",
            "sin": "sin",
            "cos": "cos",
            "tanh": "tanh",
            "sigmoid": "sigmoid",
            "relu": "relu",
            "trunc": "trunc",
            "floor": "floor",
            "erf": "erf",
            "reciprocal": "reciprocal",
            "mul": "mul",
            "minimum": "min",
            "maximum": "max",
            "lt": "lt",
            "le": "le",
            "gt": "gt",
            "ge": "ge",
            "eq": "eq",
            "ne": "ne",
            "logical_and": "and",
            "bitwise_and": "and",
            "logical_or": "or",
            "bitwise_or": "or",
            "where": "select",
        }.items()
    },
    "aten.add": _add,
    "aten.sub": _sub,
    "aten.rsub": _rsub,
    "aten.div": _div,
    "aten.pow": _pow,
    "aten.sign": _sign,
    "aten.isnan": lambda b, x: b.elementwise("ne", x, x),
    "aten.logical_not": _not,
    "aten.bitwise_not": _not,
    "aten.logical_xor": _xor,
    "aten.bitwise_xor": _xor,
    "aten.rsqrt": _rsqrt,
    "aten.log1p": _log1p,
    "aten.expm1": _expm1,
    "aten.log2": _scaled("log", after=1.0 / math.log(2.0)),
    "aten.log10": _scaled("log", after=1.0 / math.log(10.0)),
    "aten.exp2": _scaled("exp", before=math.log(2.0)),
    "aten.ceil": _ceil,
    "aten.remainder": _remainder,
    "aten.clamp": _clamp,
    "aten.hardtanh": _hardtanh,
    "aten.leaky_relu": _leaky_relu,
    "aten.elu": _elu,
    "aten.gelu": _gelu,
    "aten.silu": _silu,
    "aten.sum": _sum,
    "aten.mean": _mean,
    "aten.var": _var,
    "aten.var_mean": _var_mean,
    "aten.amax": _extreme("running_max"),
    "aten.amin": _extreme("running_min"),
    "aten.cummax": _running_extreme("running_max"),
    "aten.cummin": _running_extreme("running_min"),
    "aten.cumsum": _running("running_sum"),
    "aten._softmax": _softmax,
    "aten.gather": _gather,
    "aten.mm": _mm,
    "aten.addmm": _addmm,
    "aten.bmm": _bmm,
}
"""By the name of torch's function, of whatever arguments."""
MATRICES = frozenset(("aten.mm", "aten.addmm", "aten.bmm"))
"""Functions that take constants as numbers, not as elements."""
