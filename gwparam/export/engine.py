"""Column programs on the library's engine, whose bits are those of every machine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.export.lowering import ColumnProgram
from gwparam.shared_library import check, shared_library

Array = NDArray[Any]


def run_on_engine(program: ColumnProgram, fields: Sequence[Array]) -> list[Array]:
    """Run a column program as a host's machine does.

    Parameters
    ----------
    program : ColumnProgram
        What to run.
    fields : sequence of ndarray
        Its inputs in order, (columns, size) or (columns,), in its dtype.

    Returns
    -------
    list of ndarray
        Its outputs in order, (columns, size).

    Raises
    ------
    ContractError
        If the library refuses the program.
    """
    ffi, lib = shared_library()
    columns = len(fields[0])
    inputs = [
        np.ascontiguousarray(values, program.dtype).reshape(columns, field.size)
        for field, values in zip(program.inputs, fields, strict=True)
    ]
    outputs = [
        np.empty((columns, sum(run.count for run in output.elements)), program.dtype)
        for output in program.outputs
    ]
    weights = program.weights_bytes()
    check(
        lib.gwparam_column_program_run(
            program.to_json().encode(),
            weights,
            len(weights),
            columns,
            [ffi.cast("void *", values.ctypes.data) for values in inputs],
            [ffi.cast("void *", values.ctypes.data) for values in outputs],
        )
    )
    return outputs
