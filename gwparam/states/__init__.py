"""States of a host model in netCDF files: variables, levels, times."""

from gwparam.states.files import Source, States, open_states
from gwparam.states.levels import Levels, Order

__all__ = ["Levels", "Order", "Source", "States", "open_states"]
