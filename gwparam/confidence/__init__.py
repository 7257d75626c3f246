"""How wrong a network expects to be, learnt from states whose drag is known."""

from gwparam.confidence.calibration import Calibration, calibrate
from gwparam.confidence.columns import Columns, collect
from gwparam.confidence.fit import Fitted, Settings, fit

__all__ = [
    "Calibration",
    "Columns",
    "Fitted",
    "Settings",
    "calibrate",
    "collect",
    "fit",
]
