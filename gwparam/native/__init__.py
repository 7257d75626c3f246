"""The Fortran side of gwparam seen from Python: its native scheme and its facade."""

from gwparam.native.alexander_dunkerton import (
    AlexanderDunkerton,
    Column,
    Drag,
    Fate,
)
from gwparam.native.alexander_dunkerton_settings import (
    MIMA_SETTINGS,
    AlexanderDunkertonSettings,
)
from gwparam.native.fortran_scheme import FortranScheme

__all__ = [
    "MIMA_SETTINGS",
    "AlexanderDunkerton",
    "AlexanderDunkertonSettings",
    "Column",
    "Drag",
    "Fate",
    "FortranScheme",
]
