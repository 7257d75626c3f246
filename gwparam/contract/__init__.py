"""The contract of an artefact: its parts, as a whole, in the archive."""

from gwparam.contract.archive import (
    CONTRACT_FILE,
    PROBE_FILE,
    Arrays,
    pack_probe,
    read_contract,
    read_probe,
)
from gwparam.contract.checks import check_geometry, check_vertical
from gwparam.contract.document import CONTRACT_VERSION, Contract
from gwparam.contract.fields import (
    Checksum,
    ColumnProgram,
    Description,
    ExpectedError,
    Field,
    Flux,
    Geometry,
    Limit,
    Mask,
    Output,
    Probe,
    Source,
    TrainingDates,
    TrainingRange,
    Values,
    Vertical,
)

__all__ = [
    "CONTRACT_FILE",
    "CONTRACT_VERSION",
    "PROBE_FILE",
    "Arrays",
    "Checksum",
    "ColumnProgram",
    "Contract",
    "Description",
    "ExpectedError",
    "Field",
    "Flux",
    "Geometry",
    "Limit",
    "Mask",
    "Output",
    "Probe",
    "Source",
    "TrainingDates",
    "TrainingRange",
    "Values",
    "Vertical",
    "check_geometry",
    "check_vertical",
    "pack_probe",
    "read_contract",
    "read_probe",
]
