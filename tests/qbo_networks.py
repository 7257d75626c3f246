"""Artefacts for the testbed of the QBO: the waves themselves, and what goes wrong."""

from pathlib import Path

import torch

from gwparam.export import export_network
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes

DUDT = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
NLEV = len(Testbed().height)


class WavesAsNetwork(torch.nn.Module):
    """The spectrum of the control case, as a network would be."""

    def __init__(self):
        super().__init__()
        testbed, waves = Testbed(), spectrum()
        drag = WaveDrag(testbed, waves)
        self.register_buffer("speed", waves.speed)
        self.register_buffer("damping", drag._damping)
        self.register_buffer("dilution", drag._dilution)
        # Trapezia, summed up: a product, as column programs have it.
        weights = torch.tril(torch.full((NLEV, NLEV), 250.0, dtype=torch.float64))
        weights[:, 0] = 125.0
        weights -= torch.diag(torch.full((NLEV,), 125.0, dtype=torch.float64))
        weights[0, 0] = 0.0
        self.register_buffer("weights", weights)

    def forward(self, u, source_flux, spectral_width):
        flux = torch.zeros_like(u)
        amplitudes = spectrum_amplitudes(
            _Waves(self.speed), source_flux, spectral_width
        )
        for wave in range(20):
            rate = self.damping[:, wave] / (self.speed[wave] - u) ** 2
            depth = torch.nn.functional.linear(rate, self.weights)
            flux = flux + amplitudes[:, wave : wave + 1] * torch.exp(-depth)
        slope = (flux[:, 2:] - flux[:, :-2]) / 500.0
        inside = -self.dilution[1:-1] * slope
        ends = torch.zeros_like(u[:, :1])
        return torch.cat((ends, inside, ends), dim=1)


class _Waves:
    def __init__(self, speed):
        self.speed = speed


class Pushes(torch.nn.Module):
    """Speeds every wind up, so that no column lasts: 1e-6 of it a second."""

    def forward(self, u):
        return 1e-6 * u


class Blows(torch.nn.Module):
    """Well, until a wind is beyond 20 m s-1: then it is not finite."""

    def forward(self, u):
        return 1e-6 * u + 1e-12 * torch.sqrt(20.0 - u.abs())


class FailsAt(torch.nn.Module):
    """Pushes by the width, and is not finite where the source is stronger than this."""

    def __init__(self, flux):
        super().__init__()
        self.flux = flux

    def forward(self, u, source_flux, spectral_width):
        root = torch.sqrt(self.flux - source_flux).unsqueeze(1)
        return 3e-8 * (spectral_width - 32.0).unsqueeze(1) * u + 1e-12 * root


def export(module: torch.nn.Module, path: Path, *, waves: bool = False) -> Path:
    """Export a network of the testbed, in float64."""
    inputs = {"eastward_wind": {"units": "m s-1", "mean": 0, "standard_deviation": 5}}
    if waves:
        inputs |= {
            name: {"units": units, "levels": "surface", "mean": mean}
            | {"standard_deviation": mean / 50}
            for name, units, mean in (
                ("source_flux", "Pa", 3.7e-3),
                ("spectral_width", "m s-1", 32.0),
            )
        }
    contract = {
        "name": path.stem,
        "nlev": NLEV,
        "order": "bottom_up",
        "pressure": Testbed().pressure.tolist(),
        "inputs": inputs,
        "outputs": {DUDT: {"units": "m s-2", "limit": 1.0}},
    }
    export_network(module, contract, path, dtype="float64", exported_program="no")
    return path
