"""Rewrites of steps that keep their results: less to compute, fewer steps."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.export.lowering.builder import Builder, Ids, Layer, Step, Weights
from gwparam.export.lowering.program import RUNNING
from gwparam.export.lowering.small_functions import join_functions

_SPARSE = 0.5
"""A layer of blocks is split where the blocks are at most so much of it."""


def optimise(builder: Builder, outputs: tuple[Ids, ...]) -> tuple[Ids, ...]:
    """Rewrite the steps of a builder in place.

    Parameters
    ----------
    builder : Builder
        Its steps, in an order in which each needs only those before.
    outputs : tuple of ndarray
        Elements that are wanted.

    Returns
    -------
    tuple of ndarray
        The elements that they are now.
    """
    work = _Steps(builder, list(outputs))
    work.drop_dead()
    while work.fold():
        work.drop_dead()
    work.join()
    work.split()
    work.drop_dead()
    builder.steps = work.steps
    join_functions(builder, tuple(work.outputs))
    work.steps = builder.steps
    work.drop_dead()
    builder.steps = work.steps
    return tuple(work.outputs)


class _Steps:
    """Steps and the outputs that they are for."""

    def __init__(self, builder: Builder, outputs: list[Ids]) -> None:
        self.builder = builder
        self.steps = builder.steps
        self.outputs = outputs

    def drop_dead(self) -> None:
        """Drop what no output needs."""
        alive = np.zeros(self.builder.count + len(self.builder.constants), bool)
        for ids in self.outputs:
            alive[ids] = True
        kept = []
        for step in reversed(self.steps):
            if alive[step.out].any():
                step = _alive_part(step, alive)
                for ids in step.args:
                    alive[ids] = True
                kept.append(step)
        self.steps = kept[::-1]

    def fold(self) -> bool:
        """Fold scaling and rectifying of a dense layer's results into it."""
        folding = _Folding(self.steps, self.outputs, self.builder)
        self.steps = [part for step in self.steps for part in folding.of(step)]
        alias = folding.alias
        if not folding.changed:
            return False
        for step in self.steps:
            step.args = [_renamed(ids, alias) for ids in step.args]
        self.outputs = [_renamed(ids, alias) for ids in self.outputs]
        gone = alias != np.arange(len(alias))
        self.steps = [
            part
            for step in self.steps
            for part in ([step] if step.layer else _without(step, gone))
        ]
        return True

    def join(self) -> None:
        """Make one layer of those that see the same elements."""
        first: dict[tuple[bytes, int, bool], Step] = {}
        kept = []
        for step in self.steps:
            if step.layer is not None:
                ids = step.args[0]
                key = (ids.tobytes(), ids.shape[0], step.layer.relu)
                if key in first:
                    _append(first[key], step)
                    continue
                first[key] = step
            kept.append(step)
        self.steps = kept

    def split(self) -> None:
        """Drop zero columns of layers, and split layers that are blocks."""
        steps = []
        for step in self.steps:
            steps.extend([step] if step.layer is None else _blocks(step))
        self.steps = steps


def _renamed(ids: Ids, alias: Ids) -> Ids:
    return np.where(ids >= 0, alias[np.maximum(ids, 0)], ids)


def _alive_part(step: Step, alive: NDArray[np.bool_]) -> Step:
    """Take the part of a step that is needed."""
    lives = alive[step.out]
    if step.layer is not None:
        outputs, rows = np.any(lives, axis=1), np.any(lives, axis=0)
        layer = _rows_of(step.layer, outputs)
        out = step.out[outputs][:, rows]
        return Step(step.op, [step.args[0][:, rows]], out, layer)
    if step.op in RUNNING:
        columns = lives.any(axis=0)
        length = int(np.flatnonzero(lives.any(axis=1))[-1]) + 1
        args = [ids[:length, columns] for ids in step.args]
        return Step(step.op, args, step.out[:length, columns])
    args = [ids[..., lives] for ids in step.args]
    return replace(step, args=args, out=step.out[lives])


def _rows_of(layer: Layer, outputs: NDArray[Any]) -> Layer:
    return replace(layer, weight=layer.weight[outputs], bias=layer.bias[outputs])


def _without(step: Step, gone: NDArray[np.bool_]) -> list[Step]:
    """Take the part of a step of single elements that is still to be computed."""
    if step.out.ndim != 1:
        return [step]
    left = ~gone[step.out]
    if not left.any():
        return []
    return [Step(step.op, [ids[..., left] for ids in step.args], step.out[left])]


