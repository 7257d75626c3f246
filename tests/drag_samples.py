"""Names, extents and drag of the small files of `tests/python/evaluate`."""

import numpy as np

DRAG = tuple(
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
)
NTIME, NLEV, NLAT, NLON = 4, 3, 16, 32
LEVELS = np.array([10.0, 100.0, 700.0])


def values(dataset):
    """Drag as (time, component, level, lat, lon), whatever it is called."""
    names = DRAG if DRAG[0] in dataset else ("drag_0", "drag_1")
    return np.stack([dataset[name].values for name in names], axis=1)
