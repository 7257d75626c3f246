"""A network of the testbed, taken from its artefact: its layers, and many of it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.fx.graph import CodeGen

from gwparam.contract import Contract, read_contract
from gwparam.errors import ArgumentError, ContractError
from gwparam.export.exported_program import read_exported
from gwparam.qbo.batch import DragOfDay
from gwparam.qbo.forcing import Forcing
from gwparam.qbo.states import DRAG, FLUX, WIDTH, WIND
from gwparam.qbo.testbed import Testbed

Array = NDArray[np.float64]

UNITS = {WIND: "m s-1", FLUX: "Pa", WIDTH: "m s-1"}
"""Inputs of the testbed, and their units."""
MOST_LAYERS = 2
_TOLERANCE = 0.01  # of nominal pressures


class TestbedNetwork:
    """A network of columns that takes and gives fields of the testbed.

    Parameters
    ----------
    path : path-like
        Its artefact.
    testbed : Testbed
        Its levels are those of the network.

    Attributes
    ----------
    contract : Contract
        What the artefact says.
    sha256 : str
        Of the file.
    weights : dict of str to Tensor
        Weights and buffers, by name.
    parameters : frozenset of str
        Those of `weights` that a training changes: the others are buffers, such as
        means and deviations of the inputs.
    layers : dict of str to tuple of str
        Layers that can be calibrated, and the names of their weights.

    Raises
    ------
    ModelFileError
        If the artefact cannot be read.
    ContractError
        If it has other fields or levels, several members, or no exported program.
    """

    __test__ = False  # pytest takes it for tests by its name.

    def __init__(self, path: str | PathLike[str], testbed: Testbed) -> None:
        self.path = Path(path)
        self.contract = read_contract(path)
        check_testbed(self.contract, testbed)
        program = read_exported(path)
        self.parameters = _parameters(path)
        self.sha256 = hashlib.sha256(self.path.read_bytes()).hexdigest()
        self.weights = program.weights
        graph = program.program
        assert isinstance(graph, torch.fx.GraphModule)
        # Its arguments one by one: torch would look at their tree in every call.
        graph.graph.set_codegen(CodeGen())
        graph.recompile()
        self.graph = graph
        self.layers = _layers(
            {k: v for k, v in self.weights.items() if k in self.parameters}
        )
        names = [field.name for field in self.contract.inputs]
        self._names = names
        self._output = [field.name for field in self.contract.outputs].index(DRAG)
        self._turned = self.contract.vertical.order == "top_down"
        self.dtype = next(
            v.dtype for v in self.weights.values() if v.is_floating_point()
        )

    def taken(self, layers: Sequence[str]) -> list[str]:
        """Give the names of the weights of one or two layers.

        Raises
        ------
        ArgumentError
            If there is no such layer, or they are too many.
        """
        if not 1 <= len(layers) <= MOST_LAYERS or len(set(layers)) < len(layers):
            raise ArgumentError(
                f"layers are {', '.join(layers) or 'none'}, expected 1 or 2 of "
                f"{', '.join(self.layers)}",
                settings=("layers",),
            )
        for layer in layers:
            if layer not in self.layers:
                raise ArgumentError(
                    f"layers has {layer}, expected of {', '.join(self.layers)}",
                    settings=("layers",),
                )
        return [name for layer in layers for name in self.layers[layer]]

    def drag(
        self, forcings: Sequence[Forcing], changed: Mapping[str, Tensor] | None = None
    ) -> DragOfDay:
        """Give the drag of one network, each column with its own source.

        Parameters
        ----------
        forcings : sequence of Forcing
            One a column.
        changed : mapping of str to Tensor, optional
            Weights that differ from those of the artefact.
        """
        weights = self.weights | dict(changed or {})
        fields = {
            name: torch.from_numpy(
                np.stack([getattr(f, name) for f in forcings], axis=1)
            ).to(self.dtype)
            for name in self._names
            if name != WIND
        }

        def drag(wind: Tensor, day: int) -> Tensor:
            seen = wind.to(self.dtype)
            today = {k: v[day] for k, v in fields.items()}
            return self._call(weights, seen, today).to(wind)

        return drag

    def drag_of_members(
        self, stacked: Mapping[str, Tensor], forcing: Forcing
    ) -> DragOfDay:
        """Give the drag of many networks: column by column, with one source for all.

        Parameters
        ----------
        stacked : mapping of str to Tensor
            Weights that differ, of shape (member, ...).
        forcing : Forcing
            F_s and c_w of each day.
        """
        fields = {
            name: torch.from_numpy(getattr(forcing, name)).to(self.dtype)
            for name in self._names
            if name != WIND
        }

        def one(
            own: dict[str, Tensor], wind: Tensor, today: dict[str, Tensor]
        ) -> Tensor:
            row = {name: value.unsqueeze(0) for name, value in today.items()}
            return self._call(self.weights | own, wind.unsqueeze(0), row).squeeze(0)

        many = torch.func.vmap(one, in_dims=(0, 0, None))
        # As the product reads them: other strides take three times as long.
        own = {
            name: value.mT.contiguous().mT if value.ndim == 3 else value
            for name, value in stacked.items()
        }

        def drag(wind: Tensor, day: int) -> Tensor:
            found: Tensor = many(own, wind, {k: v[day] for k, v in fields.items()})
            return found

        return drag

    def _call(
        self, weights: Mapping[str, Tensor], wind: Tensor, today: Mapping[str, Tensor]
    ) -> Tensor:
        seen = wind.flip(-1) if self._turned else wind
        fields = [seen if name == WIND else today[name] for name in self._names]
        # By its forward: hooks that check each argument take longer than the network.
        given: Tensor = self.graph.forward(
            *(weights[name] for name in self.weights), *fields
        )[self._output]
        return given.flip(-1) if self._turned else given


def check_testbed(contract: Contract, testbed: Testbed) -> None:
    """Check that a network has the fields and levels of the testbed.

    Raises
    ------
    ContractError
        If not; the message names the key.
    """
    _expect("geometry.kind", contract.geometry.kind, "column")
    _expect("members", contract.members or 1, 1)
    _expect("vertical.kind", contract.vertical.kind, "host")
    _expect("vertical.nlev", contract.vertical.nlev, len(testbed.height))
    names = [field.name for field in contract.inputs]
    if WIND not in names:
        raise ContractError(
            f"inputs are {', '.join(names)}, expected {WIND} among them"
        )
    for i, field in enumerate(contract.inputs):
        if field.name not in UNITS:
            raise ContractError(
                f"inputs[{i}].name is {field.name}, expected one of {', '.join(UNITS)}"
            )
        levels = "full" if field.name == WIND else "surface"
        _expect(f"inputs[{i}].levels", field.levels, levels)
        _expect(f"inputs[{i}].units", field.units, UNITS[field.name])
    outputs = {field.name: field for field in contract.outputs}
    if DRAG not in outputs:
        raise ContractError(
            f"outputs are {', '.join(outputs)}, expected {DRAG} among them"
        )
    _expect(f"outputs.{DRAG}.units", outputs[DRAG].units, "m s-2")
    _check_pressure(contract, testbed)
    if contract.exported_program is None:
        raise ContractError(
            "exported_program is null, expected one: export the network again, with "
            "an exported program"
        )


def _check_pressure(contract: Contract, testbed: Testbed) -> None:
    nominal = contract.vertical.nominal_pressure
    if nominal is None:
        return
    bottom_up = contract.vertical.order == "bottom_up"
    expected = testbed.pressure if bottom_up else testbed.pressure[::-1]
    off = np.abs(np.array(nominal) / expected - 1.0)
    if off.max() > _TOLERANCE:
        level = int(off.argmax())
        raise ContractError(
            f"vertical.nominal_pressure[{level}] is {nominal[level]:g}, expected "
            f"{expected[level]:g} of the testbed"
        )


def _expect(key: str, given: object, expected: object) -> None:
    if given != expected:
        raise ContractError(f"{key} is {given}, expected {expected} for the testbed")


def _parameters(path: str | PathLike[str]) -> frozenset[str]:
    """Names of the parameters: an exported program does not tell them from buffers."""
    network = torch.jit.load(fspath(path), "cpu")  # type: ignore[no-untyped-call]
    return frozenset(name for name, _ in network.named_parameters())


def _layers(weights: Mapping[str, Tensor]) -> dict[str, tuple[str, ...]]:
    """Find modules with a matrix or a kernel, and all their own parameters."""
    layers: dict[str, tuple[str, ...]] = {}
    for name, value in weights.items():
        layer = name.rpartition(".")[0]
        if value.is_floating_point() and value.ndim >= 2:
            own = (n for n, v in weights.items() if v.is_floating_point())
            layers[layer] = tuple(n for n in own if n.rpartition(".")[0] == layer)
    return layers


class Flat:
    """Weights as one vector of numbers each member has.

    Parameters
    ----------
    weights : mapping of str to Tensor
        All of the network.
    names : iterable of str
        Of those that are calibrated.
    """

    def __init__(self, weights: Mapping[str, Tensor], names: Iterable[str]) -> None:
        self._shapes = {name: weights[name].shape for name in names}
        self._dtype = {name: weights[name].dtype for name in self._shapes}
        taken = [weights[name].double().reshape(-1) for name in self._shapes]
        self.values: Array = torch.cat(taken).numpy()
        """What the network has, shape (parameter,)."""
        sizes = [t.square().mean().sqrt().expand(len(t)) for t in taken]
        self.size: Array = torch.cat(sizes).numpy()
        """Root mean square of the tensor that each belongs to, shape (parameter,)."""

    def stacked(self, parameters: Array) -> dict[str, Tensor]:
        """Give tensors of shape (member, ...) of shape (member, parameter)."""
        found, at = {}, 0
        for name, shape in self._shapes.items():
            part = torch.from_numpy(parameters[:, at : at + shape.numel()])
            found[name] = part.reshape(-1, *shape).to(self._dtype[name])
            at += shape.numel()
        return found


def module_of(network: TestbedNetwork, changed: Mapping[str, Tensor]) -> nn.Module:
    """Make a module that computes as the network does, with other weights.

    It takes the inputs of the contract, and gives its outputs. The names of its weights
    are those of the artefact, but for a leading ``network.``, which an export adds.
    """
    root = nn.Module()
    names = {}
    for name, value in (network.weights | dict(changed)).items():
        names[name] = own = name.removeprefix("network.")
        *modules, last = own.split(".")
        at = root
        for module in modules:
            if not hasattr(at, module):
                at.add_module(module, nn.Module())
            at = at.get_submodule(module)
        own_value = value.detach().clone()
        if name in network.parameters:
            setattr(at, last, nn.Parameter(own_value))
        else:
            at.register_buffer(last, own_value)
    graph = torch.fx.Graph()
    arguments = [n for n in network.graph.graph.nodes if n.op == "placeholder"]
    known = {
        node: graph.get_attr(names[name])
        for node, name in zip(arguments, network.weights, strict=False)
    }
    for node, field in zip(
        arguments[len(known) :], network.contract.inputs, strict=True
    ):
        known[node] = graph.placeholder(field.name)
    result = graph.graph_copy(network.graph.graph, known)
    # graph_copy gives what the copied graph gives, by its annotation anything: a tuple.
    graph.output(tuple(result))  # type: ignore[arg-type]
    return torch.fx.GraphModule(root, graph)