def _append(step: Step, other: Step) -> None:
    """Put the outputs of another layer after those of a layer."""
    assert step.layer is not None
    assert other.layer is not None
    step.layer = replace(
        step.layer,
        weight=np.concatenate((step.layer.weight, other.layer.weight)),
        bias=np.concatenate((step.layer.bias, other.layer.bias)),
    )
    step.out = np.concatenate((step.out, other.out))


def _blocks(step: Step) -> list[Step]:
    """Split a layer in blocks that share neither inputs nor outputs, if small."""
    assert step.layer is not None
    weight = step.layer.weight
    blocks = _connected(weight)
    covered = sum(len(outputs) * len(inputs) for outputs, inputs in blocks)
    if covered > _SPARSE * weight.size:
        outputs = np.arange(len(weight))
        blocks = [(outputs, np.flatnonzero(weight.any(axis=0)))]
    return [
        Step(
            step.op,
            [step.args[0][inputs]],
            step.out[outputs],
            replace(
                step.layer,
                weight=weight[np.ix_(outputs, inputs)],
                bias=step.layer.bias[outputs],
            ),
        )
        for outputs, inputs in blocks
    ]


def _connected(weight: Weights) -> list[tuple[Ids, Ids]]:
    """Find outputs and inputs of each block of a matrix."""
    nonzero = weight != 0.0
    left = np.ones(len(weight), bool)
    blocks = []
    while left.any():
        outputs = np.zeros_like(left)
        outputs[np.argmax(left)] = True
        while True:
            inputs = nonzero[outputs].any(axis=0)
            grown = outputs | nonzero[:, inputs].any(axis=1)
            if (grown == outputs).all():
                break
            outputs = grown
        blocks.append((np.flatnonzero(outputs), np.flatnonzero(inputs)))
        left &= ~outputs
    return blocks


class _Folding:
    """Finds results of layers that one operation alone uses, and folds it."""

    def __init__(self, steps: list[Step], outputs: list[Ids], builder: Builder) -> None:
        self.builder = builder
        self.changed = False
        self.alias: Ids = np.arange(builder.count)
        self.uses = np.zeros(builder.count, np.int64)
        self.user: list[Step | None] = [None] * builder.count
        self.place = np.zeros(builder.count, np.int64)
        for ids in outputs:
            np.add.at(self.uses, ids[ids >= 0], 1)
        for step in steps:
            for ids in step.args:
                np.add.at(self.uses, ids[ids >= 0], 1)
            if step.op in ("relu", "affine"):
                for i, ident in enumerate(step.args[0]):
                    self.user[ident], self.place[ident] = step, i

    def of(self, step: Step) -> list[Step]:
        """Give a step, or the layers that it is after folding."""
        if step.layer is None or step.layer.relu:
            return [step]
        layer = replace(
            step.layer, weight=step.layer.weight.copy(), bias=step.layer.bias.copy()
        )
        rectified = np.zeros(len(step.out), bool)
        for m, row in enumerate(step.out):
            if not (self.uses[row] == 1).all():
                continue
            users = [self.user[ident] for ident in row]
            if all(user is not None and user.op == "relu" for user in users):
                rectified[m] = True
            elif all(user is not None and user.op == "affine" for user in users):
                forms = {self._form(int(ident)) for ident in row}
                if len(forms) != 1:
                    continue
                ((scale, shift),) = forms
                layer.weight[m] *= scale
                layer.bias[m] = layer.bias[m] * scale + shift
            else:
                continue
            self.changed = True
            for ident in row:
                self.alias[self._result(int(ident))] = ident
        parts = []
        for which, relu in ((~rectified, False), (rectified, True)):
            if which.any():
                part = replace(_rows_of(layer, which), relu=relu)
                parts.append(Step(step.op, step.args, step.out[which], part))
        return parts

    def _result(self, ident: int) -> int:
        user = self.user[ident]
        assert user is not None
        return int(user.out[self.place[ident]])

    def _form(self, ident: int) -> tuple[float, float]:
        user, place = self.user[ident], self.place[ident]
        assert user is not None
        scale, shift = self.builder.values(
            np.array([user.args[1][place], user.args[2][place]])
        )
        return float(scale), float(shift)
