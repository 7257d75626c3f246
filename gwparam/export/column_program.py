"""The column program of an artefact: made, and held against the network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from gwparam.contract import TORCHSCRIPT
from gwparam.export.lowering import (
    PROGRAM_FILE,
    WEIGHTS_FILE,
    ColumnProgram,
    LoweringError,
    lower,
    read_program,
    run_program,
)
from gwparam.export.precision import Precision, run_published
from gwparam.export.verify import Promise
from gwparam.networks.base import PhysicalNetwork

BACKEND = TORCHSCRIPT
"""What the contract of an artefact with a column program names as its backend:
``column_program`` as soon as the library has it."""
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
        program = lower(network, dtype)
    except LoweringError as error:
        return Lowered(libtorch=str(error))
    promise = check_program(program, network, columns, tolerance)
    if not promise.kept:
        return Lowered(libtorch=f"not kept: {promise.what} ({promise.measured})")
    return Lowered(program, (promise,))


def check_program(
    program: ColumnProgram,
    published: PhysicalNetwork,
    columns: Sequence[Tensor],
    tolerance: float,
) -> Promise:
    """Assert that a program, read back, equals the published network in float64."""
    fields = [field[:_COLUMNS] for field in columns]
    written = read_program(program.to_json(), program.weights_bytes())
    results = run_program(written, [field.numpy() for field in fields])
    references = run_published(published, fields)
    differences = [
        np.abs(result - reference.numpy()).max() / np.abs(reference.numpy()).max()
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
