"""A network run by PyTorch in Python, to hold the compiled library against."""

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gwparam.checkpoints import Kind, read_checkpoint
from gwparam.conformance.implied_options import implied_options
from gwparam.conformance.reference_pipeline import (
    Remapping,
    divergence,
    interpolate_flux,
    interpolate_state,
    neighbours,
    network_pressure,
)
from gwparam.constants import CHUNK_COLUMNS, HALF_LEVELS
from gwparam.contract import Contract, Field
from gwparam.data import HALF_PRESSURE, PRESSURE, Order, needs_pressure
from gwparam.errors import (
    ArgumentError,
    ContractError,
    InferenceError,
    ModelFileError,
    wrong_setting,
)
from gwparam.evaluate.grid import LatLonGrid
from gwparam.networks import from_checkpoint
from gwparam.networks.base import Options

Array = NDArray[Any]


class EagerNetwork:
    """A network in PyTorch, with the interface of a scheme.

    Parameters
    ----------
    network : Module
        Takes and gives tensors as the contract says.
    contract : Contract
        The artefact's.
    dtype : torch.dtype or None
        Of the inputs; None for those of the contract.
    description : str
        What this is, for people.
    threads : int
        Threads of one forward pass.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        contract: Contract,
        dtype: torch.dtype | None,
        description: str,
        threads: int = 1,
    ) -> None:
        self.threads = threads
        self.contract = contract
        self.description = description
        self.network = network
        self._dtype = dtype
        self._bottom_up = contract.vertical.order == "bottom_up"
        self._grid: LatLonGrid | None = None
        self._remapping: Remapping | None = None

    @classmethod
    def from_artefact(
        cls, path: str | PathLike[str], contract: Contract, *, member: int = 0
    ) -> "EagerNetwork":
        """Load the graph of an artefact: what the library runs, without the library.

        Parameters
        ----------
        path : path-like
            The artefact.
        contract : Contract
            Its contract.
        member : int
            Which of several networks, from 1; 0: their mean.

        Raises
        ------
        ModelFileError
            If PyTorch cannot read it.
        ArgumentError
            If there is no such member.
        """
        count = contract.members or 1
        if not 0 <= member <= count:
            raise wrong_setting("member", member, f"1 to {count}")
        try:
            # mypy: torch leaves this function untyped.
            network = torch.jit.load(str(path), "cpu")  # type: ignore[no-untyped-call]
        except (RuntimeError, ValueError) as error:
            raise ModelFileError(f"cannot load {path}: {error}") from None
        if count > 1 and member:
            network = getattr(network, f"member_{member}")
        which = f"member {member} of {count}, " if count > 1 and member else ""
        dtype = contract.inputs[0].dtype
        return cls(
            network,
            contract,
            None,
            f"graph of {Path(path).name} run by PyTorch in Python, {which}{dtype}",
        )

    @classmethod
    def from_checkpoint(
        cls,
        path: str | PathLike[str],
        contract: Contract,
        *,
        allow_pickle: bool = False,
        weights: Kind | None = None,
        options: Options | None = None,
    ) -> "EagerNetwork":
        """Build the network of a checkpoint as published: unfused, in float64.

        Parameters
        ----------
        path : path-like
            The checkpoint.
        contract : Contract
            The artefact's.
        allow_pickle, weights
            As `gwparam.checkpoints.read_checkpoint`.
        options : mapping, optional
            What the export was told and the contract does not hold, such as
            ``scaling``.

        Raises
        ------
        ModelFileError, ShapeError, NonFiniteError
            If the checkpoint cannot be read, or is not one of the contract's
            architecture.
        ContractError
            If that network has other inputs, outputs or levels than the contract.
        """
        checkpoint = read_checkpoint(path, allow_pickle=allow_pickle, weights=weights)
        known = implied_options(contract) | dict(options or {})
        network = from_checkpoint(checkpoint, contract.source.architecture, known)
        for key in ("inputs", "outputs"):
            found = [(f.name, f.units, f.levels) for f in getattr(network, key)]
            wanted = [(f.name, f.units, f.levels) for f in getattr(contract, key)]
            if found != wanted:
                raise ContractError(f"{path} has {key} {found}, expected {wanted}")
        vertical = network.description.vertical
        if (vertical.nlev, vertical.order) != (
            contract.vertical.nlev,
            contract.vertical.order,
        ):
            raise ContractError(
                f"{path} has {vertical.nlev} levels {vertical.order}, expected "
                f"{contract.vertical.nlev} {contract.vertical.order}"
            )
        name = Path(path).name
        description = f"network of {name} in eager PyTorch, unfused, float64"
        return cls(network, contract, torch.float64, description)

    def set_levels(self, pressure: Sequence[float], order: Order = "top_down") -> None:
        """State the vertical order of the arrays; the pressures are the library's."""
        self._bottom_up = order == "bottom_up"

    def set_columns(self, latitude: Array, longitude: Array) -> None:
        """State where the columns are [degrees], in any shape.

        Raises
        ------
        ArgumentError
            If they are not all cells of one global latitude-longitude grid.
        """
        self._grid = LatLonGrid(latitude, longitude)
        self._remapping = None

    def predict(self, fields: Mapping[str, Array]) -> dict[str, Array]:
        """Run the network on the columns of one time.

        Parameters
        ----------
        fields : mapping of str to ndarray
            Inputs by name, and the pressures that the library asks for beside them;
            in the contract's units; shape (horizontal..., nlev), or (horizontal...) at
            the surface.

        Returns
        -------
        dict of str to ndarray
            What the library gives, by name, in the contract's units and in the order
            of the inputs' levels; shape (horizontal..., nlev). Outputs of the network
            have its dtype.

        Raises
        ------
        InferenceError
            If the network raises an error.
        ArgumentError
            If the network sees neighbours and the columns' coordinates are not set.
        """
        vertical = self.contract.vertical
        first = self.contract.inputs[0]
        shape = fields[first.name].shape
        horizontal = shape[:-1] if first.levels == "full" else shape
        # All of it top first, one row a column.
        state = {f.name: self._rows(f, fields) for f in self.contract.inputs}
        full, half, own = np.empty(0), np.empty(0), np.empty(0)
        if needs_pressure(self.contract):
            full = self._rows(PRESSURE, fields)
            pressure = Field(HALF_PRESSURE, "Pa", "full", "float64")
            half = self._rows(pressure, fields)
            own = network_pressure(vertical, full, half[:, -1])
            for field in self.contract.inputs:
                if field.name == PRESSURE.name:
                    state[field.name] = own
                elif field.levels == "full" and vertical.kind != "host":
                    state[field.name] = interpolate_state(state[field.name], full, own)
        outputs = self._run([state[field.name] for field in self.contract.inputs])
        found: dict[str, Array] = {}
        for field, values in zip(self.contract.outputs, outputs, strict=True):
            is_tendency = field.name in self.contract.tendencies
            if is_tendency and vertical.kind != "host":
                beyond = (full < own[:, :1] * (1 - 1e-6)) | (
                    full > own[:, -1:] * (1 + 1e-6)
                )
                values = np.where(beyond, 0.0, interpolate_state(values, own, full))
            found[field.name] = values
        for flux in self.contract.flux:
            at_half = interpolate_flux(found[flux.name], own, half, vertical.outside)
            found[flux.name + HALF_LEVELS] = at_half
            found[flux.tendency] = divergence(flux, at_half, half)
        if self._bottom_up:
            found = {n: x[:, ::-1] if x.ndim == 2 else x for n, x in found.items()}
        return {
            name: values.reshape((*horizontal, *values.shape[1:]))
            for name, values in found.items()
        }

    def _run(self, inputs: list[Array]) -> list[Array]:
        """Run the network on rows (ncol, nlev) or (ncol,), top first; likewise."""
        turned = self.contract.vertical.order == "bottom_up"
        if turned:
            inputs = [x[:, ::-1] if x.ndim == 2 else x for x in inputs]
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            with torch.inference_mode():
                calls = [self.network(*tensors) for tensors in self._tensors(inputs)]
        except RuntimeError as error:
            raise InferenceError(f"{self.description} failed: {error}") from None
        finally:
            torch.set_num_threads(before)
        outputs = []
        for i in range(len(self.contract.outputs)):
            if self.contract.geometry.kind == "global":
                values = self._remapped.to_host(calls[0][i].numpy())
            else:
                values = torch.cat([call[i] for call in calls]).numpy()
            outputs.append(values[:, ::-1] if turned and values.ndim == 2 else values)
        return outputs

    def _tensors(self, inputs: list[Array]) -> Iterator[list[torch.Tensor]]:
        """Give the tensors of one call after the other."""
        geometry = self.contract.geometry
        if geometry.kind == "global":
            fields = map(self._remapped.to_network, inputs)
            yield [self._tensor(i, values) for i, values in enumerate(fields)]
            return
        ncol = len(inputs[0])
        columns = np.arange(ncol)
        if geometry.kind == "stencil":
            columns = neighbours(self._host_grid, geometry.radius or 0)
        for start in range(0, ncol, CHUNK_COLUMNS):
            chunk = columns[start : start + CHUNK_COLUMNS]
            tensors = []
            for i, values in enumerate(inputs):
                gathered = values[chunk]
                if values.ndim == 2:
                    # From (column, neighbours..., level) to (column, level, ...).
                    gathered = np.moveaxis(gathered, -1, 1)
                tensors.append(self._tensor(i, gathered))
            yield tensors

    def _tensor(self, i: int, values: Array) -> torch.Tensor:
        dtype = self._dtype or getattr(torch, self.contract.inputs[i].dtype)
        # A broadcast coordinate is read-only, which from_numpy warns about.
        return torch.tensor(np.ascontiguousarray(values), dtype=dtype)

    @property
    def _host_grid(self) -> LatLonGrid:
        if self._grid is None:
            raise ArgumentError("the latitudes and longitudes of columns are not set")
        return self._grid

    @property
    def _remapped(self) -> Remapping:
        if self._remapping is None:
            self._remapping = Remapping(self._host_grid, self.contract.geometry)
        return self._remapping

    def _rows(self, field: Field, fields: Mapping[str, Array]) -> Array:
        """One row a column, top first."""
        values = fields[field.name]
        if field.levels == "surface":
            return values.reshape(-1)
        rows = values.reshape(-1, values.shape[-1])
        return rows[:, ::-1] if self._bottom_up else rows
