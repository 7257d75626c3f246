"""Teachers: native schemes whose drag a network learns."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import SEA_LEVEL_PRESSURE
from gwparam.grids import full_levels, uneven_sigma
from gwparam.native import MIMA_SETTINGS, AlexanderDunkerton
from gwparam.synthetic.columns import Columns

Array = NDArray[np.float64]


class Drag(NamedTuple):
    """Drag on the wind [m s-2], each of shape (ncol, nlev), level 0 = top."""

    eastward: Array
    northward: Array


def alexander_dunkerton(columns: Columns) -> Drag:
    """Drag of the scheme of Alexander and Dunkerton (1999) with MiMA's settings.

    Parameters
    ----------
    columns : Columns
        The atmosphere, on MiMA's levels.

    Returns
    -------
    Drag
        Tendencies of the wind [m s-2].
    """
    rows, row = np.unique(columns.setup_latitude, return_inverse=True)
    sigma = full_levels(uneven_sigma(columns.pressure.shape[1]))
    scheme = AlexanderDunkerton(SEA_LEVEL_PRESSURE * sigma, rows, MIMA_SETTINGS)
    drag = scheme.drag(
        row,
        columns.latitude,
        columns.pressure,
        columns.height,
        columns.temperature,
        columns.eastward_wind,
        columns.northward_wind,
    )
    return Drag(drag.eastward, drag.northward)


Teacher = Callable[[Columns], Drag]
TEACHERS: dict[str, Teacher] = {"ad99": alexander_dunkerton}
"""By the name that `--teacher` takes."""
