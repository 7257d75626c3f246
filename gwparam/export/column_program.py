"""The column program of an artefact: made, and held against the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath

import numpy as np
import torch
from torch import Tensor

from gwparam.contract import (
    TORCHSCRIPT,
    Arrays,
    member_file,
    read_contract,
    read_extra,
    read_probe,
)
from gwparam.errors import GwparamError
from gwparam.export.engine import run_on_engine
from gwparam.export.lowering import (
    PROGRAM_FILE,
    WEIGHTS_FILE,
    ColumnProgram,
    LoweringError,
    lower,
    read_program,
    tabulate,
)
from gwparam.export.precision import Precision, run_published
from gwparam.export.verify import Promise, run_probe
from gwparam.networks.base import PhysicalNetwork
from gwparam.shared_library import shared_library

BACKEND = "column_program"
"""What the contract of an artefact with a column program names as its backend."""
_COLUMNS = 32


@dataclass(frozen=True)
class Lowered:
    """What became of a network.

    Attributes
    ----------
    program : ColumnProgram or None
        Equal to the network within the tolerance.
    promises : tuple of Promise
        That it is; empty without a program.
    libtorch : str
        Why there is no program; empty where there is one.
    """

    program: ColumnProgram | None = None
    promises: tuple[Promise, ...] = ()
    libtorch: str = ""

    @property
    def backend(self) -> str:
        """What the contract names as its backend."""
        return BACKEND if self.program else TORCHSCRIPT

    @property
    def files(self) -> dict[str, str | bytes]:
        """Files of the archive that hold the program."""
        if self.program is None:
            return {}
        text, weights = self.program.to_json(), self.program.weights_bytes()
        return {PROGRAM_FILE: text, WEIGHTS_FILE: weights}

    def run(self, *columns: Tensor) -> tuple[Tensor, ...]:
        """Run the program on the engine, as a network is called."""
        assert self.program is not None
        results = run_on_engine(self.program, [field.numpy() for field in columns])
        return tuple(map(torch.from_numpy, results))


def make_program(
    network: PhysicalNetwork,
    dtype: Precision,
    columns: Sequence[Tensor],
    tolerance: float,
) -> Lowered:
    """Lower a network to a column program, and hold it against the network.

    Parameters
    ----------
    network : PhysicalNetwork
        As published, in float64 and eval mode.
    dtype : {"float32", "float64", "bfloat16"}
        Precision of the artefact.
    columns : sequence of Tensor
        Inputs to compare on, in that precision.
    tolerance : float
        Largest difference, relative to the largest output: one that differs by more is
        no program of this network.
    """
    if dtype == "bfloat16":
        return Lowered(libtorch="its weights are bfloat16")
    try:
        program = tabulate(lower(network, dtype), [field.numpy() for field in columns])
    except LoweringError as error:
        return Lowered(libtorch=str(error))
    shared_library()  # one that does not load is no fault of the program
    try:
        promise = check_program(program, network, columns, tolerance)
    except GwparamError as error:
        return Lowered(libtorch=f"it is refused: {error}")
    if not promise.kept:
        return Lowered(libtorch=f"not kept: {promise.what} ({promise.measured})")
    return Lowered(program, (promise,))


def check_program(
    program: ColumnProgram,
    published: PhysicalNetwork,
    columns: Sequence[Tensor],
    tolerance: float,
) -> Promise:
    """Assert that a program, on the engine, equals the published network in float64."""
    fields = [field[:_COLUMNS] for field in columns]
    written = read_program(program.to_json(), program.weights_bytes())
    results = run_on_engine(written, [field.numpy() for field in fields])
    # A value at the surface is a row of one.
    references = [
        values.reshape(len(values), -1).numpy()
        for values in run_published(published, fields)
    ]
    differences = [
        np.abs(result - reference).max() / (np.abs(reference).max() or 1.0)
        if result.shape == reference.shape
        else np.inf
        for result, reference in zip(results, references, strict=True)
    ]
    largest = float(np.max(differences))  # NaN stays NaN
    return Promise(
        "column program equals the network",
        largest <= tolerance,
        f"largest difference {largest:.1e} of the largest output, "
        f"tolerance {tolerance:.0e}, in {len(program.instructions)} instructions",
    )


def answer_probe(
    program: ColumnProgram, inputs: Arrays, names: Sequence[str]
) -> Arrays:
    """Run a probe on the engine: the bits that every machine must reproduce.

    Parameters
    ----------
    program : ColumnProgram
        What the artefact holds.
    inputs : dict of str to ndarray
        The probe's inputs, in the order of the contract.
    names : sequence of str
        The contract's names of the outputs, in its order.

    Returns
    -------
    dict of str to ndarray
        The outputs, (columns, size).
    """
    return dict(zip(names, run_on_engine(program, list(inputs.values())), strict=True))


def check_program_reload(path: str | PathLike[str]) -> Promise:
    """Assert that an artefact, read back, reproduces its probe.

    Its program has to bit for bit, its graph, which runs on accelerators, within the
    tolerance of the contract.
    """
    contract = read_contract(path)
    inputs, mean = read_probe(path)
    members = contract.members or 1
    differing, difference, size = 0, 0.0, 0
    for member in range(1, members + 1) if members > 1 else [0]:
        _, recorded = read_probe(path, member)
        program = read_program(
            read_extra(path, member_file(member, PROGRAM_FILE)).decode(),
            read_extra(path, member_file(member, WEIGHTS_FILE)),
        )
        answered = answer_probe(program, inputs, list(recorded))
        for name, values in recorded.items():
            differing += int((answered[name].reshape(values.shape) != values).sum())
            size += values.size
    graph = torch.jit.load(fspath(path))  # type: ignore[no-untyped-call]  # torch
    graphed = run_probe(graph, inputs, mean, contract.geometry)
    for name, values in mean.items():
        error = np.abs(graphed[name] - values).max() / (np.abs(values).max() or 1.0)
        difference = float(np.maximum(difference, error))  # NaN stays NaN
    return Promise(
        "the file reproduces its probe",
        differing == 0 and difference <= contract.probe.tolerance,
        f"{differing} of {size} values differ in {contract.probe.columns} columns read "
        f"back; TorchScript is off by {difference:.1e} of the largest output",
    )
