"""A network's graph, followed with numbers of elements in place of numbers."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.export.graph_signature import InputKind, OutputKind

from gwparam.export.lowering.builder import Builder, Ids, Weights
from gwparam.export.lowering.functions import FUNCTIONS, MATRICES, LoweringError
from gwparam.export.torch_export import exporting, reason

_MOVES: Mapping[str, Sequence[int]] = {
    **dict.fromkeys(
        (
            "_to_copy",
            "_unsafe_view",
            "alias",
            "as_strided",
            "cat",
            "chunk",
            "clone",
            "constant_pad_nd",
            "detach",
            "diagonal",
            "expand",
            "flip",
            "gather",
            "index",
            "index_select",
            "permute",
            "repeat",
            "roll",
            "select",
            "slice",
            "split",
            "split_with_sizes",
            "squeeze",
            "stack",
            "t",
            "transpose",
            "unbind",
            "unfold",
            "unsqueeze",
            "view",
        ),
        (0,),
    ),
    **dict.fromkeys(("copy", "select_scatter", "slice_scatter"), (0, 1)),
    "scatter": (0, 3),
    "index_put": (0, 2),
    "where": (1, 2),
}
"""Functions of torch that only move numbers, and which arguments hold them."""
_CONSTANTS = frozenset(("full_like", "zeros_like", "ones_like", "new_zeros"))
"""Functions of torch that give constants of a shape."""
_COUNTING = frozenset(("add", "sum", "cumsum"))
"""Functions of torch that give true for true and true, where numbers give 2."""
_OPERANDS = frozenset(("self", "other", "exponent", "min", "max", "value"))
"""Scalar arguments of torch's functions that may as well be tensors."""
_DECOMPOSED = (
    torch.ops.aten._native_batch_norm_legit_no_training,
    torch.ops.aten._native_batch_norm_legit,
    torch.ops.aten.native_layer_norm,
    torch.ops.aten.native_group_norm,
    torch.ops.aten.linalg_vector_norm,
)
"""Functions that torch keeps whole, beyond its default decompositions."""


@dataclass(frozen=True)
class Elements:
    """A tensor that depends on the inputs: the numbers of its elements."""

    ids: Tensor


def trace(
    builder: Builder, network: nn.Module, inputs: Sequence[Ids]
) -> tuple[Ids, ...]:
    """Follow a network, for one column.

    Parameters
    ----------
    builder : Builder
        It gets the steps.
    network : Module
        In float64 and eval mode.
    inputs : sequence of ndarray, shape (nlev,) or ()
        Elements.

    Returns
    -------
    tuple of ndarray
        Elements of the outputs, in one column.

    Raises
    ------
    LoweringError
        If the graph has a function that the set lacks, or there is no graph.
    """
    columns = [torch.ones(1, *ids.shape, dtype=torch.float64) for ids in inputs]
    try:
        with exporting():
            exported = torch.export.export(network, tuple(columns), strict=False)
            table: Any = torch.export.default_decompositions()
            table.update(torch._decomp.get_decompositions(_DECOMPOSED))
            exported = exported.run_decompositions(table)
    except Exception as error:  # torch raises what it likes
        raise LoweringError(f"torch.export: {reason(error)}") from None
    known = dict(exported.state_dict) | dict(exported.constants)
    given = iter(inputs)
    values: dict[str, Any] = {}
    for spec in exported.graph_signature.input_specs:
        if spec.kind is InputKind.USER_INPUT:
            ids = torch.from_numpy(next(given).copy()).unsqueeze(0)
            values[spec.arg.name] = Elements(ids)
        elif isinstance(known.get(spec.target or ""), Tensor):
            values[spec.arg.name] = known[spec.target or ""].detach()
        else:
            raise LoweringError(f"an input of the kind {spec.kind.name}")
    for made in exported.graph_signature.output_specs:
        if made.kind is not OutputKind.USER_OUTPUT:
            raise LoweringError(f"it changes {made.target}")
    return _Follower(builder, values).follow(exported.graph)


