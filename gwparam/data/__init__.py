"""States of a host model in netCDF files: variables, levels, times."""

from gwparam.data.files import (
    Source,
    StateFiles,
    States,
    check_finite,
    open_dataset,
    open_states,
)
from gwparam.data.levels import Levels, Order
from gwparam.data.matching import nonorographic
from gwparam.data.pressure import HALF_PRESSURE, PRESSURE, needs_pressure
from gwparam.data.training import TrainingStates, is_training_file, read_training

__all__ = [
    "HALF_PRESSURE",
    "PRESSURE",
    "Levels",
    "Order",
    "Source",
    "StateFiles",
    "States",
    "TrainingStates",
    "check_finite",
    "is_training_file",
    "needs_pressure",
    "nonorographic",
    "open_dataset",
    "open_states",
    "read_training",
]
