"""States of MiMA through the library in Python: what hosts of columns must give."""

from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

import gwparam

REFERENCE_SURFACE_PRESSURE = 101325.0
WINDS = ("eastward", "northward")


def drag_of_columns(artefact: Path, states: Path) -> NDArray[np.float64]:
    """Tendencies (wind, time, column, level), level 0 the top, of a WaveNet."""
    with netCDF4.Dataset(states) as file, gwparam.load_scheme(artefact) as scheme:
        file.set_auto_mask(False)
        sigma, lat = (np.asarray(file[n][:], float) for n in ("sigma_full", "lat"))
        scheme.set_levels(REFERENCE_SURFACE_PRESSURE * sigma)
        u, v = (np.moveaxis(np.asarray(file[n][:], float), 1, -1) for n in ("u", "v"))
        ps = np.asarray(file["ps"][:], float)
        result = scheme.predict(
            {
                "eastward_wind": u,
                "northward_wind": v,
                "surface_air_pressure": ps,
                "latitude": np.broadcast_to(lat[:, None], ps.shape),
            }
        )
    names = [f"tendency_of_{wind}_wind_due_to_gravity_wave_drag" for wind in WINDS]
    drag = np.stack([result[name] for name in names])
    assert np.ptp(drag) > 0.0
    return drag.reshape(2, ps.shape[0], -1, sigma.size)
