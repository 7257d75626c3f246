"""Three networks that gwparam does not know: a drag, a closure, a variant of WaveNet.

Plain PyTorch; physical values in, physical values out.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

NLEV = 40


def layers(*widths: int) -> nn.Sequential:
    """Products with SiLU between them."""
    made = nn.Sequential()
    for given, wanted in pairwise(widths):
        made.extend((nn.Linear(given, wanted), nn.SiLU()))
    return made[:-1]


class Drag(nn.Module):
    """Both winds and temperature to the drag on both winds."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = layers(3 * NLEV, 128, 2 * NLEV)
        self.register_buffer("scale", torch.full((NLEV,), 1e-5))  # of the drag

    def forward(self, u: Tensor, v: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Winds [m s-1] and temperature [K], (columns, level), to m s-2."""
        features = torch.cat((u / 30.0, v / 10.0, (t - 250.0) / 30.0), dim=1)
        drag = self.layers(features)
        return drag[:, :NLEV] * self.scale, drag[:, NLEV:] * self.scale


class Closure(nn.Module):
    """Turbulence: one tensor of all inputs, side by side, to one of all outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = layers(3 * NLEV + 1, 64, NLEV + 1)

    def forward(self, rows: Tensor) -> Tensor:
        """Winds, temperature and surface pressure to diffusivity and depth."""
        u, v, t, ps = rows.split((NLEV, NLEV, NLEV, 1), dim=1)
        features = torch.cat((u / 30, v / 10, (t - 250) / 30, (ps - 1e5) / 2e3), dim=1)
        diffusivity, depth = nn.functional.softplus(self.layers(features)).split(
            (NLEV, 1), dim=1
        )
        return torch.cat((10.0 * diffusivity, 1000.0 * depth), dim=1)


class WaveNetWithTemperature(nn.Module):
    """WaveNet's 82 inputs with temperature: a wind, temperature, pressure, latitude.

    The same layers give the drag on either wind, as in Espinosa et al. (2022).
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = layers(2 * NLEV + 2, 96, 48)
        self.branches = nn.ModuleList(layers(48, 8, 1) for _ in range(NLEV))
        self.register_buffer("scale", torch.full((NLEV,), 1e-5))

    def along(self, wind: Tensor, rest: Tensor) -> Tensor:
        """Drag along one wind."""
        shared = nn.functional.silu(self.trunk(torch.cat((wind / 30.0, rest), dim=1)))
        levels = [branch(shared) for branch in self.branches]
        return torch.cat(levels, dim=1) * self.scale

    def forward(
        self, u: Tensor, v: Tensor, t: Tensor, ps: Tensor, latitude: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Winds, temperature (columns, level), ps [Pa] and latitude [degrees_north]."""
        surface = torch.stack(((ps - 1e5) / 2e3, latitude / 40.0), dim=1)
        rest = torch.cat(((t - 250.0) / 30.0, surface), dim=1)
        return self.along(u, rest), self.along(v, rest)
