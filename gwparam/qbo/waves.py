"""Momentum flux of waves that are damped on their way up, and the drag they leave.

Many columns at once, in torch, so that gradients pass. Source: Holton and Lindzen
(1972), J. Atmos. Sci. 29, 1076-1080; spectrum after Alexander and Dunkerton (1999).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gwparam.qbo.testbed import SOURCE_DENSITY, STABILITY, Testbed

_AROUND = 2.0 * np.pi / 4e7  # Wavenumber 1 at the equator [m-1]


@dataclass(frozen=True)
class Waves:
    """Phase speeds and wavenumbers.

    Attributes
    ----------
    speed : Tensor, shape (wave,)
        c [m s-1].
    wavenumber : Tensor, shape (wave,)
        k [m-1].
    """

    speed: Tensor
    wavenumber: Tensor


def spectrum() -> Waves:
    """Give the 20 waves of the control case."""
    speed = torch.arange(10.0, 101.0, 10.0, dtype=torch.float64)
    speed = torch.cat((-speed.flip(0), speed))
    return Waves(speed, torch.full_like(speed, 2.0 * _AROUND))


def two_waves() -> Waves:
    """Give the simplest case."""
    speed = torch.tensor([-32.0, 32.0], dtype=torch.float64)
    return Waves(speed, torch.full_like(speed, _AROUND))


def spectrum_amplitudes(
    waves: Waves, source_flux: Tensor, spectral_width: Tensor
) -> Tensor:
    """Amplitudes of the control case.

    Parameters
    ----------
    waves : Waves
        Their speeds.
    source_flux : Tensor, shape (column,)
        F_s, which all waves carry together [Pa].
    spectral_width : Tensor, shape (column,)
        c_w [m s-1].

    Returns
    -------
    Tensor, shape (column, wave)
        [m2 s-2].
    """
    relative = waves.speed / spectral_width.unsqueeze(-1)
    shape = torch.sign(waves.speed) * torch.exp(-np.log(2.0) * relative**2)
    total = shape.abs().sum(-1, keepdim=True)
    return shape / total * (source_flux.unsqueeze(-1) / SOURCE_DENSITY)


def two_wave_amplitudes(testbed: Testbed) -> Tensor:
    """Amplitudes of the simplest case, 6e-4 Pa each: shape (1, 2) [m2 s-2]."""
    amplitude = 6e-4 / float(testbed.density[0])
    return torch.tensor([[-amplitude, amplitude]], dtype=torch.float64)


class WaveDrag:
    """Drag of waves on the wind of columns.

    Parameters
    ----------
    testbed : Testbed
        Grid and air.
    waves : Waves
        Which waves.
    """

    def __init__(self, testbed: Testbed, waves: Waves) -> None:
        self.waves = waves
        self._spacing = testbed.spacing
        damping = torch.from_numpy(STABILITY * testbed.wave_damping)
        self._damping = damping.unsqueeze(-1) / waves.wavenumber  # (nlev, wave)
        self._dilution = torch.from_numpy(testbed.density[0] / testbed.density)

    def flux(self, wind: Tensor, amplitudes: Tensor) -> Tensor:
        """Momentum flux of all waves together.

        Parameters
        ----------
        wind : Tensor, shape (column, nlev)
            Eastward wind [m s-1], bottom first.
        amplitudes : Tensor, shape (column, wave)
            Flux at the bottom [m2 s-2].

        Returns
        -------
        Tensor, shape (column, nlev)
            F [m2 s-2]. A wave ends where the wind has its speed.
        """
        relative = self.waves.speed - wind.unsqueeze(-1)
        rate = self._damping / relative.square()
        between = 0.5 * self._spacing * (rate[:, 1:] + rate[:, :-1])
        depth = torch.nn.functional.pad(between.cumsum(1), (0, 0, 1, 0))
        return (amplitudes.unsqueeze(1) * torch.exp(-depth)).sum(-1)

    def __call__(self, wind: Tensor, amplitudes: Tensor) -> Tensor:
        """Drag on the wind, ``-rho_0/rho dF/dz``, shape (column, nlev) [m s-2].

        Centred differences; 0 at both ends, where the wind is fixed.
        """
        flux = self.flux(wind, amplitudes)
        slope = (flux[:, 2:] - flux[:, :-2]) / (2.0 * self._spacing)
        return torch.nn.functional.pad(-self._dilution[1:-1] * slope, (1, 1))
