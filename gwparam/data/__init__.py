"""States of a host model in netCDF files: variables, levels, times."""

from gwparam.data.levels import Levels, Order
from gwparam.data.matching import nonorographic
from gwparam.data.opening import open_inputs, open_states
from gwparam.data.pressure import HALF_PRESSURE, PRESSURE, needs_pressure
from gwparam.data.state_files import Source, StateFiles
from gwparam.data.states import States
from gwparam.data.training_files import TrainingFiles, is_training_file
from gwparam.data.training_states import TrainingStates

__all__ = [
    "HALF_PRESSURE",
    "PRESSURE",
    "Levels",
    "Order",
    "Source",
    "StateFiles",
    "States",
    "TrainingFiles",
    "TrainingStates",
    "is_training_file",
    "needs_pressure",
    "nonorographic",
    "open_inputs",
    "open_states",
]
