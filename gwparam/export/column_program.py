"""The column program of an artefact: made, and held against the network."""

from collections.abc import Sequence

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


def make_program(
    network: PhysicalNetwork, dtype: Precision
) -> tuple[ColumnProgram | None, str]:
    """Lower a network to a column program.

    Parameters
    ----------
    network : PhysicalNetwork
        As published, in float64 and eval mode.
    dtype : {"float32", "float64", "bfloat16"}
        Precision of the artefact.

    Returns
    -------
    ColumnProgram or None, str
        The program, or why there is none.
    """
    if dtype == "bfloat16":
        return None, "its weights are bfloat16"
    try:
        return lower(network, dtype), ""
    except LoweringError as error:
        return None, str(error)


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


def program_files(program: ColumnProgram | None) -> dict[str, str | bytes]:
    """Files of the archive that hold a program."""
    if program is None:
        return {}
    return {PROGRAM_FILE: program.to_json(), WEIGHTS_FILE: program.weights_bytes()}
