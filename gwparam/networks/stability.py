"""Stability of a column, from temperature and pressure inside a graph."""

import torch
from torch import Tensor, nn

from gwparam.constants import GAS_CONSTANT, MIMA_GRAVITY

HEAT_CAPACITY = 3.5 * GAS_CONSTANT
"""Of dry air at constant pressure, as in MiMA [J kg-1 K-1]."""
MINIMUM = 2.5e-5
"""Least squared buoyancy frequency [s-2], as in MiMA's gravity-wave drag."""


class Stability(nn.Module):
    """Buoyancy frequency, and decay of the density with height.

    Heights are hydrostatic. How a host's half levels lie between the full ones is not
    known here, so that the temperature of a layer is learned as a weighted mean.

    Parameters
    ----------
    nlev : int
        Number of full levels.

    Attributes
    ----------
    upper_weight : Parameter, shape (nlev - 1,)
        Logit of the upper one's weight in the mean temperature of two levels.
    """

    def __init__(self, nlev: int) -> None:
        super().__init__()
        self.upper_weight = nn.Parameter(torch.zeros(nlev - 1))
        # TorchScript sees attributes, and no constants of the file.
        self.autoconvective = MIMA_GRAVITY / GAS_CONSTANT
        self.adiabatic = MIMA_GRAVITY / HEAT_CAPACITY
        self.gravity = MIMA_GRAVITY
        self.minimum = MINIMUM

    def forward(self, temperature: Tensor, pressure: Tensor) -> tuple[Tensor, Tensor]:
        """Compute both.

        Parameters
        ----------
        temperature, pressure : Tensor, shape (rows, nlev)
            Air temperature [K] and pressure [Pa] at full levels, top first.

        Returns
        -------
        frequency : Tensor, shape (rows, nlev)
            Buoyancy frequency [s-1], not below the root of `MINIMUM`.
        decay : Tensor, shape (rows, nlev)
            One over twice the scale height of the density [m-1].

        Notes
        -----
        ``N2 = g / T (dT/dz + g / cp)``, and of the density
        ``1 / H = g / T (1 / R - 1 / cp) + N2 / g``.
        """
        weight = torch.sigmoid(self.upper_weight)
        between = weight * temperature[:, :-1] + (1.0 - weight) * temperature[:, 1:]
        # A ratio: in float32 the difference of two logarithms has too few digits.
        ratio = torch.log(pressure[:, 1:] / pressure[:, :-1])
        height = between * ratio / self.autoconvective
        rise = temperature[:, :-1] - temperature[:, 1:]
        gradient = torch.cat(
            (
                rise[:, :1] / height[:, :1],
                (rise[:, :-1] + rise[:, 1:]) / (height[:, :-1] + height[:, 1:]),
                rise[:, -1:] / height[:, -1:],
            ),
            dim=1,
        )
        squared = self.gravity / temperature * (gradient + self.adiabatic)
        squared = squared.clamp(min=self.minimum)
        adiabatic = (self.autoconvective - self.adiabatic) / temperature
        return torch.sqrt(squared), 0.5 * (adiabatic + squared / self.gravity)
