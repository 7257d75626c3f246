"""Elements, and the steps that compute them, before they are numbered for good."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from gwparam.export.lowering.program import RUNNING
from gwparam.export.lowering.reference import evaluate

Ids = NDArray[np.int64]
"""Numbers of elements; -1, -2, ... are constants."""
Weights = NDArray[np.float64]

_COMMUTATIVE = frozenset(("add", "mul", "min", "max", "eq", "ne", "and", "or"))


@dataclass
class Layer:
    """Weights of a dense layer, shape (outputs, inputs), and bias, (outputs,)."""

    weight: Weights
    bias: Weights
    relu: bool = False


@dataclass
class Function:
    """A layer, what becomes of its results, and the sum of those.

    Attributes
    ----------
    layer : Layer
        Not rectified.
    activation : str
        As in the program.
    sum : ndarray, shape (units,)
        Factors.
    shift : float
        Added to the sum.
    """

    layer: Layer
    activation: str
    sum: Weights
    shift: float


@dataclass
class Step:
    """One operation on elements.

    Attributes
    ----------
    op : str
        Of the set of ``program.py``, or ``affine``: first times second plus third
        argument, of which the last two are constants.
    args : list of ndarray
        Elements, shape (n,); of a dense layer (inputs, rows), of operations along
        vectors (length, count), of the index of a pick (count,).
    out : ndarray
        Elements that it makes; of a dense layer (outputs, rows), of running operations
        (length, count), else one axis.
    layer : Layer or None
        Of a dense layer.
    function : Function or None
        Of a function of few numbers, whose argument is (inputs, rows).
    """

    op: str
    args: list[Ids]
    out: Ids
    layer: Layer | None = None
    function: Function | None = None


@dataclass
class Builder:
    """Collects steps; what was computed before is not computed again.

    Constants are in float64 until the end.
    """

    constants: list[float] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    count: int = 0
    _interned: dict[bytes, int] = field(default_factory=dict)
    _made: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    _recipes: dict[int, tuple[str | int, ...]] = field(default_factory=dict)
    _affine: dict[int, tuple[int, float, float]] = field(default_factory=dict)
    _along: dict[tuple[bytes | str, ...], Ids] = field(default_factory=dict)

    def new(self, *shape: int) -> Ids:
        """Take numbers for new elements."""
        size = int(np.prod(shape))
        self.count += size
        return np.arange(self.count - size, self.count).reshape(shape)

    def constant(self, values: float | NDArray[np.float64]) -> Ids:
        """Give constants, equal ones the same number."""
        array = np.asarray(values, np.float64)
        distinct, inverse = np.unique(array.view(np.int64), return_inverse=True)
        ids = np.array([self._intern(v) for v in distinct.view(np.float64)], np.int64)
        return np.asarray(ids[inverse]).reshape(array.shape)

    def _intern(self, value: float) -> int:
        key = np.float64(value).tobytes()
        if key not in self._interned:
            self.constants.append(float(value))
            self._interned[key] = -len(self.constants)
        return self._interned[key]

    def values(self, ids: Ids) -> NDArray[np.float64]:
        """Values of constants."""
        return np.array(self.constants, np.float64)[-1 - ids]

    def value(self, ident: int) -> float | None:
        """Value of a constant; None for an element."""
        return self.constants[-1 - ident] if ident < 0 else None

    def elementwise(self, op: str, *args: Ids) -> Ids:
        """Compute a function of single elements; arguments are broadcast."""
        shaped = np.broadcast_arrays(*args)
        flat = np.stack([part.reshape(-1) for part in shaped])
        # The order of the argument with the most elements: no gather there.
        order = sorted(range(len(flat)), key=lambda i: -_elements_in(flat[i]))
        distinct, inverse = np.unique(flat[order], axis=1, return_inverse=True)
        inverse = inverse.reshape(-1)
        # Constants by their values, since levels often have rising ones.
        sorting = np.lexsort([self._sorting_key(ids) for ids in distinct[::-1]])
        distinct, inverse = distinct[:, sorting], np.argsort(sorting)[inverse]
        back = np.argsort(order)
        new: dict[str, list[tuple[tuple[str | int, ...], int]]] = {}
        results = [
            self._element(op, tuple(int(v) for v in column), new)
            for column in distinct[back].T
        ]
        for kind, made in new.items():
            columns = np.array([key[1:] for key, _ in made], np.int64).T
            out = np.array([ident for _, ident in made], np.int64)
            self.steps.append(Step(kind, list(columns), out))
        ids = np.array(results, np.int64)[inverse]
        return ids.reshape(shaped[0].shape)

    def _sorting_key(self, ids: Ids) -> Weights:
        constant = ids < 0
        key = ids.astype(np.float64)
        key[constant] = self.values(ids[constant])
        return key

    def _element(
        self,
        op: str,
        args: tuple[int, ...],
        new: dict[str, list[tuple[tuple[str | int, ...], int]]],
    ) -> int:
        """Give the number of one element, which may be there already."""
        constants = [self.value(ident) for ident in args]
        known = [value for value in constants if value is not None]
        if len(known) == len(args):
            return self._intern(evaluate(op, *known))

        def make(op: str, *args: int) -> int:
            if op in _COMMUTATIVE:
                args = tuple(sorted(args, reverse=True))
            key: tuple[str | int, ...] = (op, *args)
            if key not in self._made:
                self._made[key] = self.count
                self._recipes[self.count] = key
                new.setdefault(op, []).append((key, self.count))
                self.count += 1
            return self._made[key]

        def affine(base: int, scale: float, shift: float) -> int:
            if scale == 0.0:
                return self._intern(shift)
            if scale == 1.0 and shift == 0.0:
                return base
            made = make("affine", base, self._intern(scale), self._intern(shift))
            if scale not in (1.0, -1.0) or shift == 0.0:
                self._affine[made] = (base, scale, shift)
            return made

        x = args[0]
        linear = op in ("add", "sub", "mul", "div", "neg")
        if linear and all(map(math.isfinite, known)):
            if constants[0] is not None and op in ("add", "mul"):
                constants.reverse()
                x = args[1]
            base, scale, shift = self.affine_of(x)
            c = constants[1] if len(args) == 2 else -1.0
            if c is not None and op in ("mul", "neg"):
                return affine(base, scale * c, shift * c)
            if c is not None and op == "div" and c != 0.0:
                return affine(base, scale / c, shift / c)
            if c is not None and op in ("add", "sub"):
                c = c if op == "add" else -c
                # First shifted, then scaled: together they would cancel digits.
                return affine(base, scale, shift + c)
            if constants[0] is not None and op == "sub":
                base, scale, shift = self.affine_of(args[1])
                return affine(base, -scale, constants[0] - shift)
        if op in ("add", "sub", "div") and not known:
            # Two multiples of one number: their quotient is that of the factors where
            # it is neither 0 nor infinite.
            (base, scale, shift), other = self.affine_of(x), self.affine_of(args[1])
            if base == other[0] and x != args[1]:
                if op == "div" and shift == other[2] == 0.0:
                    return self._intern(scale / other[1])
                if op != "div":
                    sign = 1.0 if op == "add" else -1.0
                    return affine(
                        base, scale + sign * other[1], shift + sign * other[2]
                    )
        if op == "div" and constants[0] == 1.0:
            return make("reciprocal", args[1])
        if op == "mul":
            return self._product(x, args[1], make)
        if op == "select":
            if constants[0] is not None:
                return args[1] if constants[0] != 0.0 else args[2]
            return self._selected(x, args[1], args[2], make)
        return make(op, *args)

    def affine_of(self, ident: int) -> tuple[int, float, float]:
        """Element that this one is a multiple of, with factor and what is added."""
        return self._affine.get(ident, (ident, 1.0, 0.0))

    def _product(self, x: int, y: int, make: Callable[..., int]) -> int:
        """Multiply; the sign times the cube root of the size is the cube root."""
        for sign, root in ((x, y), (y, x)):
            kind, *parts = self._recipes.get(root, ("",))
            if kind != "pow" or self.value(int(parts[1])) != 1.0 / 3.0:
                continue
            size = self._recipes.get(int(parts[0]), ("",))
            zero = self._intern(0.0)
            if size[0] == "abs" and self._recipes.get(sign) == (
                "sub",
                self._made.get(("gt", size[1], zero)),
                self._made.get(("lt", size[1], zero)),
            ):
                return make("cbrt", int(size[1]))
        return make("mul", x, y)

    def _selected(self, cond: int, a: int, b: int, make: Callable[..., int]) -> int:
        """Choose; what is positive, else a part of it, is the larger of both."""
        if a == b:
            return a
        zero = self._intern(0.0)
        base, scale, shift = self.affine_of(b)
        positive = self._recipes.get(cond) == ("gt", a, zero)
        if positive and base == a and 0.0 < scale < 1.0 and shift == 0.0:
            return make("max", a, b)
        return make("select", cond, a, b)

    def along(self, op: str, values: Ids) -> Ids:
        """Compute a running maximum, minimum or sum, or the sum, along the first axis.

        Parameters
        ----------
        op : str
            As in the program.
        values : ndarray, shape (length, count)
            Elements.
        """
        if values.shape[0] == 1:
            return values if op in RUNNING else values[0]
        distinct, inverse = np.unique(values, axis=1, return_inverse=True)
        inverse = inverse.reshape(-1)
        key = (op, distinct.tobytes())
        if key not in self._along:
            length, count = distinct.shape
            out = self.new(length, count) if op in RUNNING else self.new(count)
            self.steps.append(Step(op, [distinct], out))
            self._along[key] = out
        return self._along[key][..., inverse]

    def pick(self, index: Ids, values: Ids) -> Ids:
        """Element of every column of `values` at an index, shape (count,)."""
        columns = np.concatenate((index[None], values))
        distinct, inverse = np.unique(columns, axis=1, return_inverse=True)
        inverse = inverse.reshape(-1)
        key = ("pick", distinct.tobytes())
        if key not in self._along:
            out = self.new(distinct.shape[1])
            self.steps.append(Step("pick", [distinct[0], distinct[1:]], out))
            self._along[key] = out
        return self._along[key][inverse]

    def dense(self, x: Ids, weight: Weights, bias: Weights) -> Ids:
        """Compute a dense layer.

        Parameters
        ----------
        x : ndarray, shape (inputs, rows)
            Elements.
        weight, bias : ndarray, shape (outputs, inputs) and (outputs,)
            In float64.

        Returns
        -------
        ndarray, shape (outputs, rows)
            Elements.
        """
        distinct, inverse = np.unique(x, axis=1, return_inverse=True)
        inverse = inverse.reshape(-1)
        if len(distinct.T) == len(x.T):
            # In the order of the input with the most elements: no gather there.
            order = np.argsort(max(x, key=_elements_in), kind="stable")
            distinct, inverse = x[:, order], np.argsort(order)
        weight, bias = weight.copy(), bias.copy()
        inputs, kept = [], []
        for k, row in enumerate(distinct):
            if (row == row[0]).all() and row[0] < 0:
                constant = self.values(row[:1])[0]
                if constant != 0.0:
                    bias += weight[:, k] * constant
                continue
            kept.append(k)
            forms = [self.affine_of(int(ident)) for ident in row]
            _, scale, shift = forms[0]
            if all(form[1:] == (scale, shift) for form in forms):
                bias += weight[:, k] * shift
                weight[:, k] *= scale
                row = np.array([form[0] for form in forms], np.int64)
            inputs.append(row)
        weight = weight[:, kept]
        live = weight.any(axis=1)
        out = np.empty((len(weight), distinct.shape[1]), np.int64)
        out[~live] = self.constant(bias[~live])[:, None]
        if live.any():
            elements = np.stack(inputs)
            parts = (elements, weight[live], bias[live])
            key: tuple[bytes | str, ...]
            key = ("dense", *(sha256(part.tobytes()).digest() for part in parts))
            if key not in self._along:
                made = self.new(int(live.sum()), distinct.shape[1])
                layer = Layer(weight[live], bias[live])
                self.steps.append(Step("dense", [elements], made, layer))
                self._along[key] = made
            out[live] = self._along[key]
        return out[:, inverse]


def _elements_in(ids: Ids) -> int:
    return int(np.unique(ids[ids >= 0]).size)
