"""States of a host model in netCDF files: variables, levels, times."""

from gwparam.states.files import Source, StateFiles, States, open_states
from gwparam.states.levels import Levels, Order
from gwparam.states.pressure import HALF_PRESSURE, PRESSURE, needs_pressure
from gwparam.states.training import TrainingStates, is_training_file, read_training

__all__ = [
    "HALF_PRESSURE",
    "PRESSURE",
    "Levels",
    "Order",
    "Source",
    "StateFiles",
    "States",
    "TrainingStates",
    "is_training_file",
    "needs_pressure",
    "open_states",
    "read_training",
]