class _Follower:
    """Goes through a graph; what depends on no input, torch computes."""

    def __init__(self, builder: Builder, values: dict[str, Any]) -> None:
        self.builder = builder
        self.values = values

    def follow(self, graph: fx.Graph) -> tuple[Ids, ...]:
        for node in graph.nodes:
            if node.op == "call_function":
                self.values[node.name] = self._plain(self._call(node), node)
            elif node.op == "output":
                outputs: Any = fx.map_arg(node.args[0], self._value)
                return tuple(map(self._column, outputs))
            elif node.op != "placeholder":
                raise LoweringError(f"a node of the kind {node.op}")
        raise LoweringError("a graph without outputs")

    def _column(self, value: Any) -> Ids:
        """Elements of an output in the one column."""
        ids = self._ids(value)
        if not ids.ndim or len(ids) != 1:
            raise LoweringError("an output has no axis of columns")
        column: Ids = ids[0]
        return column

    def _value(self, node: fx.Node) -> Any:
        return self.values[node.name]

    def _call(self, node: fx.Node) -> Any:
        args: Any = fx.map_arg(node.args, self._value)
        named: Any = fx.map_arg(node.kwargs, self._value)
        if node.target is operator.getitem:
            if args[0][args[1]] is None and node.users:
                raise LoweringError("it uses indices of a running maximum or minimum")
            return args[0][args[1]]
        target = node.target
        if not isinstance(target, torch._ops.OpOverload):
            raise LoweringError(f"it uses {getattr(target, '__name__', target)}")
        if not _depends((args, named)):
            return target(*args, **named)
        name = target.overloadpacket.__name__
        if name.startswith("_assert"):
            return None
        if name in _CONSTANTS:
            args = (torch.zeros(args[0].ids.shape, dtype=torch.float64), *args[1:])
            return target(*args, **named)
        if name == "copy" and isinstance(args[1], Elements):
            # Into a tensor that may be of another type.
            args = (args[0], self._converted(args[1], node.meta["val"].dtype))
        if self._moves(name, args):
            return self._moved(target, name, args, named)
        return self._computed(target, name, args, named, node)

    def _moves(self, name: str, args: tuple[Any, ...]) -> bool:
        if name not in _MOVES:
            return False
        data = _MOVES[name]
        return not _depends([a for i, a in enumerate(args) if i not in data])

    def _moved(
        self,
        target: Any,
        name: str,
        args: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Any:
        """Move the numbers of the elements as torch moves the elements."""
        if name == "_to_copy":
            return self._converted(args[0], named.get("dtype"))
        if name == "index_put" and (named.get("accumulate") or args[3:] == (True,)):
            raise LoweringError(f"it uses {target} with accumulate")
        data = _MOVES[name]
        moved = [
            self._numbered(arg) if i in data else arg for i, arg in enumerate(args)
        ]
        if name == "constant_pad_nd":
            value = args[2] if len(args) > 2 else named.pop("value", 0.0)
            moved = [*moved[:2], int(self.builder.constant(value))]
        result = target(*moved, **named)
        if isinstance(result, Tensor):
            return Elements(result)
        return [Elements(part) for part in result]

    def _numbered(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._numbered(part) for part in value]
        return torch.from_numpy(self._ids(value).copy())

    def _converted(self, value: Elements, dtype: torch.dtype | None) -> Elements:
        """Convert numbers; those of floating point keep the precision."""
        ids = value.ids.numpy()
        if dtype is torch.bool:
            zero = self.builder.constant(0.0)
            ids = self.builder.elementwise("ne", ids, zero)
        elif dtype is not None and not dtype.is_floating_point:
            if dtype is not torch.int64:  # the others begin anew beyond their bounds
                raise LoweringError(f"it uses whole numbers of {_name(dtype)}")
            ids = self.builder.elementwise("trunc", ids)
        return Elements(torch.from_numpy(ids))

    def _computed(
        self,
        target: Any,
        name: str,
        args: tuple[Any, ...],
        named: dict[str, Any],
        node: fx.Node,
    ) -> Any:
        function = FUNCTIONS.get(f"aten.{name}")
        result = node.meta["val"]
        if function is None or str(target.namespace) != "aten":
            raise LoweringError(f"it uses {target.namespace}.{name}")
        if name.startswith("bitwise") and result.dtype is not torch.bool:
            raise LoweringError(f"it uses aten.{name} of integers")
        if name in _COUNTING and result.dtype is torch.bool:
            raise LoweringError(f"it uses aten.{name} of truth values")
        schema = {argument.name: argument for argument in target._schema.arguments}
        given = dict(zip(schema, args, strict=False)) | named
        matrices = f"aten.{name}" in MATRICES
        given = {
            key: _numbers(value)
            if matrices and isinstance(value, Tensor)
            else self._argument(key, value)
            for key, value in given.items()
        }
        positional = [given[key] for key, _ in zip(schema, args, strict=False)]
        keywords = {key: given[key] for key in named}
        ids = function(self.builder, *positional, **keywords)
        return tuple(map(_elements, ids)) if isinstance(ids, tuple) else _elements(ids)

    def _argument(self, key: str, value: Any) -> Any:
        scalar = isinstance(value, int | float) and key in _OPERANDS
        if isinstance(value, Elements | Tensor) or scalar:
            return self._ids(value)
        return value

    def _ids(self, value: Any) -> Ids:
        if isinstance(value, Elements):
            return value.ids.numpy()
        return self.builder.constant(_numbers(value))

    def _plain(self, value: Any, node: fx.Node) -> Any:
        """Make a tensor of constants alone a tensor again."""
        if not isinstance(value, Elements) or (value.ids >= 0).any():
            return value
        numbers = torch.from_numpy(self.builder.values(value.ids.numpy()))
        return numbers.to(node.meta["val"].dtype)


def _numbers(value: Tensor | float) -> Weights:
    return torch.as_tensor(value, dtype=torch.float64).numpy()


def _elements(ids: Ids | None) -> Elements | None:
    if ids is None:
        return None
    return Elements(torch.from_numpy(np.ascontiguousarray(ids)))


def _depends(value: Any) -> bool:
    """Tell whether something depends on the inputs."""
    if isinstance(value, list | tuple):
        return any(map(_depends, value))
    if isinstance(value, dict):
        return any(map(_depends, value.values()))
    return isinstance(value, Elements)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
