"""A network to its column program."""

from gwparam.export.lowering.builder import Builder
from gwparam.export.lowering.functions import LoweringError
from gwparam.export.lowering.numbering import number
from gwparam.export.lowering.passes import optimise
from gwparam.export.lowering.program import (
    MAX_ELEMENTS,
    ColumnProgram,
    ProgramDtype,
    ProgramInput,
)
from gwparam.export.lowering.trace import trace
from gwparam.networks.base import PhysicalNetwork, is_large


def lower(network: PhysicalNetwork, dtype: ProgramDtype) -> ColumnProgram:
    """Lower a network of columns.

    Parameters
    ----------
    network : PhysicalNetwork
        As published, in float64 and eval mode: what is known of the weights is folded
        in float64, and rounded once.
    dtype : {"float32", "float64"}
        Precision of the program.

    Raises
    ------
    LoweringError
        If it cannot be; the message says why.
    """
    if network.geometry.kind != "column":
        raise LoweringError(f"its geometry is {network.geometry.kind}")
    if is_large(network):
        raise LoweringError("it has more than 1 GB of weights")
    builder = Builder()
    nlev = network.description.vertical.nlev
    inputs, elements = [], []
    for field in network.inputs:
        shape = () if field.levels == "surface" else (nlev,)
        elements.append(builder.new(*shape))
        inputs.append(ProgramInput(field.name, elements[-1].size))
    outputs = optimise(builder, trace(builder, network, elements))
    names = [field.name for field in network.outputs]
    flat = [ids.reshape(-1) for ids in outputs]
    program = number(builder, dtype, inputs, list(zip(names, flat, strict=True)))
    if not program.instructions:
        raise LoweringError("it computes nothing: its outputs are inputs or constants")
    if program.elements > MAX_ELEMENTS:
        raise LoweringError(
            f"it has {program.elements} values in a column, at most {MAX_ELEMENTS}"
        )
    return program
