"""Column networks as programs for one column: ``docs/column-program.md``."""

from gwparam.export.lowering.functions import LoweringError
from gwparam.export.lowering.lower import lower
from gwparam.export.lowering.program import PROGRAM_FILE, WEIGHTS_FILE, ColumnProgram
from gwparam.export.lowering.reader import read_program
from gwparam.export.lowering.reference import run_program
from gwparam.export.lowering.tables import tabulate

__all__ = [
    "PROGRAM_FILE",
    "WEIGHTS_FILE",
    "ColumnProgram",
    "LoweringError",
    "lower",
    "read_program",
    "run_program",
    "tabulate",
]
