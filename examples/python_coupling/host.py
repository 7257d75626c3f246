"""A stand-in for a Python model: ``python host.py ARTEFACT STATES OUTPUT``.

Its fields are (column, level), level 0 the top. The states are MiMA's, one a step.
What is marked is what gwparam adds to such a model.
"""

import sys
from collections.abc import Sequence

import netCDF4
import numpy as np

import gwparam  # <- gwparam

REFERENCE_SURFACE_PRESSURE = 101325.0  # [Pa]
EASTWARD = "tendency_of_eastward_wind_due_to_gravity_wave_drag"  # <- gwparam
NORTHWARD = "tendency_of_northward_wind_due_to_gravity_wave_drag"  # <- gwparam


class Model:
    """The state on all columns, and what the physics does to it."""

    def __init__(self, path: str) -> None:
        self.file = netCDF4.Dataset(path)
        self.file.set_auto_mask(False)
        sigma = self._read("sigma_full")
        self.nlev = sigma.size
        self.reference_pressure = REFERENCE_SURFACE_PRESSURE * sigma
        self.lat = np.repeat(self._read("lat"), self._read("lon").size)
        self.times = len(self.file.dimensions["time"])

    def dynamics(self, time: int) -> None:
        """Take the state of a time from the file."""
        self.u = self._read("u", time).reshape(self.nlev, -1).T
        self.v = self._read("v", time).reshape(self.nlev, -1).T
        self.ps = self._read("ps", time).ravel()
        self.dudt, self.dvdt = np.zeros_like(self.u), np.zeros_like(self.v)

    def _read(self, name: str, time: int | slice = slice(None)) -> np.ndarray:
        return np.asarray(self.file[name][time], np.float64)


def main(arguments: Sequence[str]) -> None:
    """Run all states, and write the tendencies."""
    if len(arguments) != 3:
        raise SystemExit("usage: host.py ARTEFACT STATES OUTPUT")
    artefact, states, output = arguments
    model = Model(states)
    scheme = gwparam.load_scheme(artefact)  # <- gwparam
    scheme.set_levels(model.reference_pressure)  # <- gwparam
    tendencies = []
    for time in range(model.times):
        model.dynamics(time)
        scheme.put("eastward_wind", model.u, "m s-1")  # <- gwparam
        scheme.put("northward_wind", model.v, "m s-1")  # <- gwparam
        scheme.put("surface_air_pressure", model.ps, "Pa")  # <- gwparam
        scheme.put("latitude", model.lat, "degrees")  # <- gwparam
        scheme.run()  # <- gwparam
        model.dudt += scheme.get(EASTWARD, np.empty_like(model.u))  # <- gwparam
        model.dvdt += scheme.get(NORTHWARD, np.empty_like(model.v))  # <- gwparam
        tendencies.append((model.dudt, model.dvdt))
    dudt, dvdt = (np.stack(each) for each in zip(*tendencies, strict=True))
    np.savez(output, dudt=dudt, dvdt=dvdt)
    print(f"{model.times} steps of {model.ps.size} columns with {model.nlev} levels")


if __name__ == "__main__":
    main(sys.argv[1:])
