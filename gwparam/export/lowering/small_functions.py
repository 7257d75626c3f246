"""Functions of a few numbers inside a network, as one operation each."""

from dataclasses import replace

import numpy as np

from gwparam.export.lowering.builder import Builder, Function, Ids, Layer, Step
from gwparam.export.lowering.program import MAX_FUNCTION_INPUTS

_NONE = -1


def join_functions(builder: Builder, outputs: tuple[Ids, ...]) -> None:
    """Make one step of a layer, what becomes of its results, and their sum.

    The steps in between stay: nothing needs them any more.

    Parameters
    ----------
    builder : Builder
        Its steps, in an order in which each needs only those before.
    outputs : tuple of ndarray
        Elements that are wanted.
    """
    search = _Search(builder, outputs)
    builder.steps = [search.function_of(step) or step for step in builder.steps]


class _Search:
    """Who makes each element, who needs it, and where it stands in its layer."""

    def __init__(self, builder: Builder, outputs: tuple[Ids, ...]) -> None:
        self.steps = builder.steps
        self.uses = np.zeros(builder.count, np.int64)
        self.layer = np.full(builder.count, _NONE)
        self.unit, self.row = self.layer.copy(), self.layer.copy()
        self.factors = np.full((2, builder.count), _NONE)
        self.sigmoid_of = self.layer.copy()
        needed = [*outputs, *(ids for step in self.steps for ids in step.args)]
        for ids in needed:
            np.add.at(self.uses, ids[ids >= 0], 1)
        for i, step in enumerate(self.steps):
            if step.layer is not None:
                self.layer[step.out] = i
                self.unit[step.out], self.row[step.out] = np.indices(step.out.shape)
            elif step.op == "mul":
                self.factors[:, step.out] = step.args
            elif step.op == "sigmoid":
                self.sigmoid_of[step.out] = step.args[0]

    def function_of(self, step: Step) -> Step | None:
        """Give the function that this step ends; None if it ends none."""
        total, taken = step.layer, step.args[0]
        if total is None or total.relu or len(total.weight) != 1 or (taken < 0).any():
            return None
        is_silu = (self.layer[taken] == _NONE).any()
        made = self._silu_of(taken) if is_silu else taken
        if (self.uses[taken] != 1).any() or (made < 0).any():
            return None
        layers = [self._layer_of(vector) for vector in made.T]
        first = layers[0]
        if first is None or first.relu == is_silu:
            return None
        if not all(_same(other, first) for other in layers):
            return None
        places = zip(self.layer[made[0]], self.row[made[0]], strict=True)
        args = [self.steps[i].args[0][:, row] for i, row in places]
        function = Function(
            replace(first, relu=False),
            "silu" if is_silu else "relu",
            total.weight[0],
            float(total.bias[0]),
        )
        return Step("function", [np.stack(args, 1)], step.out[0], function=function)

    def _silu_of(self, products: Ids) -> Ids:
        """Elements that these are times their sigmoid, if nothing else needs those."""
        a, b = self.factors[:, products]
        if (a < 0).any() or (b < 0).any():
            return np.full_like(products, _NONE)
        swapped = self.sigmoid_of[a] == b
        x, sigmoid = np.where(swapped, b, a), np.where(swapped, a, b)
        alone = (self.uses[x] == 2) & (self.uses[sigmoid] == 1)
        return np.where(alone & (self.sigmoid_of[sigmoid] == x), x, _NONE)

    def _layer_of(self, vector: Ids) -> Layer | None:
        """Units that make these elements of one row of a layer of few inputs."""
        which = self.layer[vector]
        if which[0] == _NONE or (which != which[0]).any():
            return None
        if (self.row[vector] != self.row[vector[0]]).any():
            return None
        layer = self.steps[int(which[0])].layer
        assert layer is not None
        if layer.weight.shape[1] > MAX_FUNCTION_INPUTS:
            return None
        units = self.unit[vector]
        return replace(layer, weight=layer.weight[units], bias=layer.bias[units])


def _same(a: Layer | None, b: Layer) -> bool:
    """Whether two layers have the same weights: rows may be of layers apart."""
    if a is None or a.relu != b.relu:
        return False
    return np.array_equal(a.weight, b.weight) and np.array_equal(a.bias, b.bias)
