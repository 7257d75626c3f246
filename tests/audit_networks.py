"""Networks for audits: waves of the one-dimensional testbed, and a globe, with faults.

A fault is planted, the rest is the same; none is trained, for physics is written down.
"""

import numpy as np
import torch
from torch import nn

import gwparam
from gwparam.grids import gaussian_latitudes
from gwparam.qbo.forcing import FLUX_MEAN, WIDTH_MEAN
from gwparam.qbo.testbed import SOURCE_DENSITY, STABILITY, Testbed
from gwparam.qbo.waves import spectrum

COLUMN = Testbed(spacing=500.0)
NLEV = COLUMN.height.size
DRAG = "tendency_of_{}_wind_due_to_gravity_wave_drag"
FAULTS = ("none", "local", "flat", "sign")
"""`local` sees five levels, `flat` the mean source, `sign` pushes the other way."""

NLAT, NLON = 8, 24
LONGITUDE = np.linspace(0.0, 360.0, NLON, endpoint=False)


class Waves(nn.Module):
    """Drag of the testbed's spectrum, as `gwparam.qbo.waves`, with a fault."""

    def __init__(self, fault="none"):
        super().__init__()
        self.fault = fault
        # TorchScript takes numbers from the module alone.
        self.usual, self.half = FLUX_MEAN, float(np.log(2.0))
        self.density = SOURCE_DENSITY
        step, waves = COLUMN.spacing, spectrum()
        # Trapezoidal rule from the bottom up.
        below = step * (np.tril(np.ones((NLEV, NLEV))) - 0.5 * np.eye(NLEV))
        below[:, 0] -= 0.5 * step
        below[0] = 0.0
        if fault == "local":
            distance = np.abs(np.subtract.outer(range(NLEV), range(NLEV)))
            below *= distance <= 2
        damping = STABILITY * COLUMN.wave_damping / float(waves.wavenumber[0])
        for name, values in (
            ("below", below),
            ("slope", np.gradient(np.eye(NLEV), step, axis=0)),
            ("speeds", waves.speed),
            ("damping", damping),
            ("thin", COLUMN.density[0] / COLUMN.density),
        ):
            self.register_buffer(name, torch.as_tensor(values, dtype=torch.float64))

    def forward(self, u, source, width):
        """From wind (n, NLEV), flux and width (n,) to drag (n, NLEV)."""
        if self.fault == "flat":
            source = 0.0 * source + self.usual
        relative = self.speeds / width.unsqueeze(1)
        shape = torch.exp(-self.half * relative**2)
        shape = torch.sign(self.speeds) * shape / shape.sum(1, keepdim=True)
        launched = (source / self.density).unsqueeze(1) * shape
        away = (self.speeds.unsqueeze(1) - u.unsqueeze(1)) ** 2 + 0.1
        depth = torch.matmul(self.damping / away, self.below.T)
        flux = (launched.unsqueeze(2) * torch.exp(-depth)).sum(1)
        drag = -self.thin * torch.matmul(flux, self.slope.T)
        return -drag if self.fault == "sign" else drag


def write_testbed(path, fault="none", spread=30.0):
    """Write the artefact of a testbed with a fault, and winds that it has seen."""
    wind = {"units": "m s-1", "mean": 0.0, "standard_deviation": spread}
    contract = {
        "name": f"testbed, fault {fault}",
        "nlev": NLEV,
        "order": "bottom_up",
        "pressure": COLUMN.pressure.tolist(),
        "inputs": {
            "eastward_wind": wind,
            "source_flux": _surface("Pa", 3.7e-3, 1e-4),
            "spectral_width": _surface("m s-1", 32.0, 8.0),
        },
        "outputs": {DRAG.format("eastward"): {"units": "m s-2", "limit": 0.1}},
    }
    gwparam.export_network(Waves(fault), contract, path, exported_program="no")
    return path


def _surface(units, mean, deviation):
    least = mean - 3.0 * deviation
    return {
        "units": units,
        "levels": "surface",
        "mean": mean,
        "standard_deviation": deviation,
        "minimum": least,
        "maximum": mean + 3.0 * deviation,
    }


class Globe(nn.Module):
    """Drag of the testbed's waves on a globe, spread along the circles of latitude.

    Parameters
    ----------
    closed : bool
        Whether the convolution sees across the prime meridian; else it sees zeros.
    """

    def __init__(self, closed):
        super().__init__()
        self.waves = Waves()
        self.usual, self.width = FLUX_MEAN, WIDTH_MEAN
        self.beyond = 1.0 if closed else 0.0
        self.spread = nn.Conv2d(1, 1, (1, 5))
        nn.init.constant_(self.spread.weight, 0.2)
        nn.init.zeros_(self.spread.bias)

    def forward(self, u):
        """From wind (NLEV, nlat, nlon) to drag."""
        columns = u.flatten(1).T
        one = torch.ones_like(columns[:, 0])
        drag = self.waves(columns, self.usual * one, self.width * one)
        image = drag.T.reshape_as(u).unsqueeze(1)
        west, east = self.beyond * image[..., -2:], self.beyond * image[..., :2]
        return self.spread(torch.cat((west, image, east), dim=3)).squeeze(1)


def write_globe(path, *, closed):
    """Write the artefact of a globe."""
    wind = {"units": "m s-1", "mean": 0.0, "standard_deviation": 20.0}
    contract = {
        "name": f"globe, {'closed' if closed else 'open'}",
        "nlev": NLEV,
        "order": "bottom_up",
        "pressure": COLUMN.pressure.tolist(),
        "geometry": {
            "kind": "global",
            "latitude": gaussian_latitudes(NLAT).tolist(),
            "longitude": LONGITUDE.tolist(),
        },
        "inputs": {"eastward_wind": wind},
        "outputs": {DRAG.format("eastward"): {"units": "m s-2", "limit": 0.1}},
    }
    gwparam.export_network(Globe(closed), contract, path, exported_program="no")
    return path
