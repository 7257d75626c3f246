"""The native scheme of Alexander and Dunkerton (1999), as a subject."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.subject import State, Subject
from gwparam.contract import Field
from gwparam.grids import full_levels, uneven_sigma
from gwparam.synthetic.columns import Columns
from gwparam.synthetic.teacher import TEACHERS

NATIVE = tuple(TEACHERS)
"""Native schemes, by the name that stands in place of an artefact."""
SETUP_LATITUDE = "latitude_of_setup"
"""Field of a state: where the native scheme sets up its source [degrees_north]."""

_DRAG = "tendency_of_{}_wind_due_to_gravity_wave_drag"
OUTPUTS = tuple(_DRAG.format(wind) for wind in ("eastward", "northward"))
"""Its outputs, which are named as those of networks."""


class Native(Subject):
    """A native scheme on MiMA's levels.

    Parameters
    ----------
    name : str
        One of `NATIVE`.
    """

    kind = "column"
    inputs = (
        Field("eastward_wind", "m s-1", "full", "float64"),
        Field("northward_wind", "m s-1", "full", "float64"),
        Field("air_temperature", "K", "full", "float64"),
        Field("geopotential_height", "m", "full", "float64"),
        Field("surface_air_pressure", "Pa", "surface", "float64"),
        Field("latitude", "degrees_north", "surface", "float64"),
    )

    def __init__(self, name: str) -> None:
        self.name = f"native scheme {name}"
        self._drag = TEACHERS[name]

    def answer(self, state: State) -> Mapping[str, NDArray[Any]]:
        """Give the drag of a state, shape (column, level)."""
        surface = state["surface_air_pressure"]
        sigma = full_levels(uneven_sigma(state["air_temperature"].shape[-1]))
        drag = self._drag(
            Columns(
                latitude=state["latitude"],
                setup_latitude=state[SETUP_LATITUDE],
                surface_pressure=surface,
                pressure=sigma * surface[:, np.newaxis],
                height=state["geopotential_height"],
                temperature=state["air_temperature"],
                eastward_wind=state["eastward_wind"],
                northward_wind=state["northward_wind"],
            )
        )
        return dict(zip(OUTPUTS, drag, strict=True))
