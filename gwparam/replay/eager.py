"""A network run by PyTorch in Python, to hold the compiled library against."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import Contract
from gwparam.errors import ContractError, InferenceError, ModelFileError
from gwparam.networks import from_checkpoint
from gwparam.states import Order
from gwparam.units import conversion

# Columns of one forward pass: few enough that the intermediate results stay in cache.
CHUNK_COLUMNS = 512

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
        self._network = network
        self._dtype = dtype
        self._flip = False

    @classmethod
    def from_artefact(
        cls, path: str | PathLike[str], contract: Contract
    ) -> "EagerNetwork":
        """Load the graph of an artefact: what the library runs, without the library.

        Raises
        ------
        ModelFileError
            If PyTorch cannot read it.
        """
        try:
            # mypy: torch leaves this function untyped.
            network = torch.jit.load(str(path), "cpu")  # type: ignore[no-untyped-call]
        except (RuntimeError, ValueError) as error:
            raise ModelFileError(f"cannot load {path}: {error}") from None
        dtype = contract.inputs[0].dtype
        return cls(
            network,
            contract,
            None,
            f"graph of {Path(path).name} run by PyTorch in Python, {dtype}",
        )

    @classmethod
    def from_checkpoint(
        cls,
        path: str | PathLike[str],
        contract: Contract,
        *,
        allow_pickle: bool = False,
    ) -> "EagerNetwork":
        """Build the network of a checkpoint as published: unfused, in float64.

        Raises
        ------
        ModelFileError, ShapeError, NonFiniteError
            If the checkpoint cannot be read, or is not one of the contract's
            architecture.
        ContractError
            If that network has other inputs, outputs or levels than the contract.
        """
        checkpoint = read_checkpoint(path, allow_pickle=allow_pickle)
        network = from_checkpoint(checkpoint, contract.source.architecture)
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
        self._flip = order != self.contract.vertical.order

    def predict(
        self, fields: Mapping[str, Array], units: Mapping[str, str]
    ) -> dict[str, Array]:
        """Run the network on the columns of one time.

        Parameters
        ----------
        fields : mapping of str to ndarray
            Inputs by name; shape (horizontal..., nlev), or (horizontal...) at the
            surface.
        units : mapping of str to str
            Their units.

        Returns
        -------
        dict of str to ndarray
            Outputs by name, in the contract's units, the order of the inputs' levels
            and the dtype of the network; shape (horizontal..., nlev).

        Raises
        ------
        InferenceError
            If the network raises an error.
        """
        inputs = [self._tensor(f.name, fields, units) for f in self.contract.inputs]
        horizontal = next(
            fields[f.name].shape[:-1]
            for f in self.contract.inputs
            if f.levels == "full"
        )
        parts = []
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            with torch.inference_mode():
                for start in range(0, len(inputs[0]), CHUNK_COLUMNS):
                    chunk = [x[start : start + CHUNK_COLUMNS] for x in inputs]
                    parts.append(self._network(*chunk))
        except RuntimeError as error:
            raise InferenceError(f"{self.description} failed: {error}") from None
        finally:
            torch.set_num_threads(before)
        outputs = {}
        for i, field in enumerate(self.contract.outputs):
            values = torch.cat([part[i] for part in parts]).numpy()
            if self._flip and field.levels == "full":
                values = values[:, ::-1]
            outputs[field.name] = values.reshape((*horizontal, *values.shape[1:]))
        return outputs

    def _tensor(
        self, name: str, fields: Mapping[str, Array], units: Mapping[str, str]
    ) -> torch.Tensor:
        field = next(f for f in self.contract.inputs if f.name == name)
        values = conversion(units[name], field.units, name)(fields[name])
        if field.levels == "full":
            values = values[..., ::-1] if self._flip else values
            values = values.reshape(-1, values.shape[-1])
        else:
            values = values.reshape(-1)
        dtype = self._dtype or getattr(torch, field.dtype)
        values = np.ascontiguousarray(values)
        # A broadcast coordinate is read-only, which from_numpy warns about.
        return torch.tensor(values, dtype=dtype)
